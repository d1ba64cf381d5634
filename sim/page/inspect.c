/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Looking at the state without changing it: counts, extents, invariants. */
#include <string.h>

#include "page/buddy.h"
#include "page/pcp.h"

static uint64_t zone_pcp_frames(const struct buddy *b, uint32_t zone)
{
	uint64_t frames = 0;

	for (uint32_t cpu = 0; cpu < b->cpus; cpu++)
		frames += (uint64_t)buddy_pcp(b, zone, cpu)->count;
	return frames;
}

void buddy_counts(const void *state, struct page_counts *counts)
{
	const struct buddy *b = state;

	counts->orders = b->orders;
	counts->pageblock_order = b->pageblock_order;
	counts->zone_count = b->zone_count;
	for (uint32_t zone = 0; zone < b->zone_count; zone++) {
		const struct buddy_zone *z = &b->zones[zone];
		struct zone_counts *out = &counts->zones[zone];
		memcpy(out->name, z->name, sizeof(out->name));
		out->node = z->node;
		out->start_pfn = z->start;
		out->spanned = z->end - z->start;
		out->type = z->type;
		out->managed = z->managed;
		out->free_pages = buddy_free_frames(z);
		out->pcp_pages = zone_pcp_frames(b, zone);
		for (unsigned order = 0; order < PAGE_ORDERS_MAX; order++) {
			for (unsigned type = 0; type < MIGRATE_TYPES; type++)
				out->free_blocks[order][type] = z->blocks[order][type];
		}
		for (unsigned type = 0; type < MIGRATE_TYPES; type++)
			out->pageblocks[type] = z->pageblocks[type];
		for (unsigned type = 0; type < MIGRATE_TYPES; type++)
			out->pageblocks_mixed[type] = z->pageblocks_mixed[type];
		out->watermark_min = z->watermark[WMARK_MIN];
		out->watermark_low = z->watermark[WMARK_LOW];
		out->watermark_high = z->watermark[WMARK_HIGH];
	}
}

static void walk_zone(const struct buddy *b, const struct buddy_zone *z,
		      void (*visit)(void *, const struct page_extent *), void *context)
{
	for (uint32_t pfn = z->start; pfn < z->end;) {
		struct frame_block block = frames_block(&b->frames, pfn);
		bool free = frame_is_free(block.state);
		unsigned type = free ? frame_free_migratetype(block.state) : pageblock_type(b, pfn);
		struct page_extent extent = {
			.pfn = { pfn },
			.order = block.order,
			.migratetype = (uint8_t)type,
			.free = free,
			.pcp = frame_is_pcp(block.state),
			.movable = !free && frame_kind(block.state) == FRAME_LRU,
		};
		if (free || frame_kind(block.state) != FRAME_RESERVED)
			visit(context, &extent);
		pfn += 1u << block.order;
	}
}

void buddy_walk(const void *state, void (*visit)(void *, const struct page_extent *), void *context)
{
	const struct buddy *b = state;

	for (uint32_t zone = 0; zone < b->zone_count; zone++)
		walk_zone(b, &b->zones[zone], visit, context);
}

/* What a scan of all frames of a zone found. */
struct census {
	uint64_t free, pcp, allocated;
	uint32_t pageblock, pinned; /* of the pageblock that the scan is in */
	uint32_t blocks[PAGE_ORDERS_MAX][MIGRATE_TYPES];
};

static int broken(struct error *err, const struct buddy_zone *z, const char *what, uint64_t at)
{
	return error_set(err, ERROR_RUN, "zone %s: %s (%llu)", z->name, what,
			 (unsigned long long)at);
}

static bool buddy_is_free(const struct buddy *b, const struct buddy_zone *z, uint32_t pfn,
			  unsigned order)
{
	uint32_t other = pfn ^ (1u << order);

	return other >= z->start && other < z->end &&
	       frames_is_free_block(&b->frames, other, order);
}

static int check_block(const struct buddy *b, const struct buddy_zone *z, uint32_t pfn,
		       struct frame_block block, struct error *err)
{
	if (pfn & ((1u << block.order) - 1))
		return broken(err, z, "block not aligned to its order", pfn);
	if (z->end - pfn < 1u << block.order)
		return broken(err, z, "block reaches beyond the zone", pfn);
	if (!frames_interior_empty(&b->frames, pfn, block.order))
		return broken(err, z, "block has another one inside", pfn);
	if (frame_is_free(block.state) && block.order < b->pageblock_order &&
	    block.order + 1u < b->orders && buddy_is_free(b, z, pfn, block.order))
		return broken(err, z, "two free buddies are not merged", pfn);
	return 0;
}

/* The scan has come to `block`: what was counted of the one before must be what it says. */
static int check_pinned(const struct buddy *b, const struct buddy_zone *z, struct census *census,
			uint32_t block, struct error *err)
{
	if (block == census->pageblock)
		return 0;
	if (census->pinned != b->pageblock_pinned[census->pageblock] &&
	    !pageblock_is_shared(b, z, census->pageblock))
		return broken(err, z, "pages in use miscounted in pageblock", census->pageblock);
	census->pageblock = block;
	census->pinned = 0;
	return 0;
}

static int count_pinned(const struct buddy *b, const struct buddy_zone *z, struct census *census,
			uint32_t pfn, uint32_t frames, struct error *err)
{
	for (uint32_t end = pfn + frames; pfn < end;) {
		uint32_t block = pageblock_of(b, pfn);
		uint32_t next = (block + 1) << b->pageblock_order;
		if (check_pinned(b, z, census, block, err))
			return -1;
		census->pinned += (next < end ? next : end) - pfn;
		pfn = next;
	}
	return 0;
}

static int scan_zone(const struct buddy *b, const struct buddy_zone *z, struct census *census,
		     struct error *err)
{
	census->pageblock = pageblock_of(b, z->start);
	for (uint32_t pfn = z->start; pfn < z->end;) {
		struct frame_block block = frames_block(&b->frames, pfn);
		uint32_t frames = 1u << block.order;
		if (check_pinned(b, z, census, pageblock_of(b, pfn), err) ||
		    (!frame_is_free(block.state) && frame_kind(block.state) == FRAME_ALLOCATED &&
		     count_pinned(b, z, census, pfn, frames, err)))
			return -1;
		if (block.state != FRAME_NONE && check_block(b, z, pfn, block, err))
			return -1;
		if (frame_is_free(block.state)) {
			census->free += frames;
			census->blocks[block.order][frame_free_migratetype(block.state)]++;
		} else if (frame_is_pcp(block.state)) {
			census->pcp += frames;
		} else if (frame_kind(block.state) != FRAME_RESERVED) {
			census->allocated += frames;
		}
		pfn += frames;
	}
	return check_pinned(b, z, census, UINT32_MAX, err);
}

static int check_list(const struct buddy *b, uint32_t zone, unsigned order, unsigned type,
		      struct error *err)
{
	const struct buddy_zone *z = &b->zones[zone];
	const struct frame_level *level = frames_level(&b->frames, order);
	uint32_t head = block_list_head(b, zone, order, type);
	uint32_t expected = z->blocks[order][type];
	uint32_t prev = head;

	for (uint32_t node = level->links[head].next; node != head;
	     node = level->links[node].next) {
		if (expected-- == 0)
			return broken(err, z, "free list longer than its count", order);
		if (level->links[node].prev != prev)
			return broken(err, z, "free list not linked both ways", node);
		if (level->states[node] != frame_free_state(level, order, type))
			return broken(err, z, "free list holds what is not its own", node);
		prev = node;
	}
	if (expected)
		return broken(err, z, "free list shorter than its count", order);
	if (!!(z->nonempty[type] & 1u << order) != (z->blocks[order][type] != 0))
		return broken(err, z, "non-empty mark of a free list is wrong", order);
	return 0;
}

static int check_lists(const struct buddy *b, uint32_t zone, const struct census *census,
		       struct error *err)
{
	const struct buddy_zone *z = &b->zones[zone];

	for (unsigned order = 0; order < b->orders; order++) {
		for (unsigned type = 0; type < MIGRATE_TYPES; type++) {
			if (check_list(b, zone, order, type, err))
				return -1;
			if (census->blocks[order][type] != z->blocks[order][type])
				return broken(err, z, "free blocks miscounted in order", order);
		}
	}
	return 0;
}

static int check_pcp(const struct buddy *b, uint32_t zone, uint32_t cpu, struct error *err)
{
	const struct buddy_zone *z = &b->zones[zone];
	const struct pcp *pcp = buddy_pcp(b, zone, cpu);
	int32_t count = 0;

	for (unsigned index = 0; index < PCP_LISTS; index++) {
		unsigned order = pcp_list_order(b, index);
		for (uint32_t i = 0; i < pcp->lists[index].length; i++) {
			uint32_t pfn = pcp_at(b, zone, cpu, index, i);
			struct frame_block block = frames_block(&b->frames, pfn);
			if (!frame_is_pcp(block.state) || block.order != order)
				return broken(err, z, "per-cpu list holds another's block", pfn);
		}
		count += (int32_t)(pcp->lists[index].length << order);
	}
	if (count != pcp->count)
		return broken(err, z, "per-cpu pages miscounted on CPU", cpu);
	return 0;
}

static int check_counts(const struct buddy *b, uint32_t zone, const struct census *census,
			struct error *err)
{
	const struct buddy_zone *z = &b->zones[zone];
	int64_t counted = z->nr_free;
	uint64_t pcp = 0;

	for (uint32_t cpu = 0; cpu < b->cpus; cpu++) {
		counted += buddy_pcp(b, zone, cpu)->free_diff;
		pcp += (uint64_t)buddy_pcp(b, zone, cpu)->count;
	}
	if (census->free != buddy_free_frames(z) || counted != (int64_t)census->free)
		return broken(err, z, "free pages miscounted", census->free);
	if (census->pcp != pcp)
		return broken(err, z, "pages marked per-cpu that are on no list", census->pcp);
	if (census->free + census->pcp + census->allocated != z->managed)
		return broken(err, z, "managed pages are not all accounted for", z->managed);
	return 0;
}

static int check_pageblocks(const struct buddy *b, const struct buddy_zone *z, struct error *err)
{
	uint32_t counted[MIGRATE_TYPES] = { 0 };
	uint32_t mixed[MIGRATE_TYPES] = { 0 };

	for (uint32_t block = pageblock_of(b, z->start); block <= pageblock_of(b, z->end - 1);
	     block++) {
		if (b->pageblock_type[block] == PAGEBLOCK_ABSENT)
			continue;
		if (b->pageblock_type[block] >= MIGRATE_TYPES)
			return broken(err, z, "pageblock of no known type", block);
		counted[b->pageblock_type[block]]++;
		mixed[b->pageblock_type[block]] += pageblock_strangers(b, block)[block] != 0;
	}
	if (memcmp(mixed, z->pageblocks_mixed, sizeof(mixed)) != 0)
		return broken(err, z, "mixed pageblocks miscounted", mixed[0]);
	if (memcmp(counted, z->pageblocks, sizeof(counted)) != 0)
		return broken(err, z, "pageblock types miscounted", counted[0]);
	return 0;
}

bool buddy_check(const void *state, struct error *err)
{
	const struct buddy *b = state;

	for (uint32_t zone = 0; zone < b->zone_count; zone++) {
		struct census census = { 0 };
		if (scan_zone(b, &b->zones[zone], &census, err) ||
		    check_lists(b, zone, &census, err) || check_counts(b, zone, &census, err) ||
		    check_pageblocks(b, &b->zones[zone], err))
			return false;
		for (uint32_t cpu = 0; cpu < b->cpus; cpu++) {
			if (check_pcp(b, zone, cpu, err))
				return false;
		}
	}
	return true;
}
