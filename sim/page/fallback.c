/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What an allocation does when its own migratetype has no block: it takes another type's, and often
 * the whole pageblock with it. Reference: __rmqueue_fallback(), steal_suitable_fallback() and the
 * high-atomic reserve of mm/page_alloc.c.
 */
#include "core/page_observer.h"
#include "page/buddy.h"

/* Each type's second and third choice; the other types have none. */
static const uint8_t fallbacks[MIGRATE_PCPTYPES][2] = {
	[MIGRATE_UNMOVABLE] = { MIGRATE_RECLAIMABLE, MIGRATE_MOVABLE },
	[MIGRATE_MOVABLE] = { MIGRATE_RECLAIMABLE, MIGRATE_UNMOVABLE },
	[MIGRATE_RECLAIMABLE] = { MIGRATE_UNMOVABLE, MIGRATE_MOVABLE },
};

static bool may_steal_pageblock(const struct buddy *b, unsigned order, unsigned migratetype)
{
	return order >= b->pageblock_order / 2 || migratetype == MIGRATE_RECLAIMABLE ||
	       migratetype == MIGRATE_UNMOVABLE || !b->group_by_mobility;
}

static unsigned fallback_type(const struct buddy_zone *z, unsigned order, unsigned migratetype)
{
	unsigned first = fallbacks[migratetype][0];

	return z->nonempty[first] & 1u << order ? first : fallbacks[migratetype][1];
}

bool fallback_can_steal(const struct buddy *b, uint32_t zone, unsigned order, unsigned migratetype)
{
	const struct buddy_zone *z = &b->zones[zone];
	const uint8_t *types = fallbacks[migratetype];

	return (z->nonempty[types[0]] | z->nonempty[types[1]]) & 1u << order &&
	       may_steal_pageblock(b, order, migratetype);
}

struct pageblock_contents {
	uint32_t free, movable; /* frames; movable ones are on an LRU list */
};

/* move_freepages_block(), with the frames looked at instead of two out parameters. */
static struct pageblock_contents move_pageblock(struct buddy *b, uint32_t zone, uint32_t pfn,
						unsigned migratetype)
{
	const struct buddy_zone *z = &b->zones[zone];
	struct pageblock_contents contents = { 0, b->pageblock_lru[pageblock_of(b, pfn)] };
	uint32_t from = pfn & ~(pageblock_frames(b) - 1);
	uint32_t end = from + pageblock_frames(b);

	if (end > z->end)
		return (struct pageblock_contents){ 0, 0 };
	if (from < z->start)
		from = pfn;
	for (uint32_t frame = from; frame < end;) {
		struct frame_block block = frames_block(&b->frames, frame);
		if (frame_is_free(block.state)) {
			block_move(b, zone, frame, block.order, migratetype);
			contents.free += 1u << block.order;
		}
		frame += 1u << block.order;
	}
	work_count_n(b->services->work, WORK_steal_page, contents.free);
	return contents;
}

/* boost_watermark(): fragmentation raises the watermarks until kswapd has run. */
static bool boost_watermark(const struct buddy *b, struct buddy_zone *z)
{
	uint64_t factor = b->params.watermark_boost_factor;
	uint64_t high = z->watermark[WMARK_HIGH];
	uint64_t max = high / 10000 * factor + high % 10000 * factor / 10000;
	uint64_t boost = (uint64_t)z->boost + pageblock_frames(b);

	if (!factor || (uint64_t)pageblock_frames(b) * 4 > z->managed || !max)
		return false;
	if (max < pageblock_frames(b))
		max = pageblock_frames(b);
	z->boost = (uint32_t)(boost < max ? boost : max);
	return true;
}

static void claim_pageblocks(struct buddy *b, struct buddy_zone *z, uint32_t pfn, unsigned order,
			     unsigned migratetype)
{
	for (uint32_t i = 0; i < 1u << (order - b->pageblock_order); i++)
		pageblock_set_type(b, z, pfn + (i << b->pageblock_order), migratetype);
}

/* Frames in a pageblock whose use suits `migratetype`, as far as that can be told. */
static uint32_t alike_frames(const struct buddy *b, struct pageblock_contents contents,
			     unsigned old_type, unsigned migratetype)
{
	if (migratetype == MIGRATE_MOVABLE)
		return contents.movable;
	if (old_type == MIGRATE_MOVABLE)
		return pageblock_frames(b) - (contents.free + contents.movable);
	return 0;
}

/* The whole pageblock's free blocks change lists, and the pageblock its type when most suits. */
static bool steal_pageblock(struct buddy *b, uint32_t zone, uint32_t pfn, unsigned migratetype)
{
	unsigned old_type = pageblock_type(b, pfn);
	struct pageblock_contents contents = move_pageblock(b, zone, pfn, migratetype);

	if (!contents.free)
		return false;
	if (contents.free + alike_frames(b, contents, old_type, migratetype) >=
		    pageblock_frames(b) / 2 ||
	    !b->group_by_mobility)
		pageblock_set_type(b, &b->zones[zone], pfn, migratetype);
	return true;
}

static void steal(struct buddy *b, uint32_t zone, uint32_t pfn, unsigned order,
		  unsigned migratetype, unsigned alloc_flags, bool whole_block)
{
	struct buddy_zone *z = &b->zones[zone];
	bool done = false;

	if (pageblock_type(b, pfn) == MIGRATE_HIGHATOMIC) {
		block_move(b, zone, pfn, order, migratetype);
		return;
	}
	if (order >= b->pageblock_order) {
		claim_pageblocks(b, z, pfn, order, migratetype);
	} else {
		if (boost_watermark(b, z) && alloc_flags & ALLOC_KSWAPD)
			z->flags |= ZONE_BOOSTED_WATERMARK;
		done = whole_block && steal_pageblock(b, zone, pfn, migratetype);
	}
	if (!done)
		block_move(b, zone, pfn, order, migratetype);
}

/*
 * The order to take from: the largest, so that pageblocks are mixed seldom, but the smallest for
 * movable pages that may not take the pageblock along. UINT32_MAX when the other types have none.
 */
static uint32_t fallback_order(const struct buddy *b, const struct buddy_zone *z, unsigned order,
			       unsigned migratetype, unsigned alloc_flags)
{
	uint32_t orders =
		z->nonempty[fallbacks[migratetype][0]] | z->nonempty[fallbacks[migratetype][1]];
	unsigned min_order = order;
	unsigned largest;

	if (order < b->pageblock_order && alloc_flags & ALLOC_NOFRAGMENT)
		min_order = b->pageblock_order;
	if (!(orders >> min_order))
		return UINT32_MAX;
	largest = 31 - (unsigned)__builtin_clz(orders);
	if (migratetype != MIGRATE_MOVABLE || largest == order ||
	    may_steal_pageblock(b, largest, migratetype))
		return largest;
	return order + (unsigned)__builtin_ctz(orders >> order);
}

static void tell_observer(const struct buddy *b, struct extfrag_event event)
{
	const struct page_observer *observer = b->services->observer;

	if (!observer)
		return;
	event.fragmenting = event.fallback_order < b->pageblock_order;
	event.change_ownership = pageblock_type(b, event.pfn.v) == event.alloc_migratetype;
	observer->extfrag(observer->context, &event);
}

static bool fallback_steal(struct buddy *b, uint32_t zone, unsigned order, unsigned migratetype,
			   unsigned alloc_flags)
{
	struct buddy_zone *z = &b->zones[zone];
	uint32_t from = fallback_order(b, z, order, migratetype, alloc_flags), pfn;
	unsigned type;

	if (from == UINT32_MAX)
		return false;
	work_count(b->services->work, WORK_fallback);
	type = fallback_type(z, from, migratetype);
	pfn = block_first(b, zone, from, type);
	steal(b, zone, pfn, from, migratetype, alloc_flags,
	      may_steal_pageblock(b, from, migratetype));
	tell_observer(b, (struct extfrag_event){
				 .pfn = { pfn },
				 .alloc_order = (uint8_t)order,
				 .fallback_order = (uint8_t)from,
				 .alloc_migratetype = (uint8_t)migratetype,
				 .fallback_migratetype = (uint8_t)type,
			 });
	return true;
}

/* Movable pages take turns with contiguous areas: these first where they are most of what is free.
 */
static uint32_t take_from_cma_first(struct buddy *b, uint32_t zone, unsigned order)
{
	const struct buddy_zone *z = &b->zones[zone];

	return z->nr_free_cma > z->nr_free / 2 ? block_take(b, zone, order, MIGRATE_CMA)
					       : UINT32_MAX;
}

uint32_t fallback_take(struct buddy *b, uint32_t zone, unsigned order, unsigned migratetype,
		       unsigned alloc_flags)
{
	bool cma = alloc_flags & ALLOC_CMA && b->has_cma;
	uint32_t pfn = cma ? take_from_cma_first(b, zone, order) : UINT32_MAX;

	while (pfn == UINT32_MAX) {
		pfn = block_take(b, zone, order, migratetype);
		if (pfn == UINT32_MAX && cma)
			pfn = block_take(b, zone, order, MIGRATE_CMA);
		if (pfn == UINT32_MAX && !fallback_steal(b, zone, order, migratetype, alloc_flags))
			break;
	}
	return pfn;
}

void fallback_reserve_highatomic(struct buddy *b, uint32_t zone, uint32_t pfn)
{
	struct buddy_zone *z = &b->zones[zone];
	uint32_t max = z->managed / 100 + pageblock_frames(b);

	if (z->nr_highatomic >= max)
		return;
	buddy_lock(b, z);
	if (pageblock_type(b, pfn) < MIGRATE_PCPTYPES) {
		z->nr_highatomic += pageblock_frames(b);
		pageblock_set_type(b, z, pfn, MIGRATE_HIGHATOMIC);
		move_pageblock(b, zone, pfn, MIGRATE_HIGHATOMIC);
	}
	buddy_unlock(b, z);
}

bool fallback_unreserve_pageblock(struct buddy *b, uint32_t zone, uint32_t pfn,
				  unsigned migratetype)
{
	struct buddy_zone *z = &b->zones[zone];

	if (pageblock_type(b, pfn) == MIGRATE_HIGHATOMIC)
		z->nr_highatomic -= z->nr_highatomic < pageblock_frames(b) ? z->nr_highatomic
									   : pageblock_frames(b);
	pageblock_set_type(b, z, pfn, migratetype);
	return move_pageblock(b, zone, pfn, migratetype).free != 0;
}

static bool unreserve_zone(struct buddy *b, uint32_t zone, unsigned migratetype)
{
	bool moved = false;

	buddy_lock(b, &b->zones[zone]);
	for (unsigned order = 0; order < b->orders && !moved; order++) {
		uint32_t pfn = block_first(b, zone, order, MIGRATE_HIGHATOMIC);
		if (pfn != UINT32_MAX)
			moved = fallback_unreserve_pageblock(b, zone, pfn, migratetype);
	}
	buddy_unlock(b, &b->zones[zone]);
	return moved;
}

bool fallback_unreserve_highatomic(struct buddy *b, const struct request *request,
				   unsigned migratetype, bool force)
{
	for (uint32_t zone = zonelist_first(b, request); zone != UINT32_MAX;
	     zone = zonelist_next(b, request, zone)) {
		if (!force && b->zones[zone].nr_highatomic <= pageblock_frames(b))
			continue;
		if (unreserve_zone(b, zone, migratetype))
			return true;
	}
	return false;
}
