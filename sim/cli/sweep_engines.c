/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/sweep_engines.h"

#include <sched.h>
#include <signal.h>
#include <string.h>

#include "cli/sweep_progress.h"

/* The CPUs that this process may use. */
static unsigned usable_cpus(void)
{
	cpu_set_t set;
	return sched_getaffinity(0, sizeof(set), &set) == 0 ? (unsigned)CPU_COUNT(&set) : 1;
}

static void print_outcome(const struct manifest *m, const struct folder *folder,
			  const struct sweep_outcome *outcome)
{
	printf("%s: %zu run%s done", m->name, outcome->done, outcome->done == 1 ? "" : "s");
	if (outcome->earlier)
		printf(", %zu %s done before", outcome->earlier,
		       outcome->earlier == 1 ? "was" : "were");
	if (outcome->failed)
		printf(", %zu failed (slabyard status %s)", outcome->failed, folder->name);
	if (outcome->stopped_by)
		printf(", stopped with %zu left (--resume goes on)", outcome->left);
	printf("\nresults in %s\n", folder->name);
}

static int exit_code(const struct sweep_outcome *outcome)
{
	if (outcome->stopped_by == SIGUSR1 && outcome->left)
		return SWEEP_EXIT_AGAIN;
	return outcome->failed || outcome->stopped_by ? EXIT_RUN_FAILED : EXIT_GOOD;
}

static int run_local(const struct sweep_arguments *a, const struct folder *folder,
		     const struct manifest *m)
{
	struct error err = { 0 };
	struct sweep_display display;
	struct sweep_outcome outcome;
	if (a->dry_run)
		return cli_flush();
	const struct sweep_work work = { .folder = folder,
					 .manifest = m,
					 .which = a->which,
					 .first = a->first,
					 .last = a->some_runs ? a->last : m->run_count - 1,
					 .at_once = a->jobs ? a->jobs : usable_cpus(),
					 .observer = sweep_display_observer(&display, m) };
	int status = sweep_run_local(&work, &outcome, &err);
	sweep_display_clear(&display);
	if (status != 0)
		return cli_fail(&err);
	print_outcome(m, folder, &outcome);
	int code = cli_flush();
	return code ? code : exit_code(&outcome);
}

static void print_jobs(const struct folder *folder, const struct slurm_jobs *jobs)
{
	if (!jobs->runs) {
		printf("nothing is left to do\n");
		return;
	}
	printf("job %s: %zu runs in %zu tasks\njob %s: merges behind it\n", jobs->array, jobs->runs,
	       jobs->tasks, jobs->merge);
	printf("slabyard status %s says how far they are\n", folder->name);
}

static int run_slurm(const struct sweep_arguments *a, const struct folder *folder,
		     const struct manifest *m)
{
	struct error err = { 0 };
	struct slurm_jobs jobs;
	struct slurm_request request = { .folder = folder,
					 .manifest = m,
					 .which = a->which,
					 .at_once = a->jobs,
					 .runs_per_task = a->runs_per_task,
					 .option_count = a->sbatch_count };
	memcpy(request.options, a->sbatch, sizeof(request.options));
	if (a->some_runs)
		error_set(&err, ERROR_INPUT, "--runs is for the local engine");
	else if (a->dry_run && slurm_print(&request, stdout, &err) == 0)
		return cli_flush();
	else if (!a->dry_run && slurm_submit(&request, &jobs, &err) == 0) {
		print_jobs(folder, &jobs);
		return cli_flush();
	}
	return cli_fail(&err);
}

sweep_engine sweep_engine_named(const char *name)
{
	static const struct {
		const char *name;
		sweep_engine engine;
	} engines[] = { { "local", run_local }, { "slurm", run_slurm } };
	for (size_t i = 0; i < sizeof(engines) / sizeof(engines[0]); i++)
		if (strcmp(engines[i].name, name) == 0)
			return engines[i].engine;
	return NULL;
}
