/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "slab/frame_map.h"

#include "slab/kmalloc.h"

int frame_map_init(struct frame_map *map, const struct services *services, struct error *err)
{
	map->frames = services->frames ? services->frames : FRAMES_DEFAULT;
	map->large_max = kmalloc_bytes_max(services);
	map->owner = arena_array(services->arena, map->frames, sizeof(*map->owner), err);
	return map->owner ? 0 : -1;
}

void frame_map_set(struct frame_map *map, uint32_t pfn, uint32_t order, uint32_t slab)
{
	for (uint32_t i = 0; i < 1u << order; i++)
		map->owner[pfn + i] = slab;
}

void frame_map_clear(struct frame_map *map, uint32_t pfn, uint32_t order)
{
	frame_map_set(map, pfn, order, 0);
}

struct request page_request(const struct request *cause, uint32_t gfp, uint32_t order)
{
	struct request request = *cause;

	request.gfp = gfp & ~(uint32_t)GFP_BIT_HIGHMEM;
	request.order = (uint8_t)order;
	request.migratetype = (uint8_t)gfp_migratetype(gfp);
	/* Bulk and batched say how the objects came, not how these pages go. */
	request.flags &= (uint8_t) ~(REQUEST_BULK | REQUEST_BATCHED);
	request.zone_hint = -1;
	return request;
}

object_t large_alloc(struct frame_map *map, const struct page_source *pages,
		     const struct request *request, uint32_t bytes)
{
	if (bytes == 0)
		return OBJECT_ZERO_SIZE;
	if (bytes > map->large_max)
		return OBJECT_NONE;
	const uint32_t order = order_for_bytes(bytes);
	/* kmalloc_fix_flags() */
	const uint32_t gfp = (request->gfp & ~(uint32_t)GFP_BIT_DMA32) | GFP_BIT_COMP;
	const struct request need = page_request(request, gfp, order);
	const pfn_t pfn = page_source_alloc(pages, &need);

	if (pfn_is_none(pfn))
		return OBJECT_NONE;
	map->owner[pfn.v] = FRAME_LARGE | order;
	return (object_t)pfn.v << PAGE_SHIFT;
}

void large_free(struct frame_map *map, const struct page_source *pages,
		const struct request *request, object_t object)
{
	const pfn_t pfn = { (uint32_t)(object >> PAGE_SHIFT) };
	const uint32_t order = map->owner[pfn.v] & ~FRAME_LARGE;
	const struct request back = page_request(request, request->gfp, order);

	map->owner[pfn.v] = 0;
	page_source_free(pages, &back, pfn);
}
