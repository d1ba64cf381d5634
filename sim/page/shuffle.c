/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "page/shuffle.h"

#include <stdlib.h>

#include "base/rng.h"
#include "page/buddy.h"

enum { SWAP_TRIES = 10 /* SHUFFLE_RETRY */ };

struct shuffle {
	struct rng *rng;
	uint32_t bits;
	unsigned bits_left;
};

struct shuffle *shuffle_create(uint64_t seed, struct error *err)
{
	struct shuffle *s = calloc(1, sizeof(*s));

	if (!s) {
		error_set(err, ERROR_RUN, "no memory for page.shuffle");
		return NULL;
	}
	s->rng = rng_create(seed, "page.shuffle");
	return s;
}

void shuffle_destroy(struct shuffle *s)
{
	if (!s)
		return;
	rng_destroy(s->rng);
	free(s);
}

bool shuffle_pick_tail(struct shuffle *s)
{
	bool tail;

	if (!s->bits_left) {
		s->bits = rng_u32(s->rng);
		s->bits_left = 32;
	}
	tail = s->bits & 1;
	s->bits >>= 1;
	s->bits_left--;
	return tail;
}

/* A block of the order that begins at pfn, in one of the zone's lists. */
static bool is_block(const struct buddy *b, const struct buddy_zone *z, uint32_t pfn,
		     unsigned order)
{
	return pfn >= z->start && pfn < z->end && !(pfn & ((1u << order) - 1)) &&
	       frames_is_free_block(&b->frames, pfn, order);
}

/*
 * Another block anywhere in the zone, UINT32_MAX when chance finds none: as it never does in a zone
 * that begins at an odd frame, DMA.
 */
static uint32_t pick_other(struct buddy *b, const struct buddy_zone *z, uint32_t pfn,
			   unsigned order)
{
	uint32_t frames = 1u << order;

	for (unsigned tries = 0; tries < SWAP_TRIES; tries++) {
		uint32_t offset = (uint32_t)rng_below(b->shuffle->rng, z->end - z->start);
		uint32_t other = z->start + (offset & ~(frames - 1));
		if (other != pfn && is_block(b, z, other, order))
			return other;
	}
	return UINT32_MAX;
}

/* __shuffle_zone() */
static void shuffle_zone(struct buddy *b, const struct buddy_zone *z)
{
	unsigned order = b->orders - 1;
	uint32_t frames = 1u << order;
	uint64_t first = ((uint64_t)z->start + frames - 1) & ~(uint64_t)(frames - 1);

	for (uint64_t at = first; at < z->end; at += frames) {
		uint32_t pfn = (uint32_t)at, other;
		if (!is_block(b, z, pfn, order))
			continue;
		other = pick_other(b, z, pfn, order);
		/* each migratetype has a list of its own */
		if (other != UINT32_MAX && pageblock_type(b, other) == pageblock_type(b, pfn))
			block_swap(b, pfn, other, order);
	}
}

void shuffle_all(struct buddy *b)
{
	for (uint32_t zone = 0; b->shuffle && zone < b->zone_count; zone++)
		shuffle_zone(b, &b->zones[zone]);
}
