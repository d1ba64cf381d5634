/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is told of a process at any moment: columns of /timeseries/process, and of
 * /snapshots/processes, which has a row for each process at the start, the marks and the end.
 */
#ifndef SLABYARD_MACHINE_PROCESS_FIGURES_H
#define SLABYARD_MACHINE_PROCESS_FIGURES_H

#include <stdint.h>

#include "base/error.h"
#include "results/sink.h"

struct machine;
struct process;

enum { PROCESS_FIGURES = 11 };

/* Without dimensions. */
extern const struct result_column process_figures[PROCESS_FIGURES];

void process_figures_of(const struct process *p, uint64_t *values);

/* *out is NULL below libc level. The table is the sink's. */
int process_snapshots_open(struct machine *m, struct result_table **out, struct error *err);
/* Does nothing without a table. */
int process_snapshots_take(struct result_table *table, struct machine *m, uint64_t snapshot,
			   struct error *err);

#endif
