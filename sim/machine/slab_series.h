/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * /timeseries/slab: each cache over time, with its slabs by state and the bytes that nobody asked
 * for by cause; and /summary/slab_caches, what does not change of a cache.
 */
#ifndef SLABYARD_MACHINE_SLAB_SERIES_H
#define SLABYARD_MACHINE_SLAB_SERIES_H

#include <stdint.h>

#include "base/error.h"

struct machine;
struct slab_series;

/* Over all caches. */
struct slab_totals {
	uint64_t requested_bytes;
	uint64_t occupied_bytes; /* live objects at their cache's size */
	uint64_t held_bytes;
};

/* *out is NULL at page level, and may be handed to the others. */
int slab_series_open(struct machine *m, struct slab_series **out, struct error *err);
void slab_series_close(struct slab_series *series);
/* A row of now; *totals is 0 where there is no slab allocator. */
int slab_series_row(struct slab_series *series, struct machine *m, uint64_t time_ns,
		    uint64_t record, struct slab_totals *totals, struct error *err);
int slab_series_thin(struct slab_series *series, struct machine *m, struct error *err);
/* Writes /summary/slab_caches and means over time, once, after the last row. */
int slab_series_finish(struct slab_series *series, struct machine *m, struct error *err);

#endif
