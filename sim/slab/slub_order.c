/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The geometry of a cache: object size, slab order, and how many slabs its lists keep. Reference:
 * mm/slub.c (calculate_sizes, calculate_order, calc_slab_order, kmem_cache_open, set_cpu_partial).
 */
#include "slab/slub.h"

enum {
	PARTIAL_MIN = 5,
	PARTIAL_MAX = 10,
	WASTE_START = 16, /* a slab may waste one part in 16, then 8, then 4 */
	WASTE_STOP = 4,
};

static uint32_t order_objects(uint32_t order, uint32_t size)
{
	return ((uint32_t)PAGE_SIZE_BYTES << order) / size;
}

/* The lowest order up to max_order that holds min_objects and wastes little enough. */
static uint32_t order_with_waste(uint32_t size, uint32_t min_objects, uint32_t min_order,
				 uint32_t max_order, uint32_t fraction)
{
	uint32_t order = order_for_bytes(min_objects * size);

	if (order_objects(min_order, size) > SLUB_OBJECTS_MAX)
		return order_for_bytes(size * SLUB_OBJECTS_MAX) - 1;
	if (order < min_order)
		order = min_order;
	for (; order <= max_order; order++) {
		const uint32_t bytes = (uint32_t)PAGE_SIZE_BYTES << order;

		if (bytes % size <= bytes / fraction)
			break;
	}
	return order;
}

/* Without a configured number, more cpus ask for more objects a slab. */
static uint32_t objects_wanted(const struct slub_params *params, uint32_t cpus)
{
	if (params->min_objects)
		return (uint32_t)params->min_objects;
	return 4 * (32 - (uint32_t)__builtin_clz(cpus) + 1);
}

uint32_t slub_order(const struct slub *slub, uint32_t size, const struct slub_params *params)
{
	const uint32_t min_order = (uint32_t)params->min_order;
	const uint32_t max_order = (uint32_t)params->max_order;
	const uint32_t fit = order_objects(max_order, size);
	uint32_t wanted = objects_wanted(params, slub->cpu_count);

	for (wanted = wanted < fit ? wanted : fit; wanted > 1; wanted--) {
		for (uint32_t waste = WASTE_START; waste >= WASTE_STOP; waste /= 2) {
			const uint32_t order =
				order_with_waste(size, wanted, min_order, max_order, waste);

			if (order <= max_order)
				return order;
		}
	}
	const uint32_t order = order_with_waste(size, 1, min_order, max_order, 1);

	return order <= max_order
		       ? order
		       : order_with_waste(size, 1, min_order, services_orders(slub->services), 1);
}

static uint32_t cpu_partial_objects(uint32_t size)
{
	if (size >= PAGE_SIZE_BYTES)
		return 6;
	if (size >= 1024)
		return 24;
	return size >= 256 ? 52 : 120;
}

static uint32_t partial_slabs_kept(uint32_t size)
{
	const uint32_t half_log = (31 - (uint32_t)__builtin_clz(size)) / 2;

	return half_log < PARTIAL_MIN   ? PARTIAL_MIN
	       : half_log > PARTIAL_MAX ? PARTIAL_MAX
					: half_log;
}

/* The free pointer lies in the middle of an object, or behind it when that must stay untouched. */
static void object_layout(struct slub_cache *cache, const struct kmem_cache *from, uint32_t word)
{
	uint32_t size = align_up(from->object_size, word);

	cache->inuse = size;
	cache->offset = from->object_size / 2 & ~(word - 1);
	if ((from->flags & CACHE_TYPESAFE_BY_RCU) || from->constructor) {
		cache->offset = size;
		size += word;
	}
	cache->size = align_up(size, from->align);
}

static uint32_t page_flags(const struct kmem_cache *from, uint32_t order)
{
	uint32_t gfp = order ? GFP_BIT_COMP : 0;

	if (from->flags & CACHE_CACHE_DMA)
		gfp |= GFP_BIT_DMA;
	if (from->flags & CACHE_CACHE_DMA32)
		gfp |= GFP_BIT_DMA32;
	if (from->flags & CACHE_RECLAIM_ACCOUNT)
		gfp |= GFP_BIT_RECLAIMABLE;
	return gfp;
}

int slub_geometry(const struct slub *slub, struct slub_cache *cache, const struct kmem_cache *from)
{
	const struct slub_params *params = &slub->params;

	object_layout(cache, from, topology_word_bytes(slub->services->topology));
	const uint32_t size = cache->size;
	const uint32_t order = slub_order(slub, size, params);

	if (order >= services_orders(slub->services))
		return -1;
	cache->reciprocal = (uint32_t)(((UINT64_C(1) << 32) + size - 1) / size);
	cache->allocflags = page_flags(from, order);
	cache->oo_order = order;
	cache->oo_objects = order_objects(order, size);
	cache->min_order = order_for_bytes(size);
	cache->min_objects = order_objects(cache->min_order, size);
	cache->min_partial = partial_slabs_kept(size);
	cache->cpu_partial = params->cpu_partial ? cpu_partial_objects(size) : 0;
	/* The list is limited by slabs, each taken to be half full. */
	cache->cpu_partial_slabs =
		(cache->cpu_partial * 2 + cache->oo_objects - 1) / cache->oo_objects;
	return 0;
}
