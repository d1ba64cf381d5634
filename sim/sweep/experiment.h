/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An experiment: one YAML file that says which traces are replayed on which machines. It is a
 * configuration (`extends` and sections) with these keys besides:
 *
 *     name: slab-variants              # without it, the file's name
 *     traces: [kmix, ../my/x*.syt, {trace: user-sh, start: mmstate-0.txt.zst}]
 *     run: {level: slab}               # what slabyard run takes as options
 *     sweep:
 *       matrix: {slab.policy: [slub, slob], machine.memory: [64MiB, 256MiB]}
 *       zip: {machine.cpus: [1, 2], start: [a.txt, b.txt]}
 *       exclude: [{slab.policy: slob, machine.memory: 64MiB}]
 *       include: [{slab.policy: slub, slab.slub.max_order: 0}]
 *     repeat: 10
 *     perturb: {start: 64, swap: 0.01, timers: 1ms, runs: 10}
 *     baseline: {slab.policy: slub}
 *     report: [slab_bytes_held, {free_pages: higher}]
 *
 * A setting is a path of the configuration, a run option by its name (start, level, seed, ...), or
 * `config`: a configuration file. Of two settings of one path the later in this order counts: the
 * experiment's sections, `config`, the trace's, the sweep's.
 */
#ifndef SLABYARD_SWEEP_EXPERIMENT_H
#define SLABYARD_SWEEP_EXPERIMENT_H

#include "base/text_pool.h"
#include "config/config_tree.h"

struct setting {
	const char *path, *value;
	const struct yaml_node *key, *node; /* where the path and where the value stand */
};

struct settings {
	struct setting *items;
	size_t count, capacity;
};

/* Rows that set the same paths, one of which a run takes: several paths in a zip, else one. */
struct axis {
	struct settings *rows;
	size_t count, capacity;
};

struct axes {
	struct axis *items;
	size_t count, capacity;
};

struct experiment_trace {
	const char *name; /* one to each trace */
	const char *file;
	unsigned long line; /* of the experiment: where it is asked for */
	struct settings settings;
};

struct experiment {
	const char *file, *name;
	struct text_pool text; /* what the strings here live in, beside the trees */
	struct yaml_node *own, *configuration, *run; /* the file's keys by whose they are */
	struct experiment_trace *traces;
	size_t trace_count, trace_capacity;
	struct axes sweep;     /* matrix and zip: every combination */
	struct axes *includes; /* each a matrix of its own */
	size_t include_count, include_capacity;
	struct settings *excludes;
	size_t exclude_count, exclude_capacity;
	struct settings baseline;
	const struct yaml_node *report; /* a list of names and {NAME: higher}, NULL: none */
	uint64_t repeat;
	const char *perturb;   /* as --perturb takes it; NULL: nothing is */
	uint64_t perturb_runs; /* perturbed copies of each run */
};

/* Reads and checks everything: names, values, files. NULL with *err, which says where. */
struct experiment *experiment_read(const char *file, struct error *err);
void experiment_destroy(struct experiment *experiment);

/* "FILE:LINE:COLUMN: PATH: what", at a node's key or value. Both return -1. */
int experiment_refuse_key(const struct experiment *e, const struct yaml_node *node,
			  const char *path, const char *what, struct error *err);
int experiment_refuse_value(const struct experiment *e, const struct yaml_node *node,
			    const char *path, const char *what, struct error *err);
int experiment_no_memory(const struct experiment *e, struct error *err);

/*
 * experiment_settings.c: the settings of a mapping, nested or with dotted keys, each checked.
 * `trace` with a trace's name selects among runs and is kept like a setting.
 */
int experiment_read_settings(struct experiment *e, const struct yaml_node *mapping,
			     struct settings *settings, struct error *err);
/* Those beside `trace` and `name` in an entry of traces. */
int experiment_read_trace_settings(struct experiment *e, const struct yaml_node *mapping,
				   struct settings *settings, struct error *err);
/* The mapping's paths with a list of values, or one; an axis each. */
int experiment_read_matrix(struct experiment *e, const struct yaml_node *mapping, struct axes *axes,
			   struct error *err);
/* The mapping's paths with lists of one length: one axis. */
int experiment_read_zip(struct experiment *e, const struct yaml_node *mapping, struct axes *axes,
			struct error *err);
void settings_free(struct settings *settings);
void axes_free(struct axes *axes);
const struct setting *settings_find(const struct settings *settings, const char *path);

/* experiment_perturb.c: the mapping under `perturb`. */
int experiment_read_perturb(struct experiment *e, const struct yaml_node *mapping,
			    struct error *err);

/* experiment_traces.c: the list under `traces`. */
int experiment_read_traces(struct experiment *e, const struct yaml_node *list, struct error *err);

#endif
