/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Compaction's migration scanner: finds pages that can be moved, and moves them. Reference:
 * isolate_migratepages(), isolate_migratepages_block() of mm/compaction.c, migrate_pages() of
 * mm/migrate.c.
 */
#include "core/migrate_source.h"
#include "page/buddy.h"
#include "page/compact.h"

static bool may_wait(const struct compact_control *cc)
{
	return cc->mode == MIGRATE_SYNC;
}

/* ALIGN(pfn + 1, 1 << order) */
static uint32_t block_end(uint32_t pfn, int order)
{
	return (pfn | ((1u << order) - 1)) + 1;
}

/* A scan of one pageblock, from `pfn` to before `end`. */
struct scan {
	uint32_t pfn, end;
	uint32_t scanned, isolated;
	uint32_t next_skip; /* end of the block of the wanted order, all of which must come free */
	bool skip_on_failure;
	bool has_start;    /* the pageblock's first frame was looked at */
	bool skip_updated; /* and its skip bit set */
	bool aborted;
};

/* What was taken of this block of the wanted order is of no use: another page stays in it. */
static void fail_block(struct buddy *b, struct compact_control *cc, struct scan *s)
{
	if (!s->skip_on_failure)
		return;
	if (s->isolated) {
		compact_put_back(b, cc);
		s->isolated = 0;
	}
	if (s->pfn < s->next_skip) {
		s->pfn = s->next_skip - 1;
		s->next_skip += 1u << cc->order;
	}
}

/* test_and_set_skip() for the first page of a scan that comes off its list. */
static bool already_skipped(struct buddy *b, const struct compact_control *cc, uint32_t pfn)
{
	bool skip;

	if (cc->ignore_skip_hint || pfn & (pageblock_frames(b) - 1))
		return false;
	skip = compact_skips(b, pfn);
	compact_set_skip(b, pfn, true);
	return skip;
}

static bool is_movable(const struct buddy *b, const struct compact_control *cc, uint32_t pfn,
		       struct frame_block block)
{
	const struct migrate_source *source = b->services->migrate;

	/* with nobody to tell where they are, pages stay */
	if (!source || frame_is_free(block.state) || frame_kind(block.state) != FRAME_LRU ||
	    block.order)
		return false;
	return source->movable(source->context, (pfn_t){ pfn }, may_wait(cc));
}

/* True when the scan is over: enough pages, or others have been here. */
static bool isolate_page(struct buddy *b, struct compact_control *cc, struct scan *s)
{
	if (!s->skip_updated) {
		s->skip_updated = true;
		if (already_skipped(b, cc, s->pfn)) {
			s->aborted = true;
			return true;
		}
	}
	b->compact.migrate[cc->migrate_count++] = s->pfn;
	s->isolated++;
	if (cc->migrate_count < COMPACT_CLUSTER_MAX || cc->rescan)
		return false;
	s->pfn++;
	return true;
}

/* True when the scan is over. */
static bool scan_frame(struct buddy *b, struct compact_control *cc, struct scan *s)
{
	struct frame_block block;

	s->scanned++;
	if (!s->has_start && !(s->pfn & (pageblock_frames(b) - 1))) {
		if (!cc->ignore_skip_hint && compact_skips(b, s->pfn)) {
			s->pfn = s->end;
			return true;
		}
		s->has_start = true;
	}
	block = frames_block(&b->frames, s->pfn);
	if (frame_is_free(block.state)) {
		s->pfn += (1u << block.order) - 1;
	} else if (is_movable(b, cc, s->pfn, block)) {
		return isolate_page(b, cc, s);
	} else {
		if (frames_is_compound(&b->frames, s->pfn, block))
			s->pfn += (1u << block.order) - 1;
		fail_block(b, cc, s);
	}
	return false;
}

static void end_scan(struct buddy *b, struct compact_control *cc, struct scan *s, uint32_t start)
{
	if (s->pfn > s->end)
		s->pfn = s->end;
	if (s->pfn == s->end && (!s->isolated || cc->rescan)) {
		if (s->has_start && !s->skip_updated)
			compact_set_skip(b, start & ~(pageblock_frames(b) - 1), true);
		compact_update_migrate(b, cc, s->pfn);
	}
	cc->migrate_scanned += s->scanned;
	cc->isolated += s->isolated;
	vm_event_count(b->services->work, VM_compact_isolated, s->isolated);
	cc->migrate_pfn = s->pfn;
}

/* isolate_migratepages_block() */
static void scan_block(struct buddy *b, struct compact_control *cc, uint32_t pfn, uint32_t end)
{
	struct scan s = {
		.pfn = pfn,
		.end = end,
		.skip_on_failure = cc->direct && cc->mode == MIGRATE_ASYNC,
	};

	if (s.skip_on_failure)
		s.next_skip = block_end(pfn, cc->order);
	for (; s.pfn < end; s.pfn++) {
		if (s.skip_on_failure && s.pfn >= s.next_skip) {
			if (s.isolated)
				break;
			s.next_skip = block_end(s.pfn, cc->order);
		}
		if (scan_frame(b, cc, &s))
			break;
	}
	end_scan(b, cc, &s, pfn);
}

/* suitable_migration_source() */
static bool suitable_source(const struct buddy *b, const struct compact_control *cc, uint32_t pfn)
{
	unsigned type = pageblock_type(b, pfn);
	uint32_t head;
	struct frame_block block = frames_find(&b->frames, pfn, b->orders, &head);

	if (block.order >= b->pageblock_order && frames_is_compound(&b->frames, head, block))
		return false;
	if (cc->mode != MIGRATE_ASYNC || !cc->direct)
		return true;
	if (cc->migratetype == MIGRATE_MOVABLE)
		return type == MIGRATE_MOVABLE || type == MIGRATE_CMA;
	return type == cc->migratetype;
}

bool compact_isolate_pages(struct buddy *b, struct compact_control *cc)
{
	const struct buddy_zone *z = &b->zones[cc->zone];
	uint32_t low = compact_find_source(b, cc);
	bool found = low != cc->migrate_pfn && !cc->fast_search_fail;
	uint32_t mask = pageblock_frames(b) - 1;

	for (uint32_t end = (low | mask) + 1; end <= cc->free_pfn; end += mask + 1) {
		uint32_t start = (low & ~mask) < z->start ? z->start : low & ~mask;
		bool skip =
			!(low & mask) && !found && !cc->ignore_skip_hint && compact_skips(b, start);
		if (!skip && suitable_source(b, cc, start)) {
			scan_block(b, cc, low, end);
			break;
		}
		if (!skip)
			compact_update_migrate(b, cc, end);
		found = false;
		cc->migrate_pfn = low = end;
	}
	return cc->migrate_count > 0;
}

/* The page's frame is free again, and another one has what was in it. */
static void move_page(struct buddy *b, struct compact_control *cc, uint32_t from, uint32_t to)
{
	const struct migrate_source *source = b->services->migrate;
	struct request request = { .cpu = cc->cpu, .zone_hint = -1, .node = -1 };

	uint32_t owner = frames_owner(&b->frames, from, 0);

	in_use_begin(b, to, 0, FRAME_LRU);
	frames_describe(&b->frames, to, 0, false, owner);
	source->moved(source->context, owner, (pfn_t){ from }, (pfn_t){ to });
	release_frames(b, &request, from);
	cc->migrated++;
}

bool compact_move_pages(struct buddy *b, struct compact_control *cc)
{
	struct work *work = b->services->work;
	uint32_t left = cc->migrate_count;

	/* the free scanner goes by what was there to move, not by what is left of it */
	while (left) {
		uint32_t to = compact_take_free(b, cc);
		if (to == UINT32_MAX)
			break;
		move_page(b, cc, b->compact.migrate[--left], to);
	}
	work_count_n(work, WORK_compact_page, cc->migrate_count - left);
	vm_event_count(work, VM_pgmigrate_success, cc->migrate_count - left);
	/* migrate_pages_batch(): with no room for one (-ENOMEM) the others are not tried */
	vm_event_count(work, VM_pgmigrate_fail, left > 0);
	cc->migrate_count = 0;
	return left == 0;
}

void compact_put_back(struct buddy *b, struct compact_control *cc)
{
	(void)b;
	cc->migrate_count = 0;
}
