/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * /timeseries/process and /timeseries/libc: address spaces by process, heaps by arena, free memory
 * by list. Dimensions grow with the processes and arenas that a run meets; those that are no more
 * have 0.
 */
#ifndef SLABYARD_MACHINE_PROCESS_SERIES_H
#define SLABYARD_MACHINE_PROCESS_SERIES_H

#include <stdint.h>

#include "base/error.h"

struct machine;
struct process_series;

/* *out is NULL below libc level; the calls below do nothing then. */
int process_series_open(struct machine *m, struct process_series **out, struct error *err);
void process_series_close(struct process_series *s);
int process_series_row(struct process_series *s, struct machine *m, uint64_t time_ns,
		       uint64_t record, struct error *err);
int process_series_thin(struct process_series *s, struct machine *m, struct error *err);

#endif
