/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where compaction scans is looked up in the free lists first: they tell pageblocks with room, and
 * pageblocks that are nearly free. What was looked at goes to the other end of its list, so that
 * the next search finds others; that changes later placements. Reference: fast_find_migrateblock()
 * and fast_isolate_freepages() of mm/compaction.c.
 */
#include "page/buddy.h"
#include "page/compact.h"

/* freelist_scan_limit() */
static unsigned scan_limit(const struct compact_control *cc)
{
	unsigned shift = cc->fast_search_fail < 31 ? cc->fast_search_fail : 31;

	return ((unsigned)COMPACT_CLUSTER_MAX >> shift) + 1;
}

static bool is_block_start(const struct buddy *b, uint32_t pfn)
{
	return !(pfn & (pageblock_frames(b) - 1));
}

static uint32_t block_start(const struct buddy *b, const struct buddy_zone *z, uint32_t pfn)
{
	uint32_t start = pfn & ~(pageblock_frames(b) - 1);

	return start < z->start ? z->start : start;
}

/* A search of the movable free lists, of one order after the other. */
struct search {
	uint32_t first, last; /* wanted: frames from `first` to before `last` */
	unsigned limit, scanned;
	uint32_t found; /* UINT32_MAX: nothing */
};

/* One list from its head: the first block in range whose pageblock was not scanned lately. */
static void search_source(struct buddy *b, const struct compact_control *cc, struct search *s,
			  unsigned order)
{
	uint32_t pfn = block_first(b, cc->zone, order, MIGRATE_MOVABLE);

	for (; pfn != UINT32_MAX; pfn = block_next(b, cc->zone, pfn, order, MIGRATE_MOVABLE)) {
		if (s->scanned++ >= s->limit) {
			block_rotate(b, cc->zone, pfn, order, MIGRATE_MOVABLE, false);
			return;
		}
		if (pfn >= s->last || compact_skips(b, pfn))
			continue;
		block_rotate(b, cc->zone, pfn, order, MIGRATE_MOVABLE, false);
		s->found = pfn;
		return;
	}
}

/* update_fast_start_pfn() */
static void note_fast_start(struct compact_control *cc, uint32_t pfn)
{
	if (cc->fast_start == UINT32_MAX)
		return;
	if (!cc->fast_start || pfn < cc->fast_start)
		cc->fast_start = pfn;
}

/* Nothing was found: reinit_migrate_pfn(). */
static uint32_t restart_source(struct compact_control *cc)
{
	cc->fast_search_fail++;
	if (!cc->fast_start || cc->fast_start == UINT32_MAX)
		return cc->migrate_pfn;
	cc->migrate_pfn = cc->fast_start;
	cc->fast_start = UINT32_MAX;
	return cc->migrate_pfn;
}

uint32_t compact_find_source(struct buddy *b, struct compact_control *cc)
{
	const struct buddy_zone *z = &b->zones[cc->zone];
	uint32_t distance = (cc->free_pfn - cc->migrate_pfn) >> 1;
	struct search s = { .limit = scan_limit(cc), .found = UINT32_MAX };

	if (cc->ignore_skip_hint || cc->order <= COSTLY_ORDER ||
	    (cc->migrate_pfn != z->start && !is_block_start(b, cc->migrate_pfn)) ||
	    (cc->direct && cc->migratetype != MIGRATE_MOVABLE))
		return cc->migrate_pfn;
	if (cc->migrate_pfn != z->start)
		distance >>= 2;
	s.last = (cc->migrate_pfn + distance) & ~(pageblock_frames(b) - 1);
	buddy_lock(b, z);
	for (int order = cc->order - 1;
	     order >= COSTLY_ORDER && s.found == UINT32_MAX && s.scanned < s.limit; order--)
		search_source(b, cc, &s, (unsigned)order);
	buddy_unlock(b, &b->zones[cc->zone]);
	cc->migrate_scanned += s.scanned;
	if (s.found == UINT32_MAX)
		return restart_source(cc);
	note_fast_start(cc, s.found);
	cc->fast_search_fail = 0;
	compact_set_skip(b, s.found, true);
	return block_start(b, z, s.found);
}

/* fast_isolate_around(): the rest of the pageblock in which a free block was found. */
static void isolate_around(struct buddy *b, struct compact_control *cc, uint32_t pfn)
{
	const struct buddy_zone *z = &b->zones[cc->zone];
	uint32_t start = block_start(b, z, pfn);
	uint32_t end = (pfn | (pageblock_frames(b) - 1)) + 1;

	if (cc->free_count >= cc->migrate_count || (cc->direct && cc->mode == MIGRATE_ASYNC))
		return;
	pfn = start;
	compact_isolate_free(b, cc, &pfn, end < z->end ? end : z->end, 1);
	if (cc->free_count < cc->migrate_count)
		compact_set_skip(b, start, true);
}

/* next_search_order(): -1 when all orders have been searched. */
static int next_order(struct compact_control *cc, int order)
{
	order--;
	if (order < 0)
		order = cc->order - 1;
	if (order != cc->search_order)
		return order;
	cc->search_order--;
	if (cc->search_order < 0)
		cc->search_order = cc->order - 1;
	return -1;
}

/*
 * The search for room: also what is next best. Once the scanners have passed each other within a
 * round, nothing is high enough: as in the kernel, the bounds are beyond all frames then.
 */
struct target_search {
	uint64_t low, min; /* from `low` on is best, from `min` on will do */
	uint32_t highest;  /* pageblock of the highest block seen, 0: none */
	unsigned limit, scanned;
	uint32_t found;
};

/* One list from its tail; true when its limit was reached. */
static bool search_target(struct buddy *b, struct compact_control *cc, struct target_search *s,
			  unsigned order)
{
	const struct buddy_zone *z = &b->zones[cc->zone];
	uint32_t pfn = block_last(b, cc->zone, order, MIGRATE_MOVABLE);
	uint32_t next_best = 0, stopped = UINT32_MAX;
	unsigned scanned = 0;

	for (; pfn != UINT32_MAX; pfn = block_previous(b, cc->zone, pfn, order, MIGRATE_MOVABLE)) {
		scanned++;
		if (pfn >= s->highest)
			s->highest = block_start(b, z, pfn);
		stopped = pfn;
		if (pfn >= s->low) {
			cc->fast_search_fail = 0;
			cc->search_order = (int)order;
			s->found = pfn;
			break;
		}
		if (pfn >= s->min && pfn > next_best) {
			next_best = pfn;
			s->limit >>= 1;
		}
		if (scanned >= s->limit)
			break;
		stopped = UINT32_MAX;
	}
	s->scanned += scanned;
	if (s->found == UINT32_MAX && next_best)
		s->found = stopped = next_best;
	if (stopped != UINT32_MAX)
		block_rotate(b, cc->zone, stopped, order, MIGRATE_MOVABLE, true);
	return scanned >= s->limit;
}

/* The block found leaves its list, unless the zone is too short for that: then nothing was found.
 */
static bool take_target(struct buddy *b, struct compact_control *cc, struct target_search *s,
			unsigned order)
{
	if (s->found == UINT32_MAX)
		return true;
	if (!compact_take_block(b, cc, s->found, order)) {
		s->found = UINT32_MAX;
		return false;
	}
	s->scanned += (1u << order) - 1;
	return true;
}

static void search_targets(struct buddy *b, struct compact_control *cc, struct target_search *s)
{
	const struct buddy_zone *z = &b->zones[cc->zone];

	if (cc->search_order >= cc->order)
		cc->search_order = cc->order - 1;
	for (int order = cc->search_order; s->found == UINT32_MAX && order >= 0;
	     order = next_order(cc, order)) {
		bool limited;
		if (!buddy_has_order(z, (unsigned)order))
			continue;
		buddy_lock(b, z);
		limited = search_target(b, cc, s, (unsigned)order);
		if (!take_target(b, cc, s, (unsigned)order))
			order = cc->search_order + 1;
		buddy_unlock(b, z);
		if (limited)
			s->limit = s->limit > 3 ? s->limit >> 1 : 1;
	}
}

/* No free block lies high enough: where to scan all the same, UINT32_MAX: not known. */
static uint32_t fall_back(const struct compact_control *cc, const struct target_search *s)
{
	if (s->highest >= s->min)
		return s->highest;
	return cc->direct && s->min < UINT32_MAX ? (uint32_t)s->min : UINT32_MAX;
}

void compact_find_target(struct buddy *b, struct compact_control *cc)
{
	struct compact_zone *cached = &b->zones[cc->zone].compact;
	uint64_t distance = (uint64_t)cc->free_pfn - cc->migrate_pfn;
	uint64_t mask = pageblock_frames(b) - 1;
	bool scan_start = cc->free_pfn >= cached->init_free;
	unsigned limit = scan_limit(cc) >> 1;
	struct target_search s = {
		.low = (cc->free_pfn - (distance >> 2)) & ~mask,
		.min = (cc->free_pfn - (distance >> 1)) & ~mask,
		.limit = scan_start ? pageblock_frames(b) >> 1
			 : limit    ? limit
				    : 1,
		.found = UINT32_MAX,
	};

	if (cc->order <= 0)
		return;
	search_targets(b, cc, &s);
	if (s.found == UINT32_MAX) {
		cc->fast_search_fail++;
		if (scan_start && (s.found = fall_back(cc, &s)) != UINT32_MAX)
			cc->free_pfn = s.found;
	}
	if (s.highest && s.highest >= cached->cached_free)
		cached->cached_free = s.highest - pageblock_frames(b);
	cc->free_scanned += s.scanned;
	if (s.found != UINT32_MAX)
		isolate_around(b, cc, s.found);
}
