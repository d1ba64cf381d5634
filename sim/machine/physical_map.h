/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * /timeseries/physical_map: what physical memory is used for over time, in pieces of equal size.
 * Coarser than the snapshots at marks (machine/snapshots.h), but there is one for every sample, as
 * far as looking at all memory stays a small part of the run.
 */
#ifndef SLABYARD_MACHINE_PHYSICAL_MAP_H
#define SLABYARD_MACHINE_PHYSICAL_MAP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct machine;
struct physical_map;

/* *out is NULL when no map is wanted (sample.map_keep) or can be had; then the rest does nothing.
 */
int physical_map_open(struct machine *m, struct physical_map **out, struct error *err);
void physical_map_close(struct physical_map *map);
/* Called at every sample; takes what is due, and always the run's last one. */
int physical_map_sample(struct physical_map *map, struct machine *m, uint64_t time_ns, bool last,
			struct error *err);

#endif
