/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The groups under /timeseries: what each column is and how a row is taken from the machine. */
#ifndef SLABYARD_MACHINE_SERIES_H
#define SLABYARD_MACHINE_SERIES_H

#include <stdint.h>

#include "base/error.h"

struct machine;
struct series_set;

/* Opens /timeseries/{buddy,fragmentation,slab,work} in the machine's sink. */
struct series_set *series_open(struct machine *m, struct error *err);
void series_close(struct series_set *set);
int series_row(struct series_set *set, struct machine *m, uint64_t time_ns, uint64_t record,
	       struct error *err);
/* What is written once, after the last row. */
int series_finish(struct series_set *set, struct machine *m, struct error *err);
int series_thin_all(struct series_set *set, struct machine *m, struct error *err);

#endif
