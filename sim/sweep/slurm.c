/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sweep/slurm.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/atomic_file.h"
#include "base/shipped.h"

enum {
	TASKS_MAX = 256,           /* enough to fill a cluster, few enough to start soon */
	ARRAY_SIZE_DEFAULT = 1001, /* Slurm's MaxArraySize when nobody set it */
	LINE_BYTES = 4096
};

/* What is to be submitted: which tasks have something to do. */
struct plan {
	const struct slurm_request *request;
	char program[FOLDER_PATH_BYTES];
	unsigned per_task;
	bool *has_work; /* by task */
	size_t slots;   /* tasks of the whole manifest */
	size_t tasks, runs;
};

/* First line of what a command prints, "" when it fails. */
static void first_line(const char *command, char *line, size_t size)
{
	FILE *pipe = popen(command, "re");
	line[0] = '\0';
	if (!pipe)
		return;
	if (!fgets(line, (int)size, pipe))
		line[0] = '\0';
	if (pclose(pipe) != 0)
		line[0] = '\0';
	line[strcspn(line, "\n")] = '\0';
}

static size_t array_size_max(void)
{
	char line[LINE_BYTES];
	first_line("scontrol show config 2>/dev/null | sed -n 's/^MaxArraySize *= *//p'", line,
		   sizeof(line));
	size_t size = strtoul(line, NULL, 10);
	return size > 1 ? size : ARRAY_SIZE_DEFAULT;
}

/* Tasks are numbered below Slurm's MaxArraySize, so that any number of runs fits into some. */
static unsigned choose_runs_per_task(const struct slurm_request *request)
{
	size_t most = array_size_max(), runs = request->manifest->run_count;
	if (!request->runs_per_task)
		most = most < TASKS_MAX ? most : TASKS_MAX;
	size_t least = (runs + most - 1) / most;
	return (unsigned)(least > request->runs_per_task ? least : request->runs_per_task);
}

/* Before the manifest is written nothing has been done. */
static enum run_state *states_now(const struct slurm_request *request, struct error *err)
{
	const struct manifest *m = request->manifest;
	if (m->runs[0].hash)
		return folder_states(request->folder, m, err);
	enum run_state *states = calloc(m->run_count, sizeof(*states));
	if (!states)
		error_set(err, ERROR_RUN, "out of memory for the runs");
	return states;
}

static int plan_create(struct plan *plan, const struct slurm_request *request, struct error *err)
{
	*plan = (struct plan){ .request = request, .per_task = choose_runs_per_task(request) };
	if (!shipped_program(plan->program, sizeof(plan->program)))
		return error_set(err, ERROR_RUN, "cannot tell where this program is");
	enum run_state *states = states_now(request, err);
	if (!states)
		return -1;
	size_t runs = request->manifest->run_count;
	plan->slots = (runs + plan->per_task - 1) / plan->per_task;
	plan->has_work = calloc(plan->slots + 1, sizeof(*plan->has_work));
	for (size_t i = 0; plan->has_work && i < runs; i++) {
		if (!sweep_is_wanted(request->which, states[i]))
			continue;
		plan->runs++;
		plan->tasks += !plan->has_work[i / plan->per_task];
		plan->has_work[i / plan->per_task] = true;
	}
	free(states);
	return plan->has_work ? 0 : error_set(err, ERROR_RUN, "out of memory for the tasks");
}

/* A word for the shell. */
static void print_quoted(FILE *out, const char *text)
{
	fputc('\'', out);
	for (; *text; text++) {
		if (*text == '\'')
			fputs("'\\'", out);
		fputc(*text, out);
	}
	fputc('\'', out);
}

/* "0-3,7%2" */
static void print_tasks(const struct plan *plan, FILE *out)
{
	const char *comma = "";
	for (size_t i = 0; i < plan->slots; i++) {
		if (!plan->has_work[i])
			continue;
		size_t last = i;
		while (last + 1 < plan->slots && plan->has_work[last + 1])
			last++;
		fprintf(out, last > i ? "%s%zu-%zu" : "%s%zu", comma, i, last);
		comma = ",";
		i = last;
	}
	if (plan->request->at_once)
		fprintf(out, "%%%u", plan->request->at_once);
}

static void print_head(const struct plan *plan, const char *what, const char *log, FILE *out)
{
	const struct slurm_request *r = plan->request;
	fprintf(out, "#!/bin/sh\n#SBATCH --job-name=slabyard-%s%s\n", r->manifest->name, what);
	fprintf(out, "#SBATCH --output=\"%s/slurm/%s\"\n", r->folder->path, log);
	fputs("#SBATCH --open-mode=append\n#SBATCH --requeue\n#SBATCH --ntasks=1\n"
	      "#SBATCH --cpus-per-task=1\n",
	      out);
	for (size_t i = 0; i < r->option_count; i++)
		fprintf(out, "#SBATCH %s\n", r->options[i]);
}

static void print_program(const struct plan *plan, FILE *out)
{
	print_quoted(out, plan->program);
	for (size_t i = 0; i < plan->request->manifest->plugin_count; i++) {
		fputs(" --plugin ", out);
		print_quoted(out, plan->request->manifest->plugins[i]);
	}
}

/*
 * The signal comes a minute before the time limit, to the shell alone. Then the runs in flight are
 * stopped, and the task goes back into the queue for those that are left.
 */
static void print_array_script(const struct plan *plan, FILE *out)
{
	const struct slurm_request *r = plan->request;
	print_head(plan, "", "%A_%a.log", out);
	fputs("#SBATCH --signal=B:USR1@60\n#SBATCH --array=", out);
	print_tasks(plan, out);
	fprintf(out, "\n\nfirst=$((SLURM_ARRAY_TASK_ID * %u))\nlast=$((first + %u))\n",
		plan->per_task, plan->per_task - 1);
	fprintf(out, "[ $last -lt %zu ] || last=%zu\n", r->manifest->run_count,
		r->manifest->run_count - 1);
	fputs("trap 'kill -USR1 \"$sweep\"' USR1\n", out);
	print_program(plan, out);
	fputs(" sweep ", out);
	print_quoted(out, r->folder->path);
	fprintf(out, "%s --jobs 1 --runs $first-$last &\nsweep=$!\n",
		r->which == SWEEP_ONLY_FAILED  ? " --only-failed"
		: r->which == SWEEP_UNFINISHED ? " --resume"
					       : "");
	fputs("wait $sweep\ncode=$?\n"
	      "[ $code -le 128 ] || { wait $sweep; code=$?; } # the signal ended the first wait\n",
	      out);
	fprintf(out, "[ $code -ne %d ] || exec scontrol requeue \"$SLURM_JOB_ID\"\nexit $code\n",
		SWEEP_EXIT_AGAIN);
}

static void print_merge_script(const struct plan *plan, FILE *out)
{
	print_head(plan, "-merge", "%j.log", out);
	fputc('\n', out);
	print_program(plan, out);
	fputs(" merge ", out);
	print_quoted(out, plan->request->folder->path);
	fputc('\n', out);
}

static void plan_free(struct plan *plan)
{
	free(plan->has_work);
}

int slurm_print(const struct slurm_request *request, FILE *out, struct error *err)
{
	struct plan plan;
	if (plan_create(&plan, request, err) != 0)
		return -1;
	fprintf(out, "# sbatch --parsable slurm/array.sh: %zu tasks for %zu runs\n", plan.tasks,
		plan.runs);
	print_array_script(&plan, out);
	fputs("\n# sbatch --parsable --dependency=afterany:ARRAY slurm/merge.sh\n", out);
	print_merge_script(&plan, out);
	plan_free(&plan);
	return 0;
}

static int write_script(const struct plan *plan, const char *name,
			void (*print)(const struct plan *plan, FILE *out), struct error *err)
{
	char path[FOLDER_FILE_BYTES];
	snprintf(path, sizeof(path), "%s/slurm", plan->request->folder->path);
	if (mkdir(path, 0777) != 0 && errno != EEXIST)
		return error_errno(err, path, "cannot make the folder");
	folder_file(plan->request->folder, "slurm", name, "sh", path, sizeof(path));
	struct atomic_file *file = atomic_file_open(path, err);
	if (!file)
		return -1;
	print(plan, atomic_file_stream(file));
	return atomic_file_finish(file, err);
}

/* Runs sbatch and takes the id that it prints: "17" or "17;cluster". */
static int submit(const struct plan *plan, const char *name, const char *dependency, char *id,
		  size_t size, struct error *err)
{
	char *command = NULL, line[LINE_BYTES];
	size_t length;
	FILE *out = open_memstream(&command, &length);
	if (!out)
		return error_set(err, ERROR_RUN, "out of memory for the jobs");
	fprintf(out, "sbatch --parsable%s%s ", dependency ? " --dependency=afterany:" : "",
		dependency ? dependency : "");
	char path[FOLDER_FILE_BYTES];
	print_quoted(out,
		     folder_file(plan->request->folder, "slurm", name, "sh", path, sizeof(path)));
	fclose(out);
	first_line(command, line, sizeof(line));
	free(command);
	line[strcspn(line, ";")] = '\0';
	if (!*line)
		return error_set(err, ERROR_RUN, "sbatch does not take the job of %.512s",
				 plan->request->folder->name);
	snprintf(id, size, "%.60s", line);
	return 0;
}

/* Two jobs on the same runs would be in each other's way. */
static int refuse_second(const struct folder *folder, struct error *err)
{
	char path[FOLDER_FILE_BYTES], id[64] = "", command[128], line[LINE_BYTES];
	FILE *file = fopen(folder_file(folder, "slurm", "array", "id", path, sizeof(path)), "r");
	if (!file)
		return 0;
	if (fscanf(file, "%60[0-9]", id) != 1)
		id[0] = '\0';
	fclose(file);
	snprintf(command, sizeof(command), "squeue --noheader --format=%%A --jobs=%s 2>/dev/null",
		 id);
	if (*id)
		first_line(command, line, sizeof(line));
	if (!*id || !*line)
		return 0;
	return error_set(err, ERROR_INPUT,
			 "%.512s: Slurm's job %s is at work there still (scancel %s ends it)",
			 folder->name, id, id);
}

static int note_job(const struct folder *folder, const char *id, struct error *err)
{
	char path[FOLDER_FILE_BYTES];
	struct atomic_file *file = atomic_file_open(
		folder_file(folder, "slurm", "array", "id", path, sizeof(path)), err);
	if (!file)
		return -1;
	fprintf(atomic_file_stream(file), "%s\n", id);
	return atomic_file_finish(file, err);
}

static int submit_all(const struct plan *plan, struct slurm_jobs *jobs, struct error *err)
{
	if (write_script(plan, "array", print_array_script, err) != 0 ||
	    write_script(plan, "merge", print_merge_script, err) != 0 ||
	    submit(plan, "array", NULL, jobs->array, sizeof(jobs->array), err) != 0 ||
	    note_job(plan->request->folder, jobs->array, err) != 0)
		return -1;
	return submit(plan, "merge", jobs->array, jobs->merge, sizeof(jobs->merge), err);
}

int slurm_submit(const struct slurm_request *request, struct slurm_jobs *jobs, struct error *err)
{
	struct plan plan;
	*jobs = (struct slurm_jobs){ 0 };
	if (refuse_second(request->folder, err) != 0 || plan_create(&plan, request, err) != 0)
		return -1;
	jobs->runs = plan.runs;
	jobs->tasks = plan.tasks;
	int status = plan.runs ? submit_all(&plan, jobs, err) : 0;
	plan_free(&plan);
	return status;
}
