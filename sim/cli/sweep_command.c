/* SPDX-License-Identifier: GPL-3.0-or-later */
/* slabyard sweep: the runs of an experiment, carried out here or handed to a cluster. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/atomic_file.h"
#include "base/shipped.h"
#include "cli/cli.h"
#include "cli/config_input.h"
#include "cli/plugins.h"
#include "cli/sweep_engines.h"
#include "sweep/plan.h"

enum {
	OPTION_ENGINE = 256,
	OPTION_RESUME,
	OPTION_ONLY_FAILED,
	OPTION_DRY_RUN,
	OPTION_RUNS,
	OPTION_RUNS_PER_TASK,
	OPTION_SBATCH
};

enum { JOBS_MAX = 4096, PATH_BYTES = 4096, LABEL_BYTES = 512, RUNS_PER_TASK_MAX = 1000000 };

static const struct cli_option options[] = {
	{ "jobs", true, 'j' },
	{ "engine", true, OPTION_ENGINE },
	{ "resume", false, OPTION_RESUME },
	{ "only-failed", false, OPTION_ONLY_FAILED },
	{ "dry-run", false, OPTION_DRY_RUN },
	{ "runs", true, OPTION_RUNS },
	{ "runs-per-task", true, OPTION_RUNS_PER_TASK },
	{ "sbatch", true, OPTION_SBATCH },
	{ "output", true, 'o' },
	{ 0 },
};

/* A whole number from 1 to most. */
static int take_number(const struct command *command, const char *shown, const char *text,
		       double most, unsigned *number)
{
	const struct option_spec spec = { .type = OPTION_UINT, .min = 1, .max = most };
	struct error err = { 0 };
	uint64_t value;
	if (option_parse(&spec, text, &value, &err) != 0)
		return cli_usage(command, "option '%s' %s", shown, err.message);
	*number = (unsigned)value;
	return EXIT_GOOD;
}

static int take_engine(const struct command *command, const char *name, struct sweep_arguments *a)
{
	a->engine = sweep_engine_named(name);
	if (a->engine)
		return EXIT_GOOD;
	return cli_usage(command, "option '--engine' takes local or slurm, is '%s'", name);
}

static int take_sbatch(const struct command *command, const char *text, struct sweep_arguments *a)
{
	if (a->sbatch_count == SLURM_OPTIONS_MAX)
		return cli_usage(command, "option '--sbatch' is given too often");
	if (text[0] != '-')
		return cli_usage(command, "option '--sbatch' takes an option of sbatch, is '%s'",
				 text);
	a->sbatch[a->sbatch_count++] = text;
	return EXIT_GOOD;
}

/* "7" or "40-49". */
static int take_runs(const struct command *command, const char *text, struct sweep_arguments *a)
{
	int length = 0, whole = (int)strlen(text);
	a->some_runs = true;
	if (sscanf(text, "%zu%n", &a->first, &length) == 1 && length == whole) {
		a->last = a->first;
		return EXIT_GOOD;
	}
	if (sscanf(text, "%zu-%zu%n", &a->first, &a->last, &length) == 2 && length == whole &&
	    a->first <= a->last)
		return EXIT_GOOD;
	return cli_usage(command, "option '--runs' takes a run or a range as 40-49, is '%s'", text);
}

static int take_option(const struct command *command, int letter, const char *value,
		       struct sweep_arguments *a)
{
	switch (letter) {
	case 'j':
		return take_number(command, "-j", value, JOBS_MAX, &a->jobs);
	case OPTION_RUNS_PER_TASK:
		return take_number(command, "--runs-per-task", value, RUNS_PER_TASK_MAX,
				   &a->runs_per_task);
	case OPTION_SBATCH:
		return take_sbatch(command, value, a);
	case 'o':
		a->output = value;
		return EXIT_GOOD;
	case OPTION_RUNS:
		return take_runs(command, value, a);
	case OPTION_DRY_RUN:
		a->dry_run = true;
		return EXIT_GOOD;
	case OPTION_RESUME:
	case OPTION_ONLY_FAILED:
		if (a->which != SWEEP_ALL)
			return cli_usage(command, "one of --resume and --only-failed at a time");
		a->which = letter == OPTION_RESUME ? SWEEP_UNFINISHED : SWEEP_ONLY_FAILED;
		return EXIT_GOOD;
	default:
		return take_engine(command, value, a);
	}
}

/* A shipped experiment's name, or a file's. */
static const char *find_experiment(const char *name, char *buffer, size_t size, struct error *err)
{
	static const char kind[] = "experiments";
	if (strchr(name, '/') || access(name, F_OK) == 0)
		return name;
	if (shipped_config(kind, name, buffer, size))
		return buffer;
	config_input_refuse(name, kind, err);
	return NULL;
}

static void print_plan(const struct plan *plan)
{
	char label[LABEL_BYTES];
	const struct manifest *m = plan->manifest;
	for (size_t i = 0; i < m->run_count; i++)
		printf("%6zu  %s\n", i, manifest_run_label(m, &m->runs[i], label, sizeof(label)));
	printf("%s: %zu run%s of %zu configuration%s", m->name, m->run_count,
	       m->run_count == 1 ? "" : "s", plan->config_count,
	       plan->config_count == 1 ? "" : "s");
	if (plan->excluded)
		printf(", %zu excluded", plan->excluded);
	if (plan->seedless)
		printf("; %zu use no random numbers and are not repeated", plan->seedless);
	fputc('\n', stdout);
}

static int write_configs(const struct folder *folder, const struct plan *plan, struct error *err)
{
	char path[FOLDER_FILE_BYTES];
	for (size_t i = 0; i < plan->config_count; i++) {
		const struct plan_config *config = &plan->configs[i];
		folder_file(folder, "configs", config->hash, "yaml", path, sizeof(path));
		if (access(path, F_OK) == 0)
			continue;
		struct atomic_file *file = atomic_file_open(path, err);
		if (!file)
			return -1;
		fputs(config->yaml, atomic_file_stream(file));
		if (atomic_file_finish(file, err) != 0)
			return -1;
	}
	return 0;
}

/* Writes down what is to be run, before any of it is. */
static int store_plan(struct folder *folder, struct plan *plan, struct error *err)
{
	bool changed;
	if (plan_finish(plan, folder->path, err) != 0 || write_configs(folder, plan, err) != 0 ||
	    folder_write_manifest(folder, plan->manifest, &changed, err) != 0)
		return -1;
	if (plan->same)
		fprintf(stderr, "%zu runs are the same as earlier ones and are left out\n",
			plan->same);
	if (changed)
		fprintf(stderr, "the experiment has changed: what is still the same is kept\n");
	return 0;
}

static int carry_out(const struct sweep_arguments *a, const struct folder *folder,
		     const struct manifest *m)
{
	struct error err = { 0 };
	if (a->some_runs && a->last >= m->run_count) {
		error_set(&err, ERROR_INPUT, "--runs: there are runs 0 to %zu", m->run_count - 1);
		return cli_fail(&err);
	}
	return a->engine(a, folder, m);
}

/* By the manifest that stands in the folder. */
static int go_on(const struct sweep_arguments *a, const char *path)
{
	struct error err = { 0 };
	struct folder folder;
	if (folder_open(&folder, path, &err) != 0)
		return cli_fail(&err);
	struct manifest *m = NULL;
	/* A folder that holds no sweep is left as it is. */
	if (!folder_has_manifest(&folder) || folder_lock(&folder, a->some_runs, &err) == 0)
		m = folder_read_manifest(&folder, &err);
	int code = m ? carry_out(a, &folder, m) : cli_fail(&err);
	manifest_destroy(m);
	folder_close(&folder);
	return code;
}

static int begin(const struct sweep_arguments *a, const char *path, struct plan *plan)
{
	struct error err = { 0 };
	struct folder folder;
	if (folder_create(&folder, path, &err) != 0)
		return cli_fail(&err);
	int code;
	if (folder_lock(&folder, false, &err) != 0 || store_plan(&folder, plan, &err) != 0)
		code = cli_fail(&err);
	else
		code = carry_out(a, &folder, plan->manifest);
	folder_close(&folder);
	return code;
}

static int dry_run(const struct sweep_arguments *a, const char *path, const struct plan *plan)
{
	struct error err = { 0 };
	struct folder folder;
	if (folder_imagine(&folder, path, &err) != 0)
		return cli_fail(&err);
	print_plan(plan);
	return carry_out(a, &folder, plan->manifest);
}

static int sweep_experiment(const struct sweep_arguments *a)
{
	struct error err = { 0 };
	struct plan plan;
	char file[PATH_BYTES], path[PATH_BYTES];
	size_t plugin_count;
	const char *const *plugins = plugins_loaded(&plugin_count);
	const char *found = find_experiment(a->operand, file, sizeof(file), &err);
	struct experiment *e = found ? experiment_read(found, &err) : NULL;
	if (!e)
		return cli_fail(&err);
	int status = plan_create(&plan, e, plugins, plugin_count, &err);
	experiment_destroy(e);
	if (status != 0)
		return cli_fail(&err);
	snprintf(path, sizeof(path), "%s.sweep", plan.manifest->name);
	const char *output = a->output ? a->output : path;
	int code = a->dry_run ? dry_run(a, output, &plan) : begin(a, output, &plan);
	plan_free(&plan);
	return code;
}

static bool is_folder(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static int sweep_main(const struct command *command, int argc, char **argv)
{
	struct sweep_arguments a = { .engine = sweep_engine_named("local") };
	struct cli_arguments arguments = {
		.command = command, .options = options, .argc = argc, .argv = argv
	};
	for (int letter; (letter = cli_next(&arguments)) != CLI_END;) {
		if (letter == CLI_HELP)
			return cli_flush();
		int code = letter == CLI_BAD ? EXIT_BAD_INPUT
					     : take_option(command, letter, arguments.value, &a);
		if (code != EXIT_GOOD)
			return code;
	}
	if (arguments.operand + 1 < argc)
		return cli_usage(command, "unexpected argument '%s'", argv[arguments.operand + 1]);
	a.operand = argv[arguments.operand];
	if (!a.operand && !a.output)
		return cli_usage(command, "an experiment's file is missing");
	if (!a.operand)
		return go_on(&a, a.output);
	if (!is_folder(a.operand))
		return sweep_experiment(&a);
	if (a.output)
		return cli_usage(command, "'%s' is a sweep's folder already, '-o' names another",
				 a.operand);
	return go_on(&a, a.operand);
}

const struct command sweep_command = {
	.name = "sweep",
	.usage =
		"sweep EXPERIMENT.yaml|DIR [-j N] [--engine local|slurm] [--resume|--only-failed]\n"
		"                      [--dry-run] [-o DIR]",
	.help = "carries out the runs of an experiment",
	.text = "  EXPERIMENT.yaml  traces, and what to vary (configs/experiments/README.md); a "
		"name as\n"
		"                   slab-variants is looked for among the shipped ones\n"
		"  DIR              goes on with the sweep in it, as its manifest says\n"
		"  -j, --jobs N     runs at once (default: the CPUs there are; with slurm: any "
		"number)\n"
		"  --engine ENGINE  local (default): processes here; slurm: an array job, and a "
		"job that\n"
		"                   merges behind it\n"
		"  -o, --output DIR where everything goes (default: NAME.sweep)\n"
		"  --resume         runs that are neither done nor failed; without it, failed ones "
		"too\n"
		"  --only-failed    runs that failed, once more\n"
		"  --runs A-B       only those of the manifest\n"
		"  --dry-run        prints the runs, with slurm the jobs too, and does nothing\n"
		"  --runs-per-task N  with slurm (default: 1, more when there are more than 256)\n"
		"  --sbatch OPTION  with slurm: of both jobs, as --sbatch=--partition=short; "
		"repeatable\n\n"
		"A run that is done is never run again; one whose configuration, trace or option "
		"changed\n"
		"is another. Ctrl-C stops cleanly. Traces are read first: one that is missing or "
		"damaged\n"
		"ends the sweep before any run. A run that fails later fails alone: slabyard "
		"status says\n"
		"why.\n",
	.main = sweep_main,
};
