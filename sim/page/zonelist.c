/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which zone an allocation comes from. Reference: get_page_from_freelist(), __alloc_pages() and
 * __alloc_pages_bulk() of mm/page_alloc.c.
 */
#include "page/buddy.h"

/* gfp_zone() */
unsigned zonelist_highest_type(uint32_t gfp)
{
	if (gfp & GFP_BIT_DMA)
		return ZONE_DMA;
	if (gfp & GFP_BIT_DMA32)
		return ZONE_DMA32;
	if (gfp & GFP_BIT_HIGHMEM && gfp & GFP_BIT_MOVABLE)
		return ZONE_MOVABLE;
	return ZONE_NORMAL;
}

/* alloc_flags_nofragment(): sparing DMA32 from being mixed is worth it below the Normal zone only.
 */
static unsigned fastpath_flags(const struct buddy *b, uint32_t gfp, unsigned highest_type)
{
	unsigned flags = WMARK_LOW;

	if (gfp & GFP_BIT_KSWAPD_RECLAIM)
		flags |= ALLOC_KSWAPD;
	if (highest_type >= ZONE_NORMAL && b->zones[b->zone_count - 1].type == ZONE_NORMAL)
		flags |= ALLOC_NOFRAGMENT;
	return flags;
}

/* rmqueue_buddy() */
static uint32_t take_from_buddy(struct buddy *b, uint32_t zone, const struct request *request,
				unsigned migratetype, unsigned alloc_flags)
{
	struct buddy_zone *z = &b->zones[zone];
	unsigned order = request->order;
	uint32_t pfn = UINT32_MAX;

	buddy_lock(b, z);
	if (alloc_flags & ALLOC_HIGHATOMIC)
		pfn = block_take(b, zone, order, MIGRATE_HIGHATOMIC);
	if (pfn == UINT32_MAX)
		pfn = fallback_take(b, zone, order, migratetype, alloc_flags);
	if (pfn == UINT32_MAX && alloc_flags & (ALLOC_NON_BLOCK | ALLOC_OOM))
		pfn = block_take(b, zone, order, MIGRATE_HIGHATOMIC);
	if (pfn != UINT32_MAX)
		buddy_free_count_add(b, zone, request->cpu, -(1 << order));
	buddy_unlock(b, z);
	return pfn;
}

/* rmqueue() */
static uint32_t take_from_zone(struct buddy *b, uint32_t zone, const struct request *request,
			       unsigned alloc_flags)
{
	unsigned migratetype = buddy_migratetype(b, request->migratetype);
	uint32_t pfn = UINT32_MAX;

	if (pcp_allows(b, request->order) && !(request->flags & REQUEST_PCP_BUSY))
		pfn = pcp_take(b, zone, request, migratetype, alloc_flags);
	if (pfn == UINT32_MAX)
		pfn = take_from_buddy(b, zone, request, migratetype, alloc_flags);
	if (b->zones[zone].flags & ZONE_BOOSTED_WATERMARK) {
		b->zones[zone].flags &= ~(uint32_t)ZONE_BOOSTED_WATERMARK;
		kswapd_wake(b, b->zones[zone].node, 0, 0, b->zones[zone].type, request->cpu);
	}
	if (pfn != UINT32_MAX && alloc_flags & ALLOC_HIGHATOMIC)
		fallback_reserve_highatomic(b, zone, pfn);
	return pfn;
}

uint32_t zonelist_next(const struct buddy *b, const struct request *request, uint32_t zone)
{
	unsigned highest_type = zonelist_highest_type(request->gfp);

	while (zone-- > 0) {
		if (b->zones[zone].type <= highest_type)
			return zone;
	}
	return UINT32_MAX;
}

uint32_t zonelist_first(const struct buddy *b, const struct request *request)
{
	return zonelist_next(b, request, b->zone_count);
}

/* One pass over the zones that the request may use, highest first. */
static uint32_t take_from_list(struct buddy *b, const struct request *request,
			       unsigned highest_type, unsigned alloc_flags)
{
	for (uint32_t zone = b->zone_count; zone-- > 0;) {
		uint32_t pfn;
		if (b->zones[zone].type > highest_type)
			continue;
		if (!(alloc_flags & ALLOC_NO_WATERMARKS) &&
		    !watermark_fast(b, zone, request->order, highest_type, alloc_flags,
				    request->gfp))
			continue;
		pfn = take_from_zone(b, zone, request, alloc_flags);
		if (pfn != UINT32_MAX)
			return pfn;
	}
	return UINT32_MAX;
}

uint32_t zonelist_try(struct buddy *b, const struct request *request, unsigned alloc_flags)
{
	unsigned highest_type = zonelist_highest_type(request->gfp);
	uint32_t pfn = take_from_list(b, request, highest_type, alloc_flags);

	if (pfn == UINT32_MAX && alloc_flags & ALLOC_NOFRAGMENT)
		pfn = take_from_list(b, request, highest_type,
				     alloc_flags & ~(unsigned)ALLOC_NOFRAGMENT);
	return pfn;
}

/* The zone is known; the watermarks only tell how hard the request was trying. */
static uint32_t take_from_hinted(struct buddy *b, uint32_t zone, const struct request *request,
				 unsigned highest_type)
{
	unsigned flags = fastpath_flags(b, request->gfp, highest_type);

	uint32_t pfn;

	if (!watermark_fast(b, zone, request->order, highest_type, flags, request->gfp))
		flags = slowpath_flags(request->gfp, request->order);
	pfn = take_from_zone(b, zone, request, flags);
	if (pfn == UINT32_MAX && flags & ALLOC_NOFRAGMENT)
		pfn = take_from_zone(b, zone, request, flags & ~(unsigned)ALLOC_NOFRAGMENT);
	return pfn;
}

static bool is_captured(const struct buddy *b, const struct request *request)
{
	return b->captured.pfn != UINT32_MAX && b->captured.order == request->order &&
	       b->captured.cpu == request->cpu;
}

/* The zone that recorded facts name, or UINT32_MAX. */
static uint32_t known_zone(const struct buddy *b, const struct request *request)
{
	if (request->zone_hint >= 0 && (uint32_t)request->zone_hint < b->zone_count)
		return (uint32_t)request->zone_hint;
	return pcp_refilled_zone(b, request, buddy_migratetype(b, request->migratetype));
}

uint32_t zonelist_take(struct buddy *b, const struct request *request)
{
	unsigned highest_type = zonelist_highest_type(request->gfp);
	uint32_t zone, pfn;

	if (request->order >= b->orders)
		return UINT32_MAX;
	if (is_captured(b, request)) {
		pfn = b->captured.pfn;
		b->captured.pfn = UINT32_MAX;
		in_use_end(b, pfn, request->order, FRAME_ALLOCATED);
		return pfn;
	}
	zone = known_zone(b, request);
	if (zone != UINT32_MAX)
		return take_from_hinted(b, zone, request, highest_type);
	pfn = UINT32_MAX;
	if (!(request->flags & REQUEST_WAITED))
		pfn = zonelist_try(b, request, fastpath_flags(b, request->gfp, highest_type));
	return pfn == UINT32_MAX ? slowpath_take(b, request) : pfn;
}

/* The zone that can give `count` frames and stay above its low watermark, or UINT32_MAX. */
static uint32_t bulk_zone(const struct buddy *b, unsigned highest_type, size_t count)
{
	for (uint32_t zone = b->zone_count; zone-- > 0;) {
		const struct buddy_zone *z = &b->zones[zone];
		uint64_t mark = (uint64_t)z->watermark[WMARK_LOW] + z->boost + count;
		if (z->type <= highest_type &&
		    watermark_ok(b, zone, 0, mark, highest_type, WMARK_LOW))
			return zone;
	}
	return UINT32_MAX;
}

/* __alloc_pages_bulk() */
size_t zonelist_take_bulk(struct buddy *b, const struct request *request, size_t count, pfn_t *out)
{
	unsigned migratetype = buddy_migratetype(b, request->migratetype);
	uint32_t zone = request->zone_hint >= 0
				? (uint32_t)request->zone_hint
				: bulk_zone(b, zonelist_highest_type(request->gfp), count);
	size_t got = 0;

	if (count > 1 && zone < b->zone_count && !(request->flags & REQUEST_PCP_BUSY)) {
		for (; got < count; got++) {
			uint32_t pfn = pcp_take(b, zone, request, migratetype, WMARK_LOW);
			if (pfn == UINT32_MAX)
				break;
			out[got].v = pfn;
		}
	}
	if (got == 0) {
		struct request single = *request;
		single.flags &= (uint8_t)~REQUEST_BULK;
		out[0].v = zonelist_take(b, &single);
		got = out[0].v != UINT32_MAX;
	}
	return got;
}
