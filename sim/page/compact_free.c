/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Compaction's free scanner: finds frames for the pages that are to be moved. Reference:
 * isolate_freepages(), isolate_freepages_block() of mm/compaction.c and __isolate_free_page() of
 * mm/page_alloc.c.
 */
#include "core/assert.h"
#include "page/buddy.h"
#include "page/compact.h"
#include "page/watermark.h"

bool compact_take_block(struct buddy *b, struct compact_control *cc, uint32_t pfn, unsigned order)
{
	struct buddy_zone *z = &b->zones[cc->zone];
	uint32_t frames = 1u << order;
	struct frame_run *run = &b->compact.free[cc->free_run_count];

	if (!watermark_ok(b, cc->zone, 0, z->watermark[WMARK_MIN] + (uint64_t)frames, 0, ALLOC_CMA))
		return false;
	buddy_freepage_add(b, cc->zone, cc->cpu, -(int32_t)frames, pageblock_type(b, pfn));
	block_isolate(b, cc->zone, pfn, order);
	SIM_ASSERT(cc->free_run_count < b->compact.free_room);
	*run = (struct frame_run){ pfn, frames };
	cc->free_run_count++;
	cc->free_count += frames;
	cc->isolated += frames;
	vm_event_count(b->services->work, VM_compact_isolated, frames);
	return true;
}

uint32_t compact_isolate_free(struct buddy *b, struct compact_control *cc, uint32_t *pfn,
			      uint32_t end, uint32_t stride)
{
	uint32_t before = cc->free_count;
	uint64_t scanned = 0;
	uint32_t at = *pfn;

	buddy_lock(b, &b->zones[cc->zone]);
	for (; at < end; at += stride) {
		struct frame_block block = frames_block(&b->frames, at);
		uint32_t frames = 1u << block.order;
		scanned++;
		if (frames_is_compound(&b->frames, at, block))
			at += frames - 1;
		if (!frame_is_free(block.state))
			continue;
		if (!compact_take_block(b, cc, at, block.order))
			break;
		scanned += frames - 1;
		at += frames;
		if (cc->migrate_count <= cc->free_count)
			break;
		at -= 1;
	}
	buddy_unlock(b, &b->zones[cc->zone]);
	*pfn = at > end ? end : at;
	cc->free_scanned += scanned;
	return cc->free_count - before;
}

/* suitable_migration_target() */
static bool suitable_target(const struct buddy *b, const struct compact_control *cc, uint32_t pfn)
{
	struct frame_block block = frames_block(&b->frames, pfn);
	unsigned type = pageblock_type(b, pfn);

	if (frame_is_free(block.state) && block.order >= b->pageblock_order)
		return false;
	return cc->ignore_block_suitable || type == MIGRATE_MOVABLE || type == MIGRATE_CMA;
}

/* update_pageblock_skip() */
static void note_scanned(struct buddy *b, const struct compact_control *cc, uint32_t pfn)
{
	struct compact_zone *cached = &b->zones[cc->zone].compact;

	compact_set_skip(b, pfn, true);
	if (pfn < cached->cached_free)
		cached->cached_free = pfn;
}

/* The blocks below cc->free_pfn one after the other. */
static void scan_down(struct buddy *b, struct compact_control *cc)
{
	const struct buddy_zone *z = &b->zones[cc->zone];
	uint32_t frames = pageblock_frames(b);
	uint32_t low = (cc->migrate_pfn | (frames - 1)) + 1;
	uint32_t at = cc->free_pfn;
	uint32_t start = at & ~(frames - 1);
	uint32_t end = z->end - start < frames ? z->end : start + frames;
	uint32_t stride = cc->mode == MIGRATE_ASYNC ? COMPACT_CLUSTER_MAX : 1;

	for (; start >= low; end = start, start -= frames, at = start) {
		uint32_t isolated;
		if (!suitable_target(b, cc, start) ||
		    (!cc->ignore_skip_hint && compact_skips(b, start)))
			continue;
		isolated = compact_isolate_free(b, cc, &at, end, stride);
		if (at == end)
			note_scanned(b, cc, start);
		if (cc->free_count >= cc->migrate_count) {
			if (at >= end)
				at = start - frames;
			break;
		}
		if (at < end)
			break;
		if (isolated)
			stride = 1;
		else
			stride = stride << 1 < COMPACT_CLUSTER_MAX ? stride << 1
								   : COMPACT_CLUSTER_MAX;
	}
	cc->free_pfn = at;
}

uint32_t compact_take_free(struct buddy *b, struct compact_control *cc)
{
	struct frame_run *last;
	uint32_t pfn;

	if (!cc->free_count) {
		compact_find_target(b, cc);
		if (!cc->free_count)
			scan_down(b, cc);
		if (!cc->free_count)
			return UINT32_MAX;
	}
	last = &b->compact.free[cc->free_run_count - 1];
	pfn = last->pfn + --last->count;
	cc->free_run_count -= last->count == 0;
	cc->free_count--;
	return pfn;
}

void compact_release_free(struct buddy *b, struct compact_control *cc)
{
	struct request request = { .cpu = cc->cpu, .zone_hint = -1, .node = -1 };

	while (cc->free_count) {
		uint32_t pfn = compact_take_free(b, cc);
		release_frames(b, &request, pfn);
	}
}
