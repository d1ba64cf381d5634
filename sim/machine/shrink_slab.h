/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How many objects a pass of reclaim asks a shrinker to free. Reference: do_shrink_slab() of
 * mm/vmscan.c, struct shrinker of include/linux/shrinker.h.
 */
#ifndef SLABYARD_MACHINE_SHRINK_SLAB_H
#define SLABYARD_MACHINE_SHRINK_SLAB_H

#include <stdint.h>

enum {
	SHRINK_SEEKS = 2,   /* DEFAULT_SEEKS: what an object costs to make again */
	SHRINK_BATCH = 128, /* objects that are asked for in one go */
};

#define SHRINK_STOP UINT64_MAX

struct shrinker {
	/* count_objects(): those of a node that could be freed. */
	uint64_t (*freeable)(void *context, uint32_t node);
	/*
	 * scan_objects(): frees up to so many and returns how many it did; SHRINK_STOP: none can
	 * be freed by who reclaims.
	 */
	uint64_t (*scan)(void *context, uint32_t node, uint64_t objects);
	void *context;
};

struct shrink_progress {
	uint64_t scanned, freed; /* objects */
};

/*
 * One pass over a node. *deferred is what earlier passes left to be scanned (nr_deferred), and
 * becomes what this one leaves.
 */
struct shrink_progress shrink_slab(const struct shrinker *shrinker, uint32_t node, uint8_t priority,
				   uint64_t *deferred);

#endif
