/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An allocation that compacts for itself. Reference: try_to_compact_pages() of mm/compaction.c,
 * __alloc_pages_direct_compact() of mm/page_alloc.c.
 */
#include "page/buddy.h"
#include "page/compact.h"

/* compact_zone_order(): *captured is the block that a free made meanwhile, or UINT32_MAX. */
static enum compact_result compact_for(struct buddy *b, uint32_t zone,
				       const struct request *request, unsigned alloc_flags,
				       enum compact_priority priority, uint32_t *captured)
{
	bool full = priority == COMPACT_PRIO_MIN;
	struct compact_control cc = {
		.zone = zone,
		.order = request->order,
		.search_order = request->order,
		.cpu = request->cpu,
		.gfp = request->gfp,
		.mode = priority == COMPACT_PRIO_ASYNC ? MIGRATE_ASYNC : MIGRATE_SYNC_LIGHT,
		.alloc_flags = alloc_flags,
		.highest_type = zonelist_highest_type(b, request->gfp),
		.direct = true,
		.whole_zone = full,
		.ignore_skip_hint = full,
		.ignore_block_suitable = full,
		.captures = true,
	};
	enum compact_result result;

	b->capture = (struct capture){ .active = true,
				       .zone = zone,
				       .order = request->order,
				       .cpu = request->cpu,
				       .pfn = UINT32_MAX };
	result = compact_zone_run(b, &cc);
	*captured = b->capture.pfn;
	b->capture.active = false;
	return *captured == UINT32_MAX ? result : COMPACT_SUCCESS;
}

/* try_to_compact_pages() */
static enum compact_result try_zones(struct buddy *b, const struct request *request,
				     unsigned alloc_flags, enum compact_priority priority,
				     uint32_t *captured)
{
	enum compact_result best = COMPACT_SKIPPED;
	int order = request->order;

	for (uint32_t zone = zonelist_first(b, request); zone != UINT32_MAX;
	     zone = zonelist_next(b, request, zone)) {
		enum compact_result result = COMPACT_DEFERRED;
		if (priority == COMPACT_PRIO_MIN || !compact_deferred(b, zone, order))
			result = compact_for(b, zone, request, alloc_flags, priority, captured);
		if (result > best)
			best = result;
		if (result == COMPACT_SUCCESS) {
			compact_defer_reset(b, zone, order, false);
			break;
		}
		if (priority != COMPACT_PRIO_ASYNC &&
		    (result == COMPACT_COMPLETE || result == COMPACT_PARTIAL_SKIPPED))
			compact_defer(b, zone, order);
	}
	return best;
}

uint32_t compact_direct(struct buddy *b, const struct request *request, unsigned alloc_flags,
			enum compact_priority priority, enum compact_result *result)
{
	struct work *work = b->services->work;
	uint32_t pfn = UINT32_MAX;

	if (!request->order || !compact_allowed(b, request->gfp))
		return UINT32_MAX;
	/* what it did to the lists has been told, and is done */
	if (buddy_told(b, ASSIST_ISOLATE)) {
		*result = COMPACT_CONTENDED;
		return UINT32_MAX;
	}
	*result = try_zones(b, request, alloc_flags, priority, &pfn);
	if (*result == COMPACT_SKIPPED)
		return UINT32_MAX;
	vm_event_count(work, VM_compact_stall, 1);
	if (pfn == UINT32_MAX)
		pfn = zonelist_try(b, request, alloc_flags);
	if (pfn == UINT32_MAX) {
		vm_event_count(work, VM_compact_fail, 1);
		return UINT32_MAX;
	}
	b->zones[buddy_zone_of(b, pfn)].compact.blockskip_flush = false;
	compact_defer_reset(b, buddy_zone_of(b, pfn), request->order, true);
	vm_event_count(work, VM_compact_success, 1);
	return pfn;
}
