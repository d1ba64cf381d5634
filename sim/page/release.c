/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Frees. Most give back what one allocation took, but a caller may also free an allocation piece by
 * piece (split_page(), huge pages split by reclaim), or memory whose allocation nobody saw. A frame
 * that is not allocated is refused and counted, as the kernel reports a bad page and leaks it.
 */
#include "page/buddy.h"
#include "page/pcp.h"

/* Cuts the block at `start` into halves until one of them is the block of `order` at pfn. */
static void split_allocation(struct buddy *b, uint32_t start, struct frame_block block,
			     uint32_t pfn, unsigned order)
{
	enum frame_kind kind = frame_kind(block.state);
	bool compound = frames_is_compound(&b->frames, start, block);
	uint32_t owner = frames_owner(&b->frames, start, block.order);

	frames_clear(&b->frames, start, block.order);
	for (unsigned half = block.order; half-- > order;) {
		uint32_t upper = start + (1u << half);
		bool in_upper = pfn >= upper;
		frames_set(&b->frames, in_upper ? start : upper, half, kind);
		frames_describe(&b->frames, in_upper ? start : upper, half, compound, owner);
		start = in_upper ? upper : start;
	}
	frames_set(&b->frames, pfn, order, kind);
	frames_describe(&b->frames, pfn, order, compound, owner);
}

/* Whether all of the block is allocated; what was known of its parts is forgotten. */
static bool join_allocations(struct buddy *b, uint32_t pfn, unsigned order)
{
	uint32_t end = pfn + (1u << order);

	for (uint32_t frame = pfn; frame < end;) {
		struct frame_block part = frames_block(&b->frames, frame);
		if (part.state != FRAME_NONE && !frame_is_allocated(part.state))
			return false;
		frame += 1u << part.order;
	}
	for (uint32_t frame = pfn; frame < end;) {
		struct frame_block part = frames_block(&b->frames, frame);
		in_use_end(b, frame, part.order, frame_kind(part.state));
		frame += 1u << part.order;
	}
	in_use_begin(b, pfn, order, FRAME_ALLOCATED);
	frames_describe(&b->frames, pfn, order, false, 0);
	return true;
}

bool release_claim(struct buddy *b, uint32_t pfn, unsigned order)
{
	uint32_t start;
	struct frame_block block = frames_find(&b->frames, pfn, b->orders, &start);

	if (block.state != FRAME_NONE && !frame_is_allocated(block.state))
		return false;
	if (block.order > order) {
		split_allocation(b, start, block, pfn, order);
		return true;
	}
	return join_allocations(b, pfn, order);
}

static bool in_zone(const struct buddy *b, uint32_t pfn, unsigned order)
{
	const struct buddy_zone *z;

	if (pfn < b->zones[0].start || pfn & ((1u << order) - 1))
		return false;
	z = &b->zones[buddy_zone_of(b, pfn)];
	return pfn < z->end && z->end - pfn >= 1u << order;
}

/* free_one_page(), and __free_pages_ok() to the tail */
static void free_to_buddy(struct buddy *b, uint32_t zone, const struct request *request,
			  uint32_t pfn)
{
	unsigned type = pageblock_type(b, pfn);

	/* not counted where the per-cpu lists were busy */
	if (!(request->flags & REQUEST_PCP_BUSY))
		vm_event_count(b->services->work, VM_pgfree, 1u << request->order);
	buddy_lock(b, &b->zones[zone]);
	buddy_freepage_add(b, zone, request->cpu, 1 << request->order, type);
	block_free(b, zone, pfn, request->order, type, request->flags & REQUEST_EXACT);
	buddy_unlock(b, &b->zones[zone]);
}

void release_frames(struct buddy *b, const struct request *request, uint32_t pfn)
{
	unsigned order = request->order;
	uint8_t whole;
	uint8_t *state;
	uint32_t zone;

	if (order >= b->orders || !in_zone(b, pfn, order)) {
		work_count(b->services->work, WORK_bad_page);
		return;
	}
	state = frames_state(&b->frames, pfn, order);
	whole = (uint8_t)(order - frames_level(&b->frames, order)->shift);
	if (*state != (FRAME_ALLOCATED | whole) && *state != (FRAME_LRU | whole) &&
	    !release_claim(b, pfn, order)) {
		work_count(b->services->work, WORK_bad_page);
		return;
	}
	in_use_end(b, pfn, order, frame_kind(*state));
	zone = buddy_zone_of(b, pfn);
	if (pcp_allows(b, order) && !(request->flags & (REQUEST_PCP_BUSY | REQUEST_EXACT)) &&
	    pageblock_type(b, pfn) != MIGRATE_ISOLATE)
		pcp_put(b, zone, request, pfn);
	else
		free_to_buddy(b, zone, request, pfn);
}
