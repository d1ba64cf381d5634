/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is known of each frame of the simulated machine: one state byte and one list link, kept at
 * two levels. Blocks below COARSE_ORDER are described at their first frame; larger ones at their
 * first chunk of 2^coarse_order frames, in tables that are that much smaller. So the frame arrays
 * are touched only where a chunk is in pieces, and a huge machine costs what it is used.
 *
 * A block is described once, at its first frame or chunk, and everything inside it is FRAME_NONE at
 * both levels. FRAME_NONE that no block covers is memory whose allocation is not known in detail
 * (taken over from a recorded state).
 */
#ifndef SLABYARD_PAGE_FRAMES_H
#define SLABYARD_PAGE_FRAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "core/gfp.h"

enum {
	COARSE_ORDER_MAX = 9,
	FRAME_FREE = 0x80, /* first of a free block: FRAME_FREE | migratetype << 4 | order */
	FRAME_MIGRATETYPE_SHIFT = 4,
	FRAME_ORDER_MASK = 0x0f, /* orders are counted from the level's own */
	FRAME_KIND_MASK = 0x70,
};

/* Kinds of blocks that are in no buddy list; the order is or'ed in. */
enum frame_kind {
	FRAME_NONE = 0x00,
	FRAME_ALLOCATED = 0x10,
	FRAME_LRU = 0x20,             /* allocated, on an LRU list */
	FRAME_PCP = 0x30,             /* on a per-cpu list of its own migratetype */
	FRAME_PCP_RECLAIMABLE = 0x40, /* on the unmovable list of huge pages */
	FRAME_PCP_HIGHATOMIC = 0x50,  /* on a movable list */
	FRAME_PCP_CMA = 0x60,
	FRAME_RESERVED = 0x70, /* never managed */
};

struct frame_link {
	uint32_t next, prev;
};

/*
 * One level. Lists are circular through a list head; the heads are links too and stand behind those
 * of the frames, from `heads` on.
 */
struct frame_level {
	struct frame_link *links;
	uint8_t *states;
	uint32_t shift;
	uint32_t heads;
};

struct frames {
	struct frame_level level[2];
	uint32_t coarse_order;
	uint32_t count; /* frame numbers are below this */
};

/* Room for frame numbers below `count` and `heads` list heads. -1 and *err when out of arena. */
int frames_create(struct frames *frames, uint32_t count, uint32_t coarse_order, uint32_t heads,
		  struct arena *arena, struct error *err);

static inline const struct frame_level *frames_level(const struct frames *f, unsigned order)
{
	return &f->level[order >= f->coarse_order];
}

static inline uint8_t *frames_state(const struct frames *f, uint32_t pfn, unsigned order)
{
	const struct frame_level *level = frames_level(f, order);
	return &level->states[pfn >> level->shift];
}

static inline uint8_t frame_free_state(const struct frame_level *level, unsigned order,
				       unsigned migratetype)
{
	return (uint8_t)(FRAME_FREE | migratetype << FRAME_MIGRATETYPE_SHIFT |
			 (order - level->shift));
}

static inline bool frame_is_free(uint8_t state)
{
	return state & FRAME_FREE;
}

static inline unsigned frame_free_migratetype(uint8_t state)
{
	return (unsigned)(state & FRAME_KIND_MASK) >> FRAME_MIGRATETYPE_SHIFT;
}

static inline enum frame_kind frame_kind(uint8_t state)
{
	return (enum frame_kind)(state & FRAME_KIND_MASK);
}

static inline bool frame_is_pcp(uint8_t state)
{
	return !frame_is_free(state) && frame_kind(state) >= FRAME_PCP &&
	       frame_kind(state) <= FRAME_PCP_CMA;
}

static inline bool frame_is_allocated(uint8_t state)
{
	return !frame_is_free(state) &&
	       (frame_kind(state) == FRAME_ALLOCATED || frame_kind(state) == FRAME_LRU);
}

static inline void frames_set(struct frames *f, uint32_t pfn, unsigned order, enum frame_kind kind)
{
	const struct frame_level *level = frames_level(f, order);
	level->states[pfn >> level->shift] = (uint8_t)(kind | (order - level->shift));
}

static inline void frames_clear(struct frames *f, uint32_t pfn, unsigned order)
{
	*frames_state(f, pfn, order) = FRAME_NONE;
}

/* True when a free block of exactly this order starts at pfn. */
static inline bool frames_is_free_block(const struct frames *f, uint32_t pfn, unsigned order)
{
	const struct frame_level *coarse = &f->level[1];

	if (order < f->coarse_order)
		return (f->level[0].states[pfn] & (FRAME_FREE | FRAME_ORDER_MASK)) ==
		       (FRAME_FREE | order);
	return (coarse->states[pfn >> coarse->shift] & (FRAME_FREE | FRAME_ORDER_MASK)) ==
	       (FRAME_FREE | (order - coarse->shift));
}

/* What starts at a frame. */
struct frame_block {
	uint8_t state;
	uint8_t order; /* 0 for FRAME_NONE, unless a whole chunk is FRAME_NONE inside a block */
};

/* The block that starts at pfn, whichever level describes it. */
static inline struct frame_block frames_block(const struct frames *f, uint32_t pfn)
{
	const struct frame_level *coarse = &f->level[1];
	uint8_t state;

	if ((pfn & ((1u << coarse->shift) - 1)) == 0) {
		state = coarse->states[pfn >> coarse->shift];
		if (state != FRAME_NONE)
			return (struct frame_block){ state, (uint8_t)((state & FRAME_ORDER_MASK) +
								      coarse->shift) };
	}
	state = f->level[0].states[pfn];
	return (struct frame_block){ state, state & FRAME_ORDER_MASK };
}

/*
 * A block in use keeps in its link, which no list needs meanwhile, whose it is, and whether it is a
 * compound page.
 */
static inline void frames_describe(const struct frames *f, uint32_t pfn, unsigned order,
				   bool compound, uint32_t owner)
{
	const struct frame_level *level = frames_level(f, order);
	level->links[pfn >> level->shift] = (struct frame_link){ .next = compound, .prev = owner };
}

static inline uint32_t frames_owner(const struct frames *f, uint32_t pfn, unsigned order)
{
	const struct frame_level *level = frames_level(f, order);
	return level->links[pfn >> level->shift].prev;
}

/* `block` starts at pfn. */
static inline bool frames_is_compound(const struct frames *f, uint32_t pfn,
				      struct frame_block block)
{
	const struct frame_level *level = frames_level(f, block.order);
	return block.order && frame_is_allocated(block.state) &&
	       level->links[pfn >> level->shift].next == 1;
}

/*
 * The block that contains pfn, its first frame in *start. A block of FRAME_NONE and order 0 when
 * nothing known contains it.
 */
struct frame_block frames_find(const struct frames *f, uint32_t pfn, unsigned orders,
			       uint32_t *start);

/*
 * Frames whose state bytes are all FRAME_NONE at the fine level, from pfn on and before `end`; pfn
 * and end may lie anywhere. Never reads what was never written when whole chunks are skipped.
 */
bool frames_fine_empty(const struct frames *f, uint32_t pfn, uint32_t end);

/* Inside the block at pfn nothing else is described, at either level. */
bool frames_interior_empty(const struct frames *f, uint32_t pfn, unsigned order);

#endif
