/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How a census asks the run's policy for objects of a recorded cache. */
#ifndef SLABYARD_MACHINE_CENSUS_WAYS_H
#define SLABYARD_MACHINE_CENSUS_WAYS_H

#include "base/rng.h"
#include "machine/machine.h"

enum { CENSUS_CLASSES = 13 }; /* kmalloc's sizes that any allocator has a cache for */

struct census_way {
	cache_id cache; /* CACHE_NONE: kmalloc */
	uint32_t gfp;
	uint32_t high; /* bytes asked for of a cache; the most that are asked of kmalloc */
	/* kmalloc: how often objects of each class lie in one of this cache, by any allocator. */
	uint64_t weight[CENSUS_CLASSES];
	uint64_t left_out; /* so many of its objects are the recorded allocator's own */
};

/*
 * For a cache as a state or a map tells of it; smallest is the recorded allocator's smallest
 * kmalloc cache. False: a cache for nothing but the allocator's own. -1 and *err: impossible.
 */
int census_way_find(struct census_way *way, struct machine *m, const struct cache_def *def,
		    uint64_t smallest, struct error *err);

/* One object; OBJECT_NONE when there is no memory for it. */
object_t census_way_ask(const struct census_way *way, struct machine *m, struct rng *rng);

/* The policy's name for the cache, which is merged perhaps; NULL for kmalloc. */
const char *census_way_name(const struct census_way *way, struct machine *m);

struct request census_request(const struct machine *m, uint32_t gfp);

#endif
