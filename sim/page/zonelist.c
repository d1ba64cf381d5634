/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which zone an allocation comes from. Reference: get_page_from_freelist(), __alloc_pages() and
 * __alloc_pages_bulk() of mm/page_alloc.c.
 */
#include "page/buddy.h"
#include "page/pcp.h"
#include "page/watermark.h"

unsigned zonelist_highest_type(const struct buddy *b, uint32_t gfp)
{
	if (gfp & GFP_BIT_DMA)
		return b->arch->dma;
	if (gfp & GFP_BIT_DMA32)
		return b->arch->dma32;
	if (!(gfp & GFP_BIT_HIGHMEM))
		return b->arch->normal;
	return gfp & GFP_BIT_MOVABLE ? b->arch->movable : b->arch->highmem;
}

/* What a request may choose from: the list of its node, or with __GFP_THISNODE the node's own part.
 */
struct choice {
	const struct zonelist *list;
	uint32_t end;
	unsigned highest_type;
};

static struct choice choice_of(const struct buddy *b, const struct request *request)
{
	const struct zonelist *list = &b->zonelists[buddy_node_of(b, request)];

	return (struct choice){
		.list = list,
		.end = request->gfp & GFP_BIT_THISNODE ? list->local : list->count,
		.highest_type = zonelist_highest_type(b, request->gfp),
	};
}

/* The place of the first allowed zone; the list's end or beyond when there is none. */
static uint32_t first_allowed(const struct choice *c)
{
	return c->list->first[c->highest_type];
}

/* The place of the next allowed zone, from `at` on; the list's end when there is none. */
static uint32_t next_allowed(const struct buddy *b, const struct choice *c, uint32_t at)
{
	while (at < c->end && b->zones[c->list->zone[at]].type > c->highest_type)
		at++;
	return at;
}

static uint32_t zone_at(const struct choice *c, uint32_t at)
{
	return at < c->end ? c->list->zone[at] : UINT32_MAX;
}

uint32_t zonelist_first(const struct buddy *b, const struct request *request)
{
	struct choice c = choice_of(b, request);

	return zone_at(&c, first_allowed(&c));
}

uint32_t zonelist_next(const struct buddy *b, const struct request *request, uint32_t zone)
{
	struct choice c = choice_of(b, request);
	uint32_t at = 0;

	while (c.list->zone[at] != zone)
		at++;
	return zone_at(&c, next_allowed(b, &c, at + 1));
}

static bool has_dma32(const struct buddy *b, uint32_t node)
{
	for (uint32_t zone = 0; zone < b->zone_count; zone++) {
		if (b->zones[zone].node == node && b->zones[zone].type == b->arch->dma32)
			return true;
	}
	return false;
}

/* alloc_flags_nofragment(): rather than mix pageblocks of Normal, requests go to DMA32. */
static bool spares_pageblocks(const struct buddy *b, const struct choice *c)
{
	uint32_t preferred =
		b->arch->spreads_over_dma32 ? zone_at(c, first_allowed(c)) : UINT32_MAX;

	return preferred != UINT32_MAX && b->zones[preferred].type == b->arch->normal &&
	       (b->topology.nodes == 1 || has_dma32(b, b->zones[preferred].node));
}

unsigned zonelist_cma_flag(const struct buddy *b, const struct request *request)
{
	bool movable = buddy_migratetype(b, request->migratetype) == MIGRATE_MOVABLE;

	return b->has_cma && movable ? ALLOC_CMA : 0;
}

static unsigned fastpath_flags(const struct buddy *b, const struct request *request,
			       const struct choice *c)
{
	unsigned flags = WMARK_LOW | zonelist_cma_flag(b, request);

	if (request->gfp & GFP_BIT_KSWAPD_RECLAIM)
		flags |= ALLOC_KSWAPD;
	if (spares_pageblocks(b, c))
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
		buddy_freepage_add(b, zone, request->cpu, -(1 << order),
				   buddy_taken_type(b, pfn, migratetype));
	buddy_unlock(b, z);
	return pfn;
}

/* zone_statistics() */
static void count_nodes(struct buddy *b, uint32_t zone, const struct request *request)
{
	struct buddy_zone *z = &b->zones[zone];
	uint32_t preferred = zonelist_first(b, request);

	if (b->zones[preferred].node == z->node) {
		z->numa[NUMA_HIT]++;
	} else {
		z->numa[NUMA_MISS]++;
		b->zones[preferred].numa[NUMA_FOREIGN]++;
	}
	z->numa[b->node_of_cpu[request->cpu] == z->node ? NUMA_LOCAL : NUMA_OTHER]++;
}

/* Pages have been had from the zone. */
static inline void count_allocated(struct buddy *b, uint32_t zone, const struct request *request)
{
	vm_event_count(b->services->work, b->arch->pgalloc[b->zones[zone].type],
		       1u << request->order);
	if (__builtin_expect(b->topology.nodes > 1, 0))
		count_nodes(b, zone, request);
}

/* rmqueue() */
static uint32_t take_from_zone(struct buddy *b, uint32_t zone, const struct request *request,
			       unsigned alloc_flags)
{
	unsigned migratetype = buddy_migratetype(b, request->migratetype);
	uint32_t pfn = UINT32_MAX;

	/* the movable list may hold pages of contiguous areas */
	if (pcp_allows(b, request->order) && !(request->flags & REQUEST_PCP_BUSY) &&
	    (!b->has_cma || alloc_flags & ALLOC_CMA || migratetype != MIGRATE_MOVABLE))
		pfn = pcp_take(b, zone, request, migratetype, alloc_flags);
	if (pfn == UINT32_MAX)
		pfn = take_from_buddy(b, zone, request, migratetype, alloc_flags);
	if (pfn != UINT32_MAX)
		count_allocated(b, zone, request);
	if (b->zones[zone].flags & ZONE_BOOSTED_WATERMARK) {
		b->zones[zone].flags &= ~(uint32_t)ZONE_BOOSTED_WATERMARK;
		kswapd_wake(b, b->zones[zone].node, 0, 0, b->zones[zone].type, request->cpu);
	}
	if (pfn != UINT32_MAX && alloc_flags & ALLOC_HIGHATOMIC)
		fallback_reserve_highatomic(b, zone, pfn);
	return pfn;
}

/*
 * One pass over the zones that the request may use. To be near is worth more than to spare
 * pageblocks: with ALLOC_NOFRAGMENT it ends at the first zone of another node.
 */
static uint32_t take_from_list(struct buddy *b, const struct request *request,
			       const struct choice *c, unsigned alloc_flags)
{
	uint32_t at = first_allowed(c), first = zone_at(c, at);

	for (; at < c->end; at = next_allowed(b, c, at + 1)) {
		uint32_t zone = c->list->zone[at], pfn;
		if (alloc_flags & ALLOC_NOFRAGMENT && b->zones[zone].node != b->zones[first].node)
			break;
		if (!(alloc_flags & ALLOC_NO_WATERMARKS) &&
		    !watermark_fast(b, zone, request->order, c->highest_type, alloc_flags,
				    request->gfp))
			continue;
		pfn = take_from_zone(b, zone, request, alloc_flags);
		if (pfn != UINT32_MAX)
			return pfn;
	}
	return UINT32_MAX;
}

static inline uint32_t try_choice(struct buddy *b, const struct request *request,
				  const struct choice *c, unsigned alloc_flags)
{
	uint32_t pfn = take_from_list(b, request, c, alloc_flags);

	if (pfn == UINT32_MAX && alloc_flags & ALLOC_NOFRAGMENT)
		pfn = take_from_list(b, request, c, alloc_flags & ~(unsigned)ALLOC_NOFRAGMENT);
	return pfn;
}

uint32_t zonelist_try(struct buddy *b, const struct request *request, unsigned alloc_flags)
{
	struct choice c = choice_of(b, request);

	return try_choice(b, request, &c, alloc_flags);
}

/* The zone is known; the watermarks only tell how hard the request was trying. */
static uint32_t take_from_hinted(struct buddy *b, uint32_t zone, const struct request *request)
{
	struct choice c = choice_of(b, request);
	unsigned flags = fastpath_flags(b, request, &c);
	uint32_t pfn;

	if (!watermark_fast(b, zone, request->order, c.highest_type, flags, request->gfp))
		flags = slowpath_flags(request->gfp, request->order) |
			zonelist_cma_flag(b, request);
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
		return take_from_hinted(b, zone, request);
	pfn = UINT32_MAX;
	if (!(request->flags & REQUEST_WAITED)) {
		struct choice c = choice_of(b, request);
		pfn = try_choice(b, request, &c, fastpath_flags(b, request, &c));
	}
	return pfn == UINT32_MAX ? slowpath_take(b, request) : pfn;
}

/*
 * The zone of the nearest node that can give `count` frames and stay above its low watermark, or
 * UINT32_MAX. What lower zones keep for others is reckoned by the type of the first zone.
 */
static uint32_t bulk_zone(const struct buddy *b, const struct request *request, size_t count,
			  unsigned alloc_flags)
{
	struct choice c = choice_of(b, request);
	uint32_t at = first_allowed(&c), first = zone_at(&c, at);

	for (; at < c.end; at = next_allowed(b, &c, at + 1)) {
		uint32_t zone = c.list->zone[at];
		const struct buddy_zone *z = &b->zones[zone];
		uint64_t mark = (uint64_t)z->watermark[WMARK_LOW] + z->boost + count;
		if (z->node != b->zones[first].node)
			break;
		if (watermark_ok(b, zone, 0, mark, b->zones[first].type, alloc_flags))
			return zone;
	}
	return UINT32_MAX;
}

/* __alloc_pages_bulk() */
size_t zonelist_take_bulk(struct buddy *b, const struct request *request, size_t count, pfn_t *out)
{
	unsigned migratetype = buddy_migratetype(b, request->migratetype);
	unsigned flags = WMARK_LOW | zonelist_cma_flag(b, request);
	uint32_t zone = request->zone_hint >= 0 ? (uint32_t)request->zone_hint
						: bulk_zone(b, request, count, flags);
	size_t got = 0;

	if (count > 1 && zone < b->zone_count && !(request->flags & REQUEST_PCP_BUSY)) {
		for (; got < count; got++) {
			uint32_t pfn = pcp_take(b, zone, request, migratetype, flags);
			if (pfn == UINT32_MAX)
				break;
			count_allocated(b, zone, request);
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
