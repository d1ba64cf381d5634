/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How objects of one size are laid out in slabs, and where a slab's management is kept. Reference:
 * mm/slab.c (__kmem_cache_create, calculate_slab_order, cache_estimate, set_*_slab_cache,
 * enable_cpucache).
 */
#include "core/gfp.h"
#include "slab/slab_private.h"

struct shape {
	uint32_t num, order, left; /* left: bytes that no object and no index uses */
};

/* Bytes that the management of so many objects takes when it is a kmalloc; 0: there is none. */
static uint32_t management_bytes(const struct slab *slab, uint32_t num)
{
	const uint32_t bytes =
		num < 1u << SLAB_KMALLOC_SHIFT_LOW ? 1u << SLAB_KMALLOC_SHIFT_LOW : num;
	const cache_id cache = kmalloc_cache(&slab->kmalloc, bytes, 0);

	if (cache_is_none(cache) || slab->caches[cache.v].management == SLAB_OFF_SLAB)
		return 0;
	return slab->caches[cache.v].size;
}

/* Off the slab it has to be small against an object, and must not need management itself. */
static bool off_slab_pays(const struct slab *slab, uint32_t num, uint32_t object_size)
{
	const uint32_t bytes = management_bytes(slab, num);

	return bytes != 0 && bytes <= object_size / 2;
}

static bool order_is_enough(const struct slab *slab, const struct shape *shape, uint32_t flags)
{
	return (flags & CACHE_RECLAIM_ACCOUNT) || shape->order >= slab->max_order ||
	       shape->left <= (uint32_t)PAGE_SIZE_BYTES << shape->order >> 3;
}

/*
 * calculate_slab_order: the lowest order that wastes an eighth at most, or the last acceptable one
 * before that. False when there is none. object_size is the unpadded one.
 */
static bool find_shape(const struct slab *slab, uint32_t size, uint32_t object_size, uint32_t flags,
		       enum slab_management management, struct shape *found)
{
	const uint32_t index_bytes = management == SLAB_ON_SLAB;
	const uint32_t orders = services_orders(slab->services);

	found->num = 0;
	for (uint32_t order = 0; order < orders; order++) {
		const uint32_t bytes = (uint32_t)PAGE_SIZE_BYTES << order;
		const uint32_t num = bytes / (size + index_bytes);

		if (num == 0)
			continue;
		if (num > SLAB_OBJECTS_MAX)
			break;
		if (management == SLAB_OFF_SLAB && !off_slab_pays(slab, num, object_size))
			continue;
		*found = (struct shape){ num, order, bytes % (size + index_bytes) };
		if (order_is_enough(slab, found, flags))
			break;
	}
	return found->num != 0;
}

/* A free object can hold the indices only if nobody reads it after it was freed. */
static bool fits_in_free_object(const struct slab *slab, uint32_t size,
				const struct kmem_cache *from, struct shape *shape)
{
	if (from->constructor || (from->flags & CACHE_TYPESAFE_BY_RCU))
		return false;
	return find_shape(slab, size, from->object_size, from->flags, SLAB_OBJFREELIST, shape) &&
	       shape->num <= from->object_size;
}

/* When the slab has room for the indices, they stay on it. */
static bool belongs_off_slab(const struct slab *slab, uint32_t size, const struct kmem_cache *from,
			     struct shape *shape)
{
	if (from->flags & CACHE_NOLEAKTRACE)
		return false;
	return find_shape(slab, size, from->object_size, from->flags, SLAB_OFF_SLAB, shape) &&
	       shape->left < shape->num;
}

static bool choose_shape(const struct slab *slab, struct slab_cache *cache,
			 const struct kmem_cache *from, struct shape *shape)
{
	if (fits_in_free_object(slab, cache->size, from, shape))
		cache->management = SLAB_OBJFREELIST;
	else if (belongs_off_slab(slab, cache->size, from, shape))
		cache->management = SLAB_OFF_SLAB;
	else if (find_shape(slab, cache->size, from->object_size, from->flags, SLAB_ON_SLAB, shape))
		cache->management = SLAB_ON_SLAB;
	else
		return false;
	return true;
}

static uint32_t page_flags(uint32_t flags)
{
	uint32_t gfp = GFP_BIT_COMP;

	if (flags & CACHE_CACHE_DMA)
		gfp |= GFP_BIT_DMA;
	if (flags & CACHE_CACHE_DMA32)
		gfp |= GFP_BIT_DMA32;
	if (flags & CACHE_RECLAIM_ACCOUNT)
		gfp |= GFP_BIT_RECLAIMABLE;
	return gfp;
}

static uint32_t array_limit(uint32_t size)
{
	if (size > 131072)
		return 1;
	if (size > PAGE_SIZE_BYTES)
		return 8;
	if (size > 1024)
		return 24;
	return size > 256 ? 54 : 120;
}

int slab_geometry(const struct slab *slab, struct slab_cache *cache, const struct kmem_cache *from)
{
	enum { SHARED_BATCHES = 8 };
	uint32_t size = align_up(from->object_size, from->align);
	struct shape shape;

	if (size < SLAB_OBJECT_MIN)
		size = align_up(SLAB_OBJECT_MIN, from->align);
	*cache = (struct slab_cache){
		.size = size,
		.reciprocal = (uint32_t)(((UINT64_C(1) << 32) + size - 1) / size),
		.colour_off = from->align > CACHE_LINE_BYTES ? from->align : CACHE_LINE_BYTES,
		.allocflags = page_flags(from->flags),
		.limit = array_limit(size),
	};
	if (!choose_shape(slab, cache, from, &shape))
		return -1;
	cache->num = shape.num;
	cache->gfporder = shape.order;
	cache->colour = shape.left / cache->colour_off;
	cache->batchcount = (cache->limit + 1) / 2;
	cache->shared = size <= PAGE_SIZE_BYTES && slab->cpu_count > 1 ? SHARED_BATCHES : 0;
	return 0;
}
