/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Places for free blocks of which only the numbers are known, by order and migratetype, as a buddy
 * allocator could have come to hold them: aligned, apart, and no two buddies free that would have
 * merged. The rule is a seeded draw:
 *
 * From the largest order down, each block takes a place in memory that is not free yet, drawn with
 * equal chance for every frame, in a pageblock of its migratetype while such have room. A place
 * that is cut for a smaller block leaves at least one frame that stays in use. Blocks of whole
 * pageblocks come first and decide the type of these; the other pageblocks draw what types are
 * left. When memory is too full for all blocks to be scattered so, the draw is repeated with ever
 * more of them put into the smallest place that fits.
 */
#ifndef SLABYARD_MACHINE_FREE_LAYOUT_H
#define SLABYARD_MACHINE_FREE_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/rng.h"
#include "core/page_state.h"

struct layout_range {
	uint32_t start, end;
};

enum { LAYOUT_RANGES_MAX = 2 };

struct free_layout {
	/* What there is, ascending; pageblocks are those that these ranges touch. */
	struct layout_range ranges[LAYOUT_RANGES_MAX];
	unsigned orders, pageblock_order;
	uint64_t blocks[PAGE_ORDERS_MAX][MIGRATE_TYPES];
	uint64_t pageblocks[MIGRATE_TYPES];
	struct rng *rng;

	/* What comes of it: lists in no order but the draw's, and types by pageblock number. */
	struct pfn_list free[PAGE_ORDERS_MAX][MIGRATE_TYPES];
	uint8_t *pageblock_type; /* from first_pageblock on, MIGRATE_TYPES: none of the zone's */
	uint32_t first_pageblock, pageblock_count;
};

/* 0; 1 when the blocks do not fit, whatever is drawn; -1 with *err when memory is spent. */
int free_layout_draw(struct free_layout *layout, struct error *err);
/* Keeps what the caller has taken out of free[] by zeroing it. */
void free_layout_free(struct free_layout *layout);

static inline unsigned free_layout_type(const struct free_layout *l, uint32_t pfn)
{
	return l->pageblock_type[(pfn >> l->pageblock_order) - l->first_pageblock];
}

#endif
