/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Another frame than the one that an allocation was given, after a miss (assist resync): the
 * recorded one leaves whichever list it is on, and the one that was given goes back to where the
 * next allocation like it takes from. What follows has the recorded frames in use, so that a miss
 * is not the consequence of those before it.
 */
#include "page/buddy.h"
#include "page/pcp.h"

/* False: in use here, or in pieces. */
static bool take(struct buddy *b, uint32_t zone, const struct page_assist *a)
{
	unsigned type = pageblock_type(b, a->pfn.v);
	struct frame_block block = frames_block(&b->frames, a->pfn.v);

	if (frame_is_pcp(block.state) && block.order == a->order)
		return pcp_take_block(b, zone, a->pfn.v, a->order);
	if (!block_take_at(b, zone, a->pfn.v, a->order))
		return false;
	buddy_freepage_add(b, zone, a->cpu, -(1 << a->order), type);
	return true;
}

static void put_back(struct buddy *b, const struct request *request, uint32_t pfn)
{
	unsigned order = request->order, type = pageblock_type(b, pfn);
	uint32_t zone = buddy_zone_of(b, pfn);

	in_use_end(b, pfn, order, frame_kind(*frames_state(&b->frames, pfn, order)));
	if (pcp_allows(b, order) && type != MIGRATE_HIGHATOMIC) {
		pcp_put_back(b, zone, request, pfn);
		return;
	}
	buddy_freepage_add(b, zone, request->cpu, 1 << order, type);
	block_free(b, zone, pfn, order, type, false);
}

bool exchange_frame(struct buddy *b, uint32_t zone, const struct page_assist *a)
{
	if (!take(b, zone, a))
		return false;
	if (a->value != UINT32_MAX)
		put_back(b, a->request, a->value);
	buddy_mark_allocated(b, a->request, a->pfn.v);
	return true;
}
