/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What compaction remembers: pageblocks that were scanned in vain, where the scanners stopped, and
 * how often to leave it be after failures. Reference: the upper part of mm/compaction.c.
 */
#include "page/buddy.h"
#include "page/compact.h"

bool compact_skips(const struct buddy *b, uint32_t pfn)
{
	uint32_t block = pageblock_of(b, pfn);

	return b->pageblock_skip[block / 64] >> (block % 64) & 1;
}

void compact_set_skip(struct buddy *b, uint32_t pfn, bool skip)
{
	uint32_t block = pageblock_of(b, pfn);
	uint64_t bit = (uint64_t)1 << (block % 64);

	if (skip)
		b->pageblock_skip[block / 64] |= bit;
	else
		b->pageblock_skip[block / 64] &= ~bit;
}

void compact_update_migrate(struct buddy *b, const struct compact_control *cc, uint32_t pfn)
{
	struct compact_zone *cached = &b->zones[cc->zone].compact;
	uint32_t end = (pfn | (pageblock_frames(b) - 1)) + 1;

	if (end > cached->cached_migrate[0])
		cached->cached_migrate[0] = end;
	if (cc->mode != MIGRATE_ASYNC && end > cached->cached_migrate[1])
		cached->cached_migrate[1] = end;
}

void compact_reset_positions(struct buddy *b, uint32_t zone)
{
	struct buddy_zone *z = &b->zones[zone];

	z->compact.cached_migrate[0] = z->compact.cached_migrate[1] = z->start;
	z->compact.cached_free = (z->end - 1) & ~(pageblock_frames(b) - 1);
}

/* One page in eight is looked at: a page to move makes a source, a free one a target. */
static bool sample_block(const struct buddy *b, uint32_t pfn, uint32_t last, bool source,
			 bool target)
{
	for (; pfn <= last; pfn += 1u << COSTLY_ORDER) {
		struct frame_block block = frames_block(&b->frames, pfn);
		bool free = frame_is_free(block.state);
		if ((source && !free && frame_kind(block.state) == FRAME_LRU) || (target && free))
			return true;
	}
	return false;
}

/* __reset_isolation_pfn(): true when a scanner may begin in pfn's pageblock. */
static bool reset_block(struct buddy *b, uint32_t zone, uint32_t pfn, bool source, bool target)
{
	const struct buddy_zone *z = &b->zones[zone];
	uint32_t mask = pageblock_frames(b) - 1;
	uint32_t start = (pfn & ~mask) < z->start ? z->start : pfn & ~mask;
	uint32_t last = (pfn | mask) < z->end ? pfn | mask : z->end - 1;
	uint32_t head;
	struct frame_block block = frames_find(&b->frames, pfn, b->orders, &head);

	if (block.order >= b->pageblock_order && frames_is_compound(&b->frames, head, block))
		return false;
	if (source && target && !compact_skips(b, pfn))
		return true;
	if (!source && target && pageblock_type(b, pfn) != MIGRATE_MOVABLE)
		return false;
	if (!sample_block(b, start, last, source, target))
		return false;
	compact_set_skip(b, start, false);
	return true;
}

void compact_reset_zone(struct buddy *b, uint32_t zone)
{
	struct buddy_zone *z = &b->zones[zone];
	struct compact_zone *c = &z->compact;
	uint32_t migrate = z->start, free = z->end - 1, frames = pageblock_frames(b);
	uint32_t reset_migrate = free, reset_free = migrate;
	bool source_set = false, free_set = false;

	if (!c->blockskip_flush)
		return;
	c->blockskip_flush = false;
	for (; migrate < free; migrate += frames, free -= frames) {
		if (reset_block(b, zone, migrate, true, source_set) && migrate < reset_migrate) {
			source_set = true;
			reset_migrate = c->init_migrate = migrate;
			c->cached_migrate[0] = c->cached_migrate[1] = migrate;
		}
		if (reset_block(b, zone, free, free_set, true) && free > reset_free) {
			free_set = true;
			reset_free = c->init_free = c->cached_free = free;
		}
		if (free < frames)
			break;
	}
	if (reset_migrate >= reset_free) {
		c->cached_migrate[0] = c->cached_migrate[1] = migrate;
		c->cached_free = free;
	}
}

void compact_reset_node(struct buddy *b, uint32_t node)
{
	for (uint32_t zone = 0; zone < b->zone_count; zone++) {
		if (b->zones[zone].node == node)
			compact_reset_zone(b, zone);
	}
}

void compact_defer(struct buddy *b, uint32_t zone, int order)
{
	struct compact_zone *c = &b->zones[zone].compact;

	c->considered = 0;
	if (c->defer_shift < COMPACT_MAX_DEFER_SHIFT)
		c->defer_shift++;
	if (order < c->order_failed)
		c->order_failed = order;
}

bool compact_deferred(struct buddy *b, uint32_t zone, int order)
{
	struct compact_zone *c = &b->zones[zone].compact;
	uint32_t limit = 1u << c->defer_shift;

	if (order < c->order_failed)
		return false;
	if (++c->considered < limit)
		return true;
	c->considered = limit;
	return false;
}

void compact_defer_reset(struct buddy *b, uint32_t zone, int order, bool success)
{
	struct compact_zone *c = &b->zones[zone].compact;

	if (success)
		c->considered = c->defer_shift = 0;
	if (order >= c->order_failed)
		c->order_failed = order + 1;
}

bool compact_restarting(const struct buddy *b, uint32_t zone, int order)
{
	const struct compact_zone *c = &b->zones[zone].compact;

	return order >= c->order_failed && c->defer_shift == COMPACT_MAX_DEFER_SHIFT &&
	       c->considered >= 1u << c->defer_shift;
}
