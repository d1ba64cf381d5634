/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What slabyard sweep was asked for, and who carries it out. */
#ifndef SLABYARD_CLI_SWEEP_ENGINES_H
#define SLABYARD_CLI_SWEEP_ENGINES_H

#include "cli/cli.h"
#include "sweep/slurm.h"

struct sweep_arguments;

/*
 * Carries out runs of the manifest, or with a->dry_run says how it would; returns the exit code.
 * The folder is locked, unless it is a dry run.
 */
typedef int (*sweep_engine)(const struct sweep_arguments *a, const struct folder *folder,
			    const struct manifest *manifest);

struct sweep_arguments {
	const char *operand, *output;
	sweep_engine engine;
	unsigned jobs; /* 0: not given */
	bool dry_run, some_runs;
	enum sweep_which which;
	size_t first, last; /* of some_runs */
	unsigned runs_per_task;
	const char *sbatch[SLURM_OPTIONS_MAX];
	size_t sbatch_count;
};

/* NULL: there is none of that name. */
sweep_engine sweep_engine_named(const char *name);

#endif
