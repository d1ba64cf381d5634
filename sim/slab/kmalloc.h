/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The size classes behind kmalloc and the sets of caches that serve them. Reference:
 * mm/slab_common.c (kmalloc_slab, create_kmalloc_caches, create_boot_cache) and kmalloc_type() of
 * include/linux/slab.h.
 */
#ifndef SLABYARD_SLAB_KMALLOC_H
#define SLABYARD_SLAB_KMALLOC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "core/gfp.h"
#include "core/ids.h"
#include "core/services.h"
#include "slab/cache_table.h"

/* In the order in which the kernel creates the sets. */
enum kmalloc_type {
	KMALLOC_NORMAL,
	KMALLOC_CGROUP, /* accounted to a memory cgroup; only in kernels that have them */
	KMALLOC_RECLAIM,
	KMALLOC_DMA,
	KMALLOC_TYPES
};

enum {
	KMALLOC_CLASSES = 16,     /* 1: 96 bytes, 2: 192 bytes, n: 2^n bytes */
	KMALLOC_CLASS_MIN = 3,    /* the smallest power of two of any allocator */
	KMALLOC_CACHE_SHIFT = 13, /* SLUB and SLAB: larger ones go to the page allocator */
	KMALLOC_CACHE_BYTES = 1 << KMALLOC_CACHE_SHIFT,
	KMALLOC_STEP_SHIFT = 3, /* sizes that differ in these bits alone have one class */
	KMALLOC_STEPS = KMALLOC_CACHE_BYTES >> KMALLOC_STEP_SHIFT,
};

struct kmalloc_caches {
	cache_id cache[KMALLOC_TYPES][KMALLOC_CLASSES];
	/*
	 * By (bytes - 1) >> KMALLOC_STEP_SHIFT. All sizes alike: which ones are small is not to be
	 * guessed by a branch, as callers ask for all of them in turn.
	 */
	uint8_t class_of[KMALLOC_STEPS];
	bool cgroup; /* the CGROUP set exists */
};

/* Makes one cache of a set; returns its number or CACHE_NONE and *err. */
typedef cache_id (*kmalloc_open)(void *policy, const struct cache_args *args, struct error *err);

/* How an allocator has its sets. */
struct kmalloc_sets {
	uint32_t shift_low;   /* the smallest class has 2^shift_low bytes */
	uint32_t first_class; /* the class of the normal set that is made before all others; 0: none
			       */
	uint32_t flags;       /* of all caches (enum cache_flags) */
	bool cgroup;          /* with the CGROUP set, normal caches are exempt from merging */
};

/*
 * Creates the sets up to KMALLOC_CACHE_BYTES with `open`, in the kernel's order. Sizes below the
 * smallest class go to it.
 */
int kmalloc_caches_create(struct kmalloc_caches *caches, const struct kmalloc_sets *sets,
			  kmalloc_open open, void *policy, struct error *err);

/* KMALLOC_MAX_SIZE: the largest kmalloc of all is the largest block of pages. */
static inline uint32_t kmalloc_bytes_max(const struct services *services)
{
	return (uint32_t)PAGE_SIZE_BYTES << (services_orders(services) - 1);
}

/* Finds the sets in a table that was filled from a recorded state. */
void kmalloc_caches_find(struct kmalloc_caches *caches, const struct cache_table *table);

static inline enum kmalloc_type kmalloc_type_of(uint32_t gfp, bool cgroup)
{
	if (__builtin_expect(!(gfp & (GFP_BIT_DMA | GFP_BIT_RECLAIMABLE | GFP_BIT_ACCOUNT)), 1))
		return KMALLOC_NORMAL;
	if (gfp & GFP_BIT_DMA)
		return KMALLOC_DMA;
	if (gfp & GFP_BIT_RECLAIMABLE)
		return KMALLOC_RECLAIM;
	return cgroup ? KMALLOC_CGROUP : KMALLOC_NORMAL;
}

/* The cache that serves a kmalloc of 1..KMALLOC_CACHE_BYTES. */
static inline cache_id kmalloc_cache(const struct kmalloc_caches *caches, uint32_t bytes,
				     uint32_t gfp)
{
	const uint32_t class = caches->class_of[(bytes - 1) >> KMALLOC_STEP_SHIFT];

	return caches->cache[kmalloc_type_of(gfp, caches->cgroup)][class];
}

#endif
