/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What an allocation does when the free lists have nothing for it above the low watermark: it wakes
 * kswapd, goes down to the minimum, compacts, reclaims, tries again as long as that leads
 * somewhere, and has somebody killed in the end. Reference: __alloc_pages_slowpath() of
 * mm/page_alloc.c and what it calls.
 *
 * Nobody sleeps here: an allocation that would wait for a victim's memory fails.
 */
#include "core/oom_source.h"
#include "page/buddy.h"
#include "page/pcp.h"
#include "page/watermark.h"

enum { COMPACT_RETRIES_MAX = 16 /* MAX_COMPACT_RETRIES */ };

struct slowpath {
	const struct request *request;
	unsigned alloc_flags, reserves;
	unsigned migratetype, highest_type;
	bool can_reclaim, costly;
	bool oom_victim; /* it has been told to die for this very request */
	enum compact_priority priority;
	enum compact_result compacted;
	unsigned compactions; /* compaction_retries */
	unsigned futile;      /* no_progress_loops */
	uint64_t reclaimed;
};

/* gfp_to_alloc_flags() */
unsigned slowpath_flags(uint32_t gfp, unsigned order)
{
	unsigned flags = WMARK_MIN;

	if (gfp & GFP_BIT_HIGH)
		flags |= ALLOC_MIN_RESERVE;
	if (gfp & GFP_BIT_KSWAPD_RECLAIM)
		flags |= ALLOC_KSWAPD;
	if (!(gfp & GFP_BIT_DIRECT_RECLAIM) && !(gfp & GFP_BIT_NOMEMALLOC)) {
		flags |= ALLOC_NON_BLOCK;
		if (order > 0 && gfp & GFP_BIT_HIGH)
			flags |= ALLOC_HIGHATOMIC;
	}
	return flags;
}

/* __gfp_pfmemalloc_flags(): who frees memory, or dies for it, may have what nobody else may. */
static unsigned reserve_flags(const struct slowpath *s)
{
	const struct request *request = s->request;

	if (request->gfp & GFP_BIT_NOMEMALLOC)
		return 0;
	if (request->gfp & GFP_BIT_MEMALLOC)
		return ALLOC_NO_WATERMARKS;
	if (request->flags & REQUEST_IRQ)
		return 0;
	if (request->flags & REQUEST_RECLAIMING)
		return ALLOC_NO_WATERMARKS;
	return request->flags & REQUEST_OOM_VICTIM || s->oom_victim ? ALLOC_OOM : 0;
}

/* wake_all_kswapds() */
static void wake_kswapds(struct buddy *b, const struct slowpath *s)
{
	const struct request *request = s->request;
	uint32_t last_node = UINT32_MAX;

	if (!(s->alloc_flags & ALLOC_KSWAPD))
		return;
	for (uint32_t zone = zonelist_first(b, request); zone != UINT32_MAX;
	     zone = zonelist_next(b, request, zone)) {
		uint32_t node = b->zones[zone].node;
		if (node != last_node)
			kswapd_wake(b, node, request->gfp, request->order, s->highest_type,
				    request->cpu);
		last_node = node;
	}
}

/* __alloc_pages_direct_reclaim() */
static uint32_t reclaim_and_take(struct buddy *b, struct slowpath *s)
{
	uint32_t pfn;

	s->reclaimed = reclaim_direct(b, s->request);
	if (!s->reclaimed)
		return UINT32_MAX;
	pfn = zonelist_try(b, s->request, s->alloc_flags);
	if (pfn != UINT32_MAX)
		return pfn;
	/* what is pinned on the per-cpu lists and in the reserve, too */
	fallback_unreserve_highatomic(b, s->request, s->migratetype, false);
	if (!buddy_told(b, ASSIST_DRAIN)) {
		for (uint32_t cpu = 0; cpu < b->cpus; cpu++)
			pcp_drain_cpu(b, cpu, s->request->cpu);
	}
	return zonelist_try(b, s->request, s->alloc_flags);
}

/* What zones would have if all that can be reclaimed were: enough for the request in one of them?
 */
static bool could_be_enough(const struct buddy *b, const struct slowpath *s)
{
	const struct request *request = s->request;

	for (uint32_t zone = zonelist_first(b, request); zone != UINT32_MAX;
	     zone = zonelist_next(b, request, zone)) {
		const struct buddy_zone *z = &b->zones[zone];
		int64_t available = (int64_t)reclaim_zone_pages(b, zone) + buddy_free_now(b, zone);
		if (watermark_ok_with(b, zone, request->order,
				      (uint64_t)z->watermark[WMARK_MIN] + z->boost, s->highest_type,
				      s->alloc_flags, available))
			return true;
	}
	return false;
}

/* should_reclaim_retry() */
static bool should_reclaim_again(struct buddy *b, struct slowpath *s)
{
	if (s->reclaimed && !s->costly)
		s->futile = 0;
	else
		s->futile++;
	if (s->futile <= RECLAIM_RETRIES_MAX && could_be_enough(b, s))
		return true;
	return fallback_unreserve_highatomic(b, s->request, s->migratetype, true);
}

/* compaction_zonelist_suitable() */
static bool compaction_could_work(const struct buddy *b, const struct slowpath *s)
{
	const struct request *request = s->request;

	for (uint32_t zone = zonelist_first(b, request); zone != UINT32_MAX;
	     zone = zonelist_next(b, request, zone)) {
		int64_t available = (int64_t)(reclaim_zone_pages(b, zone) / request->order) +
				    buddy_free_now(b, zone);
		if (compact_suitable_with(b, zone, request->order, s->alloc_flags, s->highest_type,
					  available) == COMPACT_CONTINUE)
			return true;
	}
	return false;
}

/* should_compact_retry() */
static bool should_compact_again(const struct buddy *b, struct slowpath *s)
{
	enum compact_priority least = s->costly ? COMPACT_PRIO_MIN_COSTLY : COMPACT_PRIO_MIN;
	unsigned most = s->costly ? COMPACT_RETRIES_MAX / 4 : COMPACT_RETRIES_MAX;

	if (!s->request->order)
		return false;
	if (s->compacted == COMPACT_SUCCESS)
		s->compactions++;
	if (s->compacted == COMPACT_SKIPPED)
		return compaction_could_work(b, s);
	if (s->compacted == COMPACT_SUCCESS && s->compactions <= most)
		return true;
	if (s->priority <= least)
		return false;
	s->priority--;
	s->compactions = 0;
	return true;
}

/* __alloc_pages_may_oom(): *again is set when there is something to be had at another try. */
static uint32_t take_or_kill(struct buddy *b, struct slowpath *s, bool *again)
{
	const struct oom_source *oom = b->services->oom;
	const struct request *request = s->request;
	uint32_t pfn = zonelist_try(b, request, WMARK_HIGH);
	enum oom_outcome outcome;

	*again = false;
	if (pfn != UINT32_MAX || request->order > COSTLY_ORDER || !oom ||
	    request->gfp & (GFP_BIT_RETRY_MAYFAIL | GFP_BIT_THISNODE) ||
	    s->highest_type < b->arch->normal)
		return pfn;
	outcome = oom->out_of_memory(oom->context, request);
	if (outcome == OOM_NOBODY && !(request->gfp & GFP_BIT_NOFAIL))
		return UINT32_MAX;
	s->oom_victim = outcome == OOM_SUICIDE;
	*again = s->oom_victim || outcome == OOM_FREED;
	return request->gfp & GFP_BIT_NOFAIL ? zonelist_try(b, request, ALLOC_NO_WATERMARKS)
					     : UINT32_MAX;
}

/* Compaction before the first reclaim: there may be enough memory, only in pieces. */
static uint32_t compact_first(struct buddy *b, struct slowpath *s, bool *give_up)
{
	const struct request *request = s->request;
	uint32_t pfn;

	*give_up = false;
	if (!s->can_reclaim || !compact_allowed(b, request->gfp) || s->reserves ||
	    !(s->costly || (request->order && s->migratetype != MIGRATE_MOVABLE)))
		return UINT32_MAX;
	pfn = compact_direct(b, request, s->alloc_flags, COMPACT_PRIO_FIRST, &s->compacted);
	if (pfn != UINT32_MAX || !s->costly || !(request->gfp & GFP_BIT_NORETRY))
		return pfn;
	*give_up = s->compacted == COMPACT_SKIPPED || s->compacted == COMPACT_DEFERRED ||
		   request->gfp & GFP_BIT_THISNODE;
	s->priority = COMPACT_PRIO_FIRST;
	return UINT32_MAX;
}

/* Whether another round may help; when not, somebody is killed. */
static bool next_round(struct buddy *b, struct slowpath *s, uint32_t *pfn)
{
	const struct request *request = s->request;
	bool compacts = compact_allowed(b, request->gfp);
	bool again;

	if (request->gfp & GFP_BIT_NORETRY)
		return false;
	if (s->costly && !(compacts && request->gfp & GFP_BIT_RETRY_MAYFAIL))
		return false;
	if (should_reclaim_again(b, s) || (s->reclaimed && compacts && should_compact_again(b, s)))
		return true;
	*pfn = take_or_kill(b, s, &again);
	s->futile = 0;
	return *pfn == UINT32_MAX && again;
}

/* From `retry:` to `nopage:`. */
static uint32_t take_in_rounds(struct buddy *b, struct slowpath *s)
{
	const struct request *request = s->request;
	uint32_t pfn;

	do {
		wake_kswapds(b, s);
		s->reserves = reserve_flags(s);
		if (s->reserves)
			s->alloc_flags =
				s->reserves | (s->alloc_flags & (ALLOC_KSWAPD | ALLOC_CMA));
		pfn = zonelist_try(b, request, s->alloc_flags);
		if (pfn != UINT32_MAX || !s->can_reclaim || request->flags & REQUEST_RECLAIMING ||
		    s->oom_victim)
			return pfn;
		pfn = reclaim_and_take(b, s);
		if (pfn == UINT32_MAX)
			pfn = compact_direct(b, request, s->alloc_flags, s->priority,
					     &s->compacted);
	} while (pfn == UINT32_MAX && next_round(b, s, &pfn));
	return pfn;
}

uint32_t slowpath_take(struct buddy *b, const struct request *request)
{
	struct slowpath s = {
		.request = request,
		.alloc_flags = slowpath_flags(request->gfp, request->order) |
			       zonelist_cma_flag(b, request),
		.migratetype = buddy_migratetype(b, request->migratetype),
		.highest_type = zonelist_highest_type(b, request->gfp),
		.can_reclaim = request->gfp & GFP_BIT_DIRECT_RECLAIM,
		.costly = request->order > COSTLY_ORDER,
		.priority = COMPACT_PRIO_SYNC_LIGHT,
		.compacted = COMPACT_SKIPPED,
	};
	bool give_up = false;
	uint32_t pfn;

	work_count(b->services->work, WORK_watermark_slowpath);
	s.reserves = reserve_flags(&s);
	wake_kswapds(b, &s);
	pfn = zonelist_try(b, request, s.alloc_flags);
	if (pfn == UINT32_MAX)
		pfn = compact_first(b, &s, &give_up);
	if (pfn == UINT32_MAX && !give_up)
		pfn = take_in_rounds(b, &s);
	if (pfn == UINT32_MAX && request->gfp & GFP_BIT_NOFAIL)
		pfn = zonelist_try(b, request, ALLOC_MIN_RESERVE | WMARK_MIN);
	return pfn;
}
