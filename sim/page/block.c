/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Free blocks of a zone: lists by order and migratetype, split and merge. List order decides where
 * the next allocation goes, so heads and tails are those of mm/page_alloc.c.
 */
#include "page/buddy.h"
#include "page/shuffle.h"

static inline uint32_t list_head(const struct frame_level *level, const struct buddy_zone *z,
				 unsigned order, unsigned migratetype)
{
	return level->heads + z->list_base + order * MIGRATE_TYPES + migratetype;
}

static inline void link_between(struct frame_link *links, uint32_t node, uint32_t prev,
				uint32_t next)
{
	links[node] = (struct frame_link){ .next = next, .prev = prev };
	links[prev].next = node;
	links[next].prev = node;
}

static inline void link_remove(struct frame_link *links, uint32_t node)
{
	struct frame_link link = links[node];

	links[link.prev].next = link.next;
	links[link.next].prev = link.prev;
}

static inline void count_added(struct buddy_zone *z, unsigned order, unsigned migratetype)
{
	z->blocks[order][migratetype]++;
	z->nonempty[migratetype] |= 1u << order;
}

static inline void count_removed(struct buddy_zone *z, unsigned order, unsigned migratetype)
{
	if (--z->blocks[order][migratetype] == 0)
		z->nonempty[migratetype] &= ~(1u << order);
}

static inline void block_add(struct buddy *b, struct buddy_zone *z, uint32_t pfn, unsigned order,
			     unsigned migratetype, bool to_tail)
{
	const struct frame_level *level = frames_level(&b->frames, order);
	uint32_t head = list_head(level, z, order, migratetype);
	uint32_t node = pfn >> level->shift;
	uint32_t prev = to_tail ? level->links[head].prev : head;

	link_between(level->links, node, prev, level->links[prev].next);
	level->states[node] = frame_free_state(level, order, migratetype);
	count_added(z, order, migratetype);
}

/* The block is off its list, and described as nothing. */
static inline void block_remove(struct buddy *b, struct buddy_zone *z, uint32_t pfn, unsigned order)
{
	const struct frame_level *level = frames_level(&b->frames, order);
	uint32_t node = pfn >> level->shift;

	link_remove(level->links, node);
	count_removed(z, order, frame_free_migratetype(level->states[node]));
	level->states[node] = FRAME_NONE;
}

void block_unlink(struct buddy *b, struct buddy_zone *z, uint32_t pfn, unsigned order)
{
	block_remove(b, z, pfn, order);
}

void block_move(struct buddy *b, uint32_t zone, uint32_t pfn, unsigned order, unsigned migratetype)
{
	block_remove(b, &b->zones[zone], pfn, order);
	block_add(b, &b->zones[zone], pfn, order, migratetype, true);
}

void block_append(struct buddy *b, uint32_t zone, uint32_t pfn, unsigned order,
		  unsigned migratetype)
{
	block_add(b, &b->zones[zone], pfn, order, migratetype, true);
}

uint32_t block_list_head(const struct buddy *b, uint32_t zone, unsigned order, unsigned migratetype)
{
	return list_head(frames_level(&b->frames, order), &b->zones[zone], order, migratetype);
}

static inline uint32_t list_first(const struct buddy *b, const struct buddy_zone *z, unsigned order,
				  unsigned migratetype)
{
	const struct frame_level *level = frames_level(&b->frames, order);

	return level->links[list_head(level, z, order, migratetype)].next << level->shift;
}

uint32_t block_first(const struct buddy *b, uint32_t zone, unsigned order, unsigned migratetype)
{
	const struct buddy_zone *z = &b->zones[zone];

	return z->blocks[order][migratetype] ? list_first(b, z, order, migratetype) : UINT32_MAX;
}

uint32_t block_last(const struct buddy *b, uint32_t zone, unsigned order, unsigned migratetype)
{
	const struct buddy_zone *z = &b->zones[zone];
	const struct frame_level *level = frames_level(&b->frames, order);

	if (!z->blocks[order][migratetype])
		return UINT32_MAX;
	return level->links[list_head(level, z, order, migratetype)].prev << level->shift;
}

/* The block of a link, UINT32_MAX for the list's head. */
static uint32_t link_block(const struct frame_level *level, uint32_t head, uint32_t link)
{
	return link == head ? UINT32_MAX : link << level->shift;
}

uint32_t block_next(const struct buddy *b, uint32_t zone, uint32_t pfn, unsigned order,
		    unsigned migratetype)
{
	const struct frame_level *level = frames_level(&b->frames, order);
	uint32_t head = list_head(level, &b->zones[zone], order, migratetype);

	return link_block(level, head, level->links[pfn >> level->shift].next);
}

uint32_t block_previous(const struct buddy *b, uint32_t zone, uint32_t pfn, unsigned order,
			unsigned migratetype)
{
	const struct frame_level *level = frames_level(&b->frames, order);
	uint32_t head = list_head(level, &b->zones[zone], order, migratetype);

	return link_block(level, head, level->links[pfn >> level->shift].prev);
}

void block_isolate(struct buddy *b, uint32_t zone, uint32_t pfn, unsigned order)
{
	struct buddy_zone *z = &b->zones[zone];
	uint32_t end = pfn + (1u << order);

	block_remove(b, z, pfn, order);
	if (order + 1u < b->pageblock_order)
		return;
	for (; pfn < end; pfn += pageblock_frames(b)) {
		if (pageblock_type(b, pfn) < MIGRATE_PCPTYPES)
			pageblock_set_type(b, z, pfn, MIGRATE_MOVABLE);
	}
}

static bool mergeable(unsigned migratetype)
{
	return migratetype < MIGRATE_PCPTYPES;
}

/*
 * Whether the free block at buddy_pfn may join one of `migratetype`: whole pageblocks of the types
 * that have no fallback keep to themselves.
 */
static inline bool may_merge(const struct buddy *b, uint32_t buddy_pfn, unsigned order,
			     unsigned migratetype)
{
	unsigned other;

	if (order < b->pageblock_order)
		return true;
	other = pageblock_type(b, buddy_pfn);
	return migratetype == other || (mergeable(migratetype) && mergeable(other));
}

static inline bool free_buddy(const struct buddy *b, const struct buddy_zone *z, uint32_t pfn,
			      unsigned order)
{
	return pfn - z->start < z->end - z->start && frames_is_free_block(&b->frames, pfn, order);
}

/*
 * buddy_merge_likely(): the block's parent's buddy is free, so the parent may soon merge with it;
 * at the tail the block is less likely to be taken meanwhile.
 */
static inline bool merge_likely(const struct buddy *b, const struct buddy_zone *z, uint32_t pfn,
				unsigned order)
{
	uint32_t parent = pfn & ~(1u << order);

	if (order + 2 >= b->orders)
		return false;
	return free_buddy(b, z, parent ^ (2u << order), order + 1);
}

/* Where a freed block goes that may go to either end. */
static inline bool goes_to_tail(const struct buddy *b, const struct buddy_zone *z, uint32_t pfn,
				unsigned order)
{
	if (__builtin_expect(b->shuffle != NULL, 0) && order + 1 == b->orders)
		return shuffle_pick_tail(b->shuffle);
	return merge_likely(b, z, pfn, order);
}

/* compaction_capture(): who compacts for a block of this order has it, before others can. */
static bool capture(struct buddy *b, uint32_t zone, uint32_t pfn, unsigned order,
		    unsigned migratetype)
{
	struct capture *c = &b->capture;

	if (c->zone != zone || c->order != order || c->pfn != UINT32_MAX ||
	    migratetype == MIGRATE_CMA || migratetype == MIGRATE_ISOLATE ||
	    (order < b->pageblock_order && migratetype == MIGRATE_MOVABLE))
		return false;
	c->pfn = pfn;
	buddy_free_count_add(b, zone, c->cpu, -(1 << order));
	return true;
}

void block_free(struct buddy *b, uint32_t zone, uint32_t pfn, unsigned order, unsigned migratetype,
		bool to_tail)
{
	struct buddy_zone *z = &b->zones[zone];

	while (order + 1 < b->orders) {
		if (__builtin_expect(b->capture.active, 0) &&
		    capture(b, zone, pfn, order, migratetype))
			return;
		uint32_t other = pfn ^ (1u << order);
		if (!free_buddy(b, z, other, order) || !may_merge(b, other, order, migratetype))
			break;
		block_remove(b, z, other, order);
		b->tally.merge++;
		pfn &= other;
		order++;
	}
	if (!to_tail)
		to_tail = goes_to_tail(b, z, pfn, order);
	block_add(b, z, pfn, order, migratetype, to_tail);
	b->tally.buddy_put++;
}

/* expand(): the upper halves go back to the list, smaller ones last. */
static inline void block_split(struct buddy *b, struct buddy_zone *z, uint32_t pfn, unsigned order,
			       unsigned from, unsigned migratetype)
{
	b->tally.split += from - order;
	while (from > order) {
		from--;
		block_add(b, z, pfn + (1u << from), from, migratetype, false);
	}
}

/* Blocks are taken from the smallest order up, each list from its head, each block from its start.
 */
uint32_t block_nth(const struct buddy *b, uint32_t zone, unsigned order, unsigned migratetype,
		   uint32_t nth)
{
	const struct buddy_zone *z = &b->zones[zone];

	for (unsigned from = order; from < b->orders; from++) {
		const struct frame_level *level = frames_level(&b->frames, from);
		uint32_t parts = 1u << (from - order);
		uint32_t node = list_head(level, z, from, migratetype);
		if (nth >= (uint64_t)z->blocks[from][migratetype] * parts) {
			nth -= z->blocks[from][migratetype] * parts;
			continue;
		}
		for (node = level->links[node].next; nth >= parts; nth -= parts)
			node = level->links[node].next;
		return (node << level->shift) + (nth << order);
	}
	return UINT32_MAX;
}

uint32_t block_take(struct buddy *b, uint32_t zone, unsigned order, unsigned migratetype)
{
	struct buddy_zone *z = &b->zones[zone];
	uint32_t orders = z->nonempty[migratetype] >> order;
	unsigned from;
	uint32_t pfn;

	if (!orders)
		return UINT32_MAX;
	from = order + (unsigned)__builtin_ctz(orders);
	pfn = list_first(b, z, from, migratetype);
	block_remove(b, z, pfn, from);
	block_split(b, z, pfn, order, from, migratetype);
	b->tally.buddy_take++;
	return pfn;
}

bool block_take_at(struct buddy *b, uint32_t zone, uint32_t pfn, unsigned order)
{
	uint32_t start;
	struct frame_block block = frames_find(&b->frames, pfn, b->orders, &start);
	unsigned migratetype = frame_free_migratetype(block.state);

	if (!frame_is_free(block.state) || block.order < order || pfn & ((1u << order) - 1))
		return false;
	block_unlink(b, &b->zones[zone], start, block.order);
	for (unsigned half = block.order; half-- > order;) {
		uint32_t upper = start + (1u << half);
		bool in_upper = pfn >= upper;
		block_add(b, &b->zones[zone], in_upper ? start : upper, half, migratetype, false);
		start = in_upper ? upper : start;
	}
	return true;
}

void block_lists_init(struct buddy *b)
{
	for (uint32_t zone = 0; zone < b->zone_count; zone++) {
		b->zones[zone].list_base = zone * b->orders * MIGRATE_TYPES;
		for (unsigned order = 0; order < b->orders; order++) {
			const struct frame_level *level = frames_level(&b->frames, order);
			for (unsigned type = 0; type < MIGRATE_TYPES; type++) {
				uint32_t head = list_head(level, &b->zones[zone], order, type);
				level->links[head] = (struct frame_link){ head, head };
			}
		}
	}
}

void block_swap(struct buddy *b, uint32_t pfn, uint32_t other, unsigned order)
{
	const struct frame_level *level = frames_level(&b->frames, order);
	struct frame_link *links = level->links;
	uint32_t node = pfn >> level->shift, with = other >> level->shift;
	uint32_t before = links[with].prev, next;

	link_remove(links, with);
	before = before == node ? with : before;
	next = links[node].next;
	link_between(links, with, links[node].prev, next);
	link_between(links, node, before, links[before].next);
}

void block_rotate(struct buddy *b, uint32_t zone, uint32_t pfn, unsigned order,
		  unsigned migratetype, bool to_head)
{
	const struct frame_level *level = frames_level(&b->frames, order);
	uint32_t head = list_head(level, &b->zones[zone], order, migratetype);
	uint32_t node = pfn >> level->shift;
	uint32_t before = to_head ? level->links[node].prev : node;

	if (before == head)
		return;
	link_remove(level->links, head);
	link_between(level->links, head, before, level->links[before].next);
}
