/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One compaction of a zone from beginning to end, and whether it is worth while. Reference:
 * compaction_suitable(), __compact_finished() and compact_zone() of mm/compaction.c.
 */
#include "page/compact.h"

#include "core/page_observer.h"
#include "page/buddy.h"
#include "page/pcp.h"
#include "page/watermark.h"

static const char *const result_names[] = {
	[COMPACT_SKIPPED] = "skipped",
	[COMPACT_DEFERRED] = "deferred",
	[COMPACT_NO_SUITABLE_PAGE] = "no_suitable_page",
	[COMPACT_CONTINUE] = "continue",
	[COMPACT_COMPLETE] = "complete",
	[COMPACT_PARTIAL_SKIPPED] = "partial_skipped",
	[COMPACT_CONTENDED] = "contended",
	[COMPACT_SUCCESS] = "success",
};

int compact_create(struct buddy *b, struct error *err)
{
	uint32_t room = (1u << b->pageblock_order) + COMPACT_CLUSTER_MAX;
	struct arena *arena = b->services->arena;
	struct compact_scratch *scratch = &b->compact;

	/* One search of the lists may add a run to those of a whole pageblock. */
	scratch->migrate_room = room;
	scratch->free_room = room;
	scratch->migrate = arena_array(arena, room, sizeof(*scratch->migrate), err);
	scratch->free = arena_array(arena, room, sizeof(*scratch->free), err);
	return scratch->migrate && scratch->free ? 0 : -1;
}

/* The kernel's figures for an order, from the zone's counts of blocks. */
static void count_blocks(const struct buddy *b, uint32_t zone, struct zone_counts *counts)
{
	const struct buddy_zone *z = &b->zones[zone];

	*counts = (struct zone_counts){ 0 };
	for (unsigned order = 0; order < b->orders; order++) {
		for (unsigned type = 0; type < MIGRATE_TYPES; type++)
			counts->free_blocks[order][type] = z->blocks[order][type];
	}
	counts->free_pages = buddy_free_frames(z);
}

unsigned compact_extfrag(const struct buddy *b, uint32_t zone, unsigned order)
{
	const struct buddy_zone *z = &b->zones[zone];
	uint64_t free = buddy_free_frames(z);
	uint64_t suitable = 0;

	if (!free)
		return 0;
	for (unsigned o = order; o < b->orders; o++) {
		for (unsigned type = 0; type < MIGRATE_TYPES; type++)
			suitable += (uint64_t)z->blocks[o][type] << o;
	}
	return (unsigned)((free - suitable) * 100 / free);
}

/* compact_gap() */
static uint64_t gap(int order)
{
	return (uint64_t)2 << order;
}

enum compact_result compact_suitable_with(const struct buddy *b, uint32_t zone, int order,
					  unsigned alloc_flags, unsigned highest_type,
					  int64_t free_pages)
{
	const struct buddy_zone *z = &b->zones[zone];
	unsigned level = alloc_flags & ALLOC_WMARK_MASK;
	uint64_t mark;

	if (order == COMPACT_ORDER_ALL)
		return COMPACT_CONTINUE;
	mark = (uint64_t)z->watermark[level] + z->boost;
	if (watermark_ok(b, zone, (unsigned)order, mark, highest_type, alloc_flags))
		return COMPACT_SUCCESS;
	mark = z->watermark[order > COSTLY_ORDER ? WMARK_LOW : WMARK_MIN] + z->boost + gap(order);
	if (!watermark_ok_with(b, zone, 0, mark, highest_type, 0, free_pages))
		return COMPACT_SKIPPED;
	return COMPACT_CONTINUE;
}

enum compact_result compact_suitable(const struct buddy *b, uint32_t zone, int order,
				     unsigned alloc_flags, unsigned highest_type)
{
	enum compact_result result = compact_suitable_with(b, zone, order, alloc_flags,
							   highest_type, b->zones[zone].nr_free);
	struct zone_counts counts;
	int32_t index;

	if (result != COMPACT_CONTINUE || order <= COSTLY_ORDER)
		return result;
	/* towards 0: there is too little memory; towards 1000: it is in pieces */
	count_blocks(b, zone, &counts);
	index = fragmentation_index(&counts, b->orders, (uint32_t)order);
	return index >= 0 && (uint64_t)index <= b->params.extfrag_threshold ? COMPACT_SKIPPED
									    : COMPACT_CONTINUE;
}

static bool scanners_met(const struct buddy *b, const struct compact_control *cc)
{
	return pageblock_of(b, cc->free_pfn) <= pageblock_of(b, cc->migrate_pfn);
}

static enum compact_result finished_by_meeting(struct buddy *b, const struct compact_control *cc)
{
	compact_reset_positions(b, cc->zone);
	if (cc->direct)
		b->zones[cc->zone].compact.blockskip_flush = true;
	return cc->whole_zone ? COMPACT_COMPLETE : COMPACT_PARTIAL_SKIPPED;
}

/* Whether the zone is compact enough for nobody in particular (fragmentation_score_zone()). */
static enum compact_result finished_by_score(const struct buddy *b,
					     const struct compact_control *cc)
{
	unsigned proactiveness = (unsigned)b->params.compaction_proactiveness;
	unsigned low = proactiveness < 95 ? 100 - proactiveness : 5;

	if (b->nodes[b->zones[cc->zone].node].state == KSWAPD_RUNNABLE)
		return COMPACT_PARTIAL_SKIPPED;
	return compact_extfrag(b, cc->zone, HUGE_PAGE_ORDER) > low ? COMPACT_CONTINUE
								   : COMPACT_SUCCESS;
}

/* __compact_finished(): COMPACT_CONTINUE as long as there is reason to go on. */
static enum compact_result finished(struct buddy *b, const struct compact_control *cc)
{
	const struct buddy_zone *z = &b->zones[cc->zone];

	if (scanners_met(b, cc))
		return finished_by_meeting(b, cc);
	if (cc->proactive)
		return finished_by_score(b, cc);
	if (cc->order == COMPACT_ORDER_ALL || cc->migrate_pfn & (pageblock_frames(b) - 1))
		return COMPACT_CONTINUE;
	for (unsigned order = (unsigned)cc->order; order < b->orders; order++) {
		if (z->nonempty[cc->migratetype] & 1u << order ||
		    fallback_can_steal(b, cc->zone, order, cc->migratetype))
			return COMPACT_SUCCESS;
	}
	return COMPACT_CONTINUE;
}

/* Where the scanners begin: the whole zone, or where the last compaction stopped. */
static void begin_scan(struct buddy *b, struct compact_control *cc)
{
	struct buddy_zone *z = &b->zones[cc->zone];
	struct compact_zone *cached = &z->compact;
	uint32_t last_block = (z->end - 1) & ~(pageblock_frames(b) - 1);
	bool sync = cc->mode != MIGRATE_ASYNC;

	cc->fast_start = 0;
	if (cc->whole_zone) {
		cc->migrate_pfn = z->start;
		cc->free_pfn = last_block;
		return;
	}
	cc->migrate_pfn = cached->cached_migrate[sync];
	cc->free_pfn = cached->cached_free;
	if (cc->free_pfn < z->start || cc->free_pfn >= z->end)
		cc->free_pfn = cached->cached_free = last_block;
	if (cc->migrate_pfn < z->start || cc->migrate_pfn >= z->end) {
		cc->migrate_pfn = z->start;
		cached->cached_migrate[0] = cached->cached_migrate[1] = z->start;
	}
	if (cc->migrate_pfn <= cached->init_migrate)
		cc->whole_zone = true;
}

/* What the loop of compact_zone() carries from one round to the next. */
struct progress {
	uint32_t last_migrated; /* 0: nothing that waits to be flushed */
	bool update_cached;
	bool out_of_room;
};

/* One round of moving the pages that were isolated. */
static void move_isolated(struct buddy *b, struct compact_control *cc, struct progress *p)
{
	if (compact_move_pages(b, cc))
		return;
	compact_put_back(b, cc);
	if (!scanners_met(b, cc)) {
		p->out_of_room = true;
		return;
	}
	if (cc->direct && cc->mode == MIGRATE_ASYNC) {
		cc->migrate_pfn = ((cc->migrate_pfn - 1) | ((1u << cc->order) - 1)) + 1;
		p->last_migrated = 0;
	}
}

/* lru_add_drain_cpu_zone() once the scanner has left the block that was moved. */
static void flush_moved(struct buddy *b, const struct compact_control *cc, struct progress *p)
{
	if (cc->order <= 0 || !p->last_migrated ||
	    p->last_migrated >= (cc->migrate_pfn & ~((1u << cc->order) - 1)))
		return;
	pcp_drain(b, cc->zone, cc->cpu, cc->cpu);
	p->last_migrated = 0;
}

static void scan_once(struct buddy *b, struct compact_control *cc, struct progress *p)
{
	struct compact_zone *cached = &b->zones[cc->zone].compact;
	uint32_t from = cc->migrate_pfn;

	cc->rescan = pageblock_of(b, p->last_migrated) == pageblock_of(b, from);
	if (compact_isolate_pages(b, cc)) {
		p->update_cached = false;
		p->last_migrated = from;
		move_isolated(b, cc, p);
		if (p->out_of_room)
			return;
	} else if (p->update_cached) {
		cached->cached_migrate[1] = cached->cached_migrate[0];
	}
	flush_moved(b, cc, p);
}

/* Frames that were taken and not needed: the free scanner begins there next time. */
static void give_back_room(struct buddy *b, struct compact_control *cc)
{
	struct compact_zone *cached = &b->zones[cc->zone].compact;
	uint32_t highest = 0;

	if (!cc->free_count)
		return;
	for (uint32_t i = 0; i < cc->free_run_count; i++) {
		const struct frame_run *run = &b->compact.free[i];
		if (run->pfn + run->count - 1 > highest)
			highest = run->pfn + run->count - 1;
	}
	compact_release_free(b, cc);
	highest &= ~(pageblock_frames(b) - 1);
	if (highest > cached->cached_free)
		cached->cached_free = highest;
}

static void account(struct buddy *b, const struct compact_control *cc, enum compact_result result)
{
	const struct page_observer *observer = b->services->observer;
	struct work *work = b->services->work;

	vm_event_count(work, VM_compact_migrate_scanned, cc->migrate_scanned);
	vm_event_count(work, VM_compact_free_scanned, cc->free_scanned);
	work_count_n(work, WORK_scan_page, cc->migrate_scanned + cc->free_scanned);
	if (!observer)
		return;
	observer->compaction(observer->context, &(struct compaction_event){
							.zone = b->zones[cc->zone].name,
							.result = result_names[result],
							.order = cc->order,
							.direct = cc->direct,
							.sync = cc->mode != MIGRATE_ASYNC,
							.migrate_scanned = cc->migrate_scanned,
							.free_scanned = cc->free_scanned,
							.isolated = cc->isolated,
							.migrated = cc->migrated,
							.migrate_pfn = { cc->migrate_pfn },
							.free_pfn = { cc->free_pfn },
						});
}

enum compact_result compact_zone_run(struct buddy *b, struct compact_control *cc)
{
	const struct compact_zone *cached = &b->zones[cc->zone].compact;
	struct progress p = { 0 };
	enum compact_result result;

	cc->migrate_scanned = cc->free_scanned = cc->isolated = cc->migrated = 0;
	cc->migrate_count = cc->free_count = cc->free_run_count = 0;
	cc->migratetype = buddy_migratetype(b, gfp_migratetype(cc->gfp));
	result = compact_suitable(b, cc->zone, cc->order, cc->alloc_flags, cc->highest_type);
	if (result != COMPACT_CONTINUE)
		return result;
	if (cc->order >= 0 && compact_restarting(b, cc->zone, cc->order))
		compact_reset_zone(b, cc->zone);
	begin_scan(b, cc);
	p.update_cached =
		cc->mode == MIGRATE_ASYNC && cached->cached_migrate[0] == cached->cached_migrate[1];
	while ((result = finished(b, cc)) == COMPACT_CONTINUE) {
		scan_once(b, cc, &p);
		if (p.out_of_room) {
			result = COMPACT_CONTENDED;
			break;
		}
		if (cc->captures && b->capture.pfn != UINT32_MAX) {
			result = COMPACT_SUCCESS;
			break;
		}
	}
	give_back_room(b, cc);
	account(b, cc, result);
	return result;
}
