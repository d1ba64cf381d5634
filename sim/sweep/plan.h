/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From an experiment to the runs that it asks for. */
#ifndef SLABYARD_SWEEP_PLAN_H
#define SLABYARD_SWEEP_PLAN_H

#include "sweep/experiment.h"
#include "sweep/manifest.h"

struct plan_config {
	const char *hash;
	char *yaml; /* a configuration file that gives it */
};

/* How a trace is read. */
struct plan_source {
	size_t trace; /* the experiment's */
	const char *format, *level;
	const char *where; /* "EXPERIMENT:LINE", for messages */
};

struct plan {
	struct manifest *manifest; /* without hashes until plan_finish */
	struct plan_config *configs;
	size_t config_count, config_capacity;
	struct plan_source *sources; /* by the manifest's traces */
	size_t source_count, source_capacity;
	size_t run_capacity;
	size_t excluded; /* runs left out by sweep.exclude */
	size_t seedless; /* runs that are not repeated: they draw no random numbers */
	size_t same;     /* runs left out because an earlier one is the same (plan_finish) */
};

/* Every run with its settings. Files are looked for, traces are not read. */
int plan_create(struct plan *plan, const struct experiment *e, const char *const *plugins,
		size_t plugin_count, struct error *err);

/*
 * Reads every trace once, imports text ones into `folder`/traces unless they are there already, and
 * gives each run its hash.
 */
int plan_finish(struct plan *plan, const char *folder, struct error *err);

void plan_free(struct plan *plan);

/* plan_traces.c: the part of plan_finish that is about traces. */
int plan_read_traces(struct plan *plan, const char *folder, struct error *err);

#endif
