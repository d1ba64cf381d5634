/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reclaim by who needs the memory, and what its passes have in common with kswapd's. Reference:
 * try_to_free_pages(), shrink_zones(), shrink_node() of mm/vmscan.c. What is on the lists belongs
 * to the reclaim source.
 */
#include "core/reclaim_source.h"

#include "core/page_observer.h"
#include "page/buddy.h"
#include "page/watermark.h"

uint64_t reclaim_zone_pages(const struct buddy *b, uint32_t zone)
{
	const struct reclaim_source *source = b->services->reclaim;
	const struct buddy_zone *z = &b->zones[zone];
	uint64_t pages = source ? source->reclaimable(source->context, z->node, z->type) : 0;

	/* so that a zone with free pages and nothing to reclaim is not passed over */
	return pages ? pages : (uint64_t)buddy_free_now(b, zone);
}

/* in_reclaim_compaction() */
static bool for_compaction(const struct buddy *b, const struct reclaim_pass *pass)
{
	unsigned order = pass->request.order;

	return compact_allowed(b, pass->request.gfp) && order &&
	       (order > COSTLY_ORDER || pass->priority < RECLAIM_PRIORITY_FIRST - 2);
}

/* should_continue_reclaim(): until compaction can make the block. */
static bool should_continue(const struct buddy *b, const struct reclaim_pass *pass,
			    uint64_t reclaimed)
{
	const struct reclaim_source *source = b->services->reclaim;

	if (!reclaimed || !for_compaction(b, pass))
		return false;
	for (uint32_t zone = 0; zone < b->zone_count; zone++) {
		const struct buddy_zone *z = &b->zones[zone];
		if (z->node == pass->node && z->type <= pass->highest_type && z->managed &&
		    compact_suitable(b, zone, pass->request.order, 0, pass->highest_type) !=
			    COMPACT_SKIPPED)
			return false;
	}
	return source->inactive(source->context, pass->node) > (uint64_t)2 << pass->request.order;
}

struct reclaim_progress reclaim_node(struct buddy *b, const struct reclaim_pass *pass)
{
	const struct reclaim_source *source = b->services->reclaim;
	struct work *work = b->services->work;
	struct reclaim_progress sum = { 0 }, once;

	do {
		work_count(work, WORK_reclaim_pass);
		if (!source)
			return sum;
		once = source->shrink_node(source->context, pass);
		work_count_n(work, WORK_scan_page, once.scanned);
		work_count_n(work, WORK_reclaim_page, once.reclaimed);
		sum.scanned += once.scanned;
		sum.reclaimed += once.reclaimed;
		sum.slab += once.slab;
	} while (should_continue(b, pass, once.reclaimed + once.slab));
	vm_event_count(work, pass->kswapd ? VM_pgscan_kswapd : VM_pgscan_direct, sum.scanned);
	vm_event_count(work, pass->kswapd ? VM_pgsteal_kswapd : VM_pgsteal_direct, sum.reclaimed);
	sum.reclaimed += sum.slab; /* pgsteal_ counts lists alone; to who asked all are the same */
	if (sum.reclaimed)
		b->nodes[pass->node].failures = 0;
	return sum;
}

/* compaction_ready(): the zone has what compaction needs, and there is no use in reclaiming more.
 */
static bool compaction_ready(const struct buddy *b, uint32_t zone, const struct request *request)
{
	const struct buddy_zone *z = &b->zones[zone];
	unsigned type = zonelist_highest_type(b, request->gfp);
	uint64_t mark =
		(uint64_t)z->watermark[WMARK_HIGH] + z->boost + ((uint64_t)2 << request->order);

	if (!compact_allowed(b, request->gfp) || request->order <= COSTLY_ORDER)
		return false;
	switch (compact_suitable(b, zone, request->order, 0, type)) {
	case COMPACT_SUCCESS:
		return true;
	case COMPACT_SKIPPED:
		return false;
	default:
		return watermark_ok_safe(b, zone, 0, mark, type);
	}
}

/* shrink_zones(): each node once, unless all its zones are ready for compaction. */
static struct reclaim_progress shrink_zones(struct buddy *b, struct reclaim_pass *pass, bool *ready)
{
	struct reclaim_progress sum = { 0 };
	uint32_t last_node = UINT32_MAX;

	for (uint32_t zone = zonelist_first(b, &pass->request); zone != UINT32_MAX;
	     zone = zonelist_next(b, &pass->request, zone)) {
		struct reclaim_progress once;
		if (compaction_ready(b, zone, &pass->request)) {
			*ready = true;
			continue;
		}
		if (b->zones[zone].node == last_node)
			continue;
		last_node = pass->node = b->zones[zone].node;
		once = reclaim_node(b, pass);
		sum.scanned += once.scanned;
		sum.reclaimed += once.reclaimed;
	}
	return sum;
}

static void count_stall(const struct buddy *b, unsigned highest_type)
{
	vm_event_count(b->services->work, b->arch->allocstall[highest_type], 1);
}

static uint64_t tell_observer(const struct buddy *b, uint64_t reclaimed)
{
	if (b->services->observer)
		b->services->observer->direct_reclaimed(b->services->observer->context, reclaimed);
	return reclaimed;
}

uint64_t reclaim_direct(struct buddy *b, const struct request *request)
{
	struct reclaim_pass pass = {
		.request = *request,
		.highest_type = zonelist_highest_type(b, request->gfp),
		.may_write = true,
		.may_swap = true,
		.wanted = SWAP_CLUSTER_MAX,
	};
	uint64_t reclaimed = 0;
	bool ready = false;

	count_stall(b, pass.highest_type);
	for (int priority = RECLAIM_PRIORITY_FIRST; priority >= 0; priority--) {
		pass.priority = (uint8_t)priority;
		reclaimed += shrink_zones(b, &pass, &ready).reclaimed;
		if (reclaimed >= pass.wanted || ready)
			break;
	}
	return tell_observer(b, !reclaimed && ready ? 1 : reclaimed);
}
