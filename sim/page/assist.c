/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Recorded facts that replay may follow where the model cannot tell by itself: drains that no free
 * caused, and what compaction does to the free lists (mm/compaction.c).
 */
#include "page/buddy.h"
#include "page/pcp.h"

/* A drain that the model has predicted finds its block gone from the per-cpu lists already. */
static bool follow_drain(struct buddy *b, uint32_t zone, const struct page_assist *a)
{
	if (buddy_told(b, ASSIST_REFILL) && pcp_drain_decided(b, zone, a->cpu))
		return true;
	return frame_is_pcp(*frames_state(&b->frames, a->pfn.v, a->order)) &&
	       pcp_drain_block(b, zone, a->cpu, a->pfn.v, a->order);
}

/* __isolate_free_page(): the block leaves its list; a large one makes its pageblocks movable. */
static bool follow_isolate(struct buddy *b, uint32_t zone, const struct page_assist *a)
{
	if (!frames_is_free_block(&b->frames, a->pfn.v, a->order))
		return false;
	buddy_freepage_add(b, zone, a->cpu, -(1 << a->order), pageblock_type(b, a->pfn.v));
	block_isolate(b, zone, a->pfn.v, a->order);
	in_use_begin(b, a->pfn.v, a->order, FRAME_ALLOCATED);
	frames_describe(&b->frames, a->pfn.v, a->order, false, 0);
	return true;
}

static bool follow_rotate(struct buddy *b, uint32_t zone, const struct page_assist *a)
{
	uint8_t state = *frames_state(&b->frames, a->pfn.v, a->order);

	if (!frames_is_free_block(&b->frames, a->pfn.v, a->order))
		return false;
	block_rotate(b, zone, a->pfn.v, a->order, frame_free_migratetype(state),
		     a->kind == ASSIST_ROTATE_HEAD);
	return true;
}

/* A frame that compaction took in a larger block, and filled, is a page of its own. */
static bool follow_lru(struct buddy *b, const struct page_assist *a)
{
	enum frame_kind wanted = a->value ? FRAME_LRU : FRAME_ALLOCATED;
	uint32_t start;
	struct frame_block block = frames_find(&b->frames, a->pfn.v, b->orders, &start);

	if (block.state != FRAME_NONE && !frame_is_allocated(block.state))
		return false;
	if (frame_kind(block.state) == wanted)
		return false;
	if (start != a->pfn.v) {
		release_claim(b, a->pfn.v, 0);
		block = frames_block(&b->frames, a->pfn.v);
	}
	in_use_end(b, a->pfn.v, block.order, frame_kind(block.state));
	in_use_begin(b, a->pfn.v, block.order, wanted);
	return true;
}

static bool follow_highatomic(struct buddy *b, uint32_t zone, const struct page_assist *a)
{
	if (pageblock_type(b, a->pfn.v) == MIGRATE_HIGHATOMIC)
		return false;
	fallback_reserve_highatomic(b, zone, a->pfn.v);
	return pageblock_type(b, a->pfn.v) == MIGRATE_HIGHATOMIC;
}

static bool follow_unreserve(struct buddy *b, uint32_t zone, const struct page_assist *a)
{
	if (pageblock_type(b, a->pfn.v) != MIGRATE_HIGHATOMIC || a->value >= MIGRATE_PCPTYPES)
		return false;
	fallback_unreserve_pageblock(b, zone, a->pfn.v, a->value);
	return true;
}

/* compaction_capture(): the kernel never puts the block on a list; here it comes off again. */
static bool follow_capture(struct buddy *b, uint32_t zone, const struct page_assist *a)
{
	if (!block_take_at(b, zone, a->pfn.v, a->order))
		return false;
	buddy_freepage_add(b, zone, a->cpu, -(1 << a->order), pageblock_type(b, a->pfn.v));
	in_use_begin(b, a->pfn.v, a->order, FRAME_ALLOCATED);
	frames_describe(&b->frames, a->pfn.v, a->order, false, 0);
	b->captured = (struct captured){ a->pfn.v, a->cpu, a->order };
	return true;
}

static bool follow_told(struct buddy *b, uint32_t kinds)
{
	b->told = kinds;
	return false;
}

static bool in_machine(const struct buddy *b, uint32_t pfn)
{
	return pfn >= b->zones[0].start && pfn < b->zones[buddy_zone_of(b, pfn)].end;
}

bool buddy_assist(void *state, const struct page_assist *assist)
{
	struct buddy *b = state;
	uint32_t zone;

	if (assist->kind == ASSIST_KSWAPD)
		return kswapd_run_told(b, assist->value);
	if (assist->kind == ASSIST_TOLD)
		return follow_told(b, assist->value);
	if (assist->pfn.v < b->zones[0].start || !in_machine(b, assist->pfn.v) ||
	    assist->order >= b->orders || assist->cpu >= b->cpus)
		return false;
	if (pageblock_type(b, assist->pfn.v) == PAGEBLOCK_ABSENT)
		return false;
	zone = buddy_zone_of(b, assist->pfn.v);
	switch (assist->kind) {
	case ASSIST_DRAIN:
		return follow_drain(b, zone, assist);
	case ASSIST_ISOLATE:
		return follow_isolate(b, zone, assist);
	case ASSIST_ROTATE_HEAD:
	case ASSIST_ROTATE_TAIL:
		return follow_rotate(b, zone, assist);
	case ASSIST_LRU:
		return follow_lru(b, assist);
	case ASSIST_LRU_BLOCK:
		in_use_set_lru(b, assist->pfn.v, assist->value);
		return true;
	case ASSIST_REFILL:
		return buddy_told(b, ASSIST_REFILL) && assist->value < MIGRATE_PCPTYPES &&
		       pcp_allows(b, assist->order) &&
		       pcp_refill_told(b, zone, assist->cpu, assist->order, assist->value);
	case ASSIST_REFILL_DUE:
		return !buddy_told(b, ASSIST_REFILL) || assist->value >= MIGRATE_PCPTYPES ||
		       pcp_refill_is_due(b, zone, assist);
	case ASSIST_RESERVE_HIGHATOMIC:
		return follow_highatomic(b, zone, assist);
	case ASSIST_UNRESERVE_HIGHATOMIC:
		return follow_unreserve(b, zone, assist);
	case ASSIST_CAPTURE:
		return follow_capture(b, zone, assist);
	case ASSIST_FRAME:
		return exchange_frame(b, zone, assist);
	default:
		return false;
	}
}
