/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Random order of a new slab's free objects (CONFIG_SLAB_FREELIST_RANDOM): each cache has one
 * permutation of its objects' indices, and each slab begins at a random place in it. Reference:
 * mm/slab_common.c (cache_random_seq_create), mm/slub.c and mm/slab.c (shuffle_freelist).
 */
#ifndef SLABYARD_SLAB_FREELIST_RANDOM_H
#define SLABYARD_SLAB_FREELIST_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "core/services.h"

struct freelist_random {
	struct rng *rng; /* NULL: free objects are in address order */
	struct arena *arena;
	uint16_t *indices;
	uint32_t *first; /* by cache number: where its permutation begins */
	uint32_t *room;  /* by cache number: indices from there on, 0: it never had any */
	uint32_t used, capacity;
};

/* `stream` names the policy's random numbers. */
int freelist_random_open(struct freelist_random *random, const struct services *services,
			 const char *stream, uint32_t caches, struct error *err);
void freelist_random_close(struct freelist_random *random);

/*
 * A permutation for a cache whose slabs have so many objects. One that takes over the number of a
 * cache that was destroyed has its room, if that is enough.
 */
int freelist_random_add(struct freelist_random *random, uint32_t cache, uint32_t count,
			struct error *err);

/* Where a slab is in its cache's permutation. */
struct freelist_walk {
	const uint16_t *indices;
	uint32_t at, count;
};

struct freelist_walk freelist_random_walk(struct freelist_random *random, uint32_t cache,
					  uint32_t count);

/* The next index below `objects`, which a slab smaller than the others has fewer of. */
static inline uint16_t freelist_next(struct freelist_walk *walk, uint32_t objects)
{
	uint16_t index;

	do {
		index = walk->indices[walk->at];
		walk->at = walk->at + 1 < walk->count ? walk->at + 1 : 0;
	} while (index >= objects);
	return index;
}

#endif
