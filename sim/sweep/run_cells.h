/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The runs that are compared, sorted by what they are runs of: a configuration on a recording. */
#ifndef SLABYARD_SWEEP_RUN_CELLS_H
#define SLABYARD_SWEEP_RUN_CELLS_H

#include "sweep/comparison.h"

/* Runs of one configuration on one recording: they differ in their seeds. */
struct run_cell {
	size_t *runs; /* into the input's */
	size_t count, capacity;
};

struct run_cells {
	const struct comparison_input *in;
	const char **traces; /* names, in the order of their first run */
	size_t trace_count, trace_capacity;
	const struct compared_run **configs; /* a run of each configuration */
	size_t config_count, config_capacity;
	struct run_cell *plain, *perturbed; /* by configuration, then trace */
};

/* `in` must outlive them. -1 with *err when memory is out. */
int run_cells_sort(struct run_cells *cells, const struct comparison_input *in, struct error *err);
void run_cells_free(struct run_cells *cells);

const struct run_cell *run_cells_plain(const struct run_cells *cells, size_t config, size_t trace);
const struct run_cell *run_cells_perturbed(const struct run_cells *cells, size_t config,
					   size_t trace);

/* Values of a column over a cell's runs, those that have it; how many there are. */
size_t run_cells_values(const struct run_cells *cells, const struct run_cell *cell, size_t column,
			double *values);
/* Their mean; NaN without any. */
double run_cells_mean(const struct run_cells *cells, const struct run_cell *cell, size_t column);

/* The input's parameter of that path; parameter_count: none. */
size_t run_cells_parameter(const struct run_cells *cells, const char *path);

/*
 * "slab.policy=slob machine.memory=64MiB": the parameters that are told, by index, as far as the
 * run has them. In the pool; NULL when memory is out.
 */
const char *run_cells_label(const struct run_cells *cells, const struct compared_run *run,
			    const bool *told, struct text_pool *pool);
/* told[i]: parameter i differs between configurations. */
void run_cells_told(const struct run_cells *cells, bool *told);

#endif
