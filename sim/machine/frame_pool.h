/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Frames that slabs of a recorded state had, for those that a census lays out in their place. */
#ifndef SLABYARD_MACHINE_FRAME_POOL_H
#define SLABYARD_MACHINE_FRAME_POOL_H

#include "base/error.h"
#include "core/ids.h"

struct frame_pool;

/* Holds frames 0 to frames - 1 at most, and none to begin with. */
struct frame_pool *frame_pool_create(uint32_t frames, struct error *err);
void frame_pool_destroy(struct frame_pool *pool);

void frame_pool_give(struct frame_pool *pool, uint32_t pfn, unsigned order);
/* The lowest aligned block that the pool has whole, or PFN_NONE. */
pfn_t frame_pool_take(struct frame_pool *pool, unsigned order);
/* Any block of at most `order`, as large as it can be, the lowest first; PFN_NONE: empty. */
pfn_t frame_pool_take_any(struct frame_pool *pool, unsigned order, unsigned *taken);

#endif
