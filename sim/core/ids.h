/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Small integers with a type of their own, so that a pfn is never passed for a cache. */
#ifndef SLABYARD_CORE_IDS_H
#define SLABYARD_CORE_IDS_H

#include <stdbool.h>
#include <stdint.h>

/* Page frame number of the simulated machine; a frame is 4 KiB. */
typedef struct {
	uint32_t v;
} pfn_t;

/* Index of a kmem_cache in the definitions (recorded caches) or in a slab policy (its own). */
typedef struct {
	uint32_t v;
} cache_id;

/* Index of a lock of the simulated machine (core/lock.h). */
typedef struct {
	uint32_t v;
} lock_id;

enum { PAGE_SHIFT = 12, PAGE_SIZE_BYTES = 1 << PAGE_SHIFT };

#define PFN_NONE   ((pfn_t){ UINT32_MAX })
#define CACHE_NONE ((cache_id){ UINT32_MAX })

static inline bool pfn_is_none(pfn_t pfn)
{
	return pfn.v == UINT32_MAX;
}

static inline bool cache_is_none(cache_id cache)
{
	return cache.v == UINT32_MAX;
}

#endif
