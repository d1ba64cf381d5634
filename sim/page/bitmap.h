/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which frames are used, one bit each, and over each 64 of them a binary tree that knows the
 * largest free aligned block below every node. So the first fit is found on one way down from the
 * root.
 *
 * A node tells by how many orders its largest free block falls short of its own size: 0 is a node
 * that is free as a whole, so that memory never touched is free. Node sizes are powers of two; what
 * would lie beyond the last frame is not there.
 */
#ifndef SLABYARD_PAGE_BITMAP_H
#define SLABYARD_PAGE_BITMAP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "core/page_state.h"

enum { BITMAP_LEVELS_MAX = 27, BITMAP_WORD_ORDER = 6 };

struct bitmap {
	uint64_t *used;
	uint8_t *lacks[BITMAP_LEVELS_MAX]; /* by level and node; level 0 is one node a word */
	uint32_t nodes[BITMAP_LEVELS_MAX];
	uint32_t levels;
	uint32_t count; /* frame numbers are below this */
};

/* All of `count` frames free. -1 and *err when out of arena. */
int bitmap_create(struct bitmap *bitmap, uint32_t count, struct arena *arena, struct error *err);

/* First frame of the lowest free block aligned to its size, or UINT32_MAX. Adds up nodes seen. */
uint32_t bitmap_first_fit(const struct bitmap *bitmap, unsigned order, uint32_t *steps);

void bitmap_mark(struct bitmap *bitmap, uint32_t pfn, uint32_t frames, bool used);
bool bitmap_all_used(const struct bitmap *bitmap, uint32_t pfn, uint32_t frames);

/* Frame below `end` at which a run of equal bits that begins at pfn ends; end if none does. */
uint32_t bitmap_run_end(const uint64_t *bits, uint32_t pfn, uint32_t end);

/* Free aligned blocks by order; what is free in larger ones counts as blocks of the last order. */
void bitmap_count(const struct bitmap *bitmap, unsigned orders, uint64_t blocks[PAGE_ORDERS_MAX]);

/* A node that does not know what is below it, or UINT32_MAX: level in *level. */
uint32_t bitmap_wrong_node(const struct bitmap *bitmap, uint32_t *level);

static inline bool bitmap_bit(const uint64_t *bits, uint32_t pfn)
{
	return bits[pfn / 64] >> (pfn % 64) & 1;
}

#endif
