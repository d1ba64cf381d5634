/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which addresses in SLOB's pages may be those of objects older than the start: a state of SLOB
 * tells free blocks and not where one object ends and the next begins.
 */
#ifndef SLABYARD_MACHINE_START_UNITS_H
#define SLABYARD_MACHINE_START_UNITS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/slab_state.h"

struct start_units;

/* Describes the pages that all caches share; NULL when memory is spent. */
struct start_units *start_units_create(const struct slab_state *state);
void start_units_destroy(struct start_units *units);
/* True when start_units_take would be. */
bool start_units_hold(const struct start_units *units, uint64_t object);
/* True, once, for an address (an offset in the direct map) that was in use at the start. */
bool start_units_take(struct start_units *units, uint64_t object);
/*
 * Takes so many bytes in use, aligned, from the highest page that has them side by side: the first
 * address, or UINT64_MAX.
 */
uint64_t start_units_take_alike(struct start_units *units, uint32_t bytes, uint32_t align);

#endif
