/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Page records. The common path is inline in the main loop, the rest in page_records.c. */
#ifndef SLABYARD_MACHINE_PAGE_RECORDS_H
#define SLABYARD_MACHINE_PAGE_RECORDS_H

#include "machine/outcome.h"
#include "machine/request_of.h"

enum { PAGE_ORDER_SHIFT = 32 };

/* A page request of slab that this level does not carry out but compares (machine/effect_pairs.h).
 */
int page_effect(struct machine *m, const struct record *r, bool alloc);
/* Assist rcu: the slab policy's deferred call is made when the recording frees its page. */
void page_wait_for_rcu(struct machine *m, uint64_t token);
/* The one that waits longest is made now. */
void page_end_grace_period(struct machine *m);
/* The allocation's id is still alive: its free was lost. */
void page_release_lost(struct machine *m, const struct record *r, const struct request *request);
/* What assists add to a request. */
void page_assist_request(struct machine *m, const struct record *r, struct request *request);
/*
 * A free of a part of an allocation: the frames that lie in the simulated block where the recorded
 * ones lie in theirs, PFN_NONE when this run does not have them. Ends the id with its last part.
 */
pfn_t page_part(struct machine *m, const struct record *r, struct request *request);
/* A free of what this run did not allocate: alive at the start, or unknown (PFN_NONE). */
pfn_t page_older(struct machine *m, const struct record *r);

/* True when the records of pages are the simulated slab allocator's own business. */
static inline bool page_is_effect(const struct machine *m, const struct record *r)
{
	return r->flags & RECORD_EFFECT && !m->page_level;
}

/* A trace may claim any order: those that no machine has are all one, which policies refuse. */
static inline uint8_t page_order(const struct record *r)
{
	return (uint8_t)(r->size < PAGE_ORDERS_MAX ? r->size : PAGE_ORDERS_MAX);
}

static inline int page_alloc_record(struct machine *m, const struct record *r)
{
	if (page_is_effect(m, r))
		return page_effect(m, r, true);
	if (m->pages_from_trace)
		return 0;
	struct request request = request_of(m, r);
	request.order = page_order(r);
	uint8_t migratetype = m->origins[r->origin].migratetype;
	/* No allocation asks for the other types; without one that can be, gfp tells. */
	if (migratetype < MIGRATE_PCPTYPES)
		request.migratetype = migratetype;
	if (m->page_assists)
		page_assist_request(m, r, &request);
	if (__builtin_expect(r->id && m->ids.page[r->id], 0))
		page_release_lost(m, r, &request);
	pfn_t pfn = m->page->alloc(m->page_state, &request);
	bool failed = pfn_is_none(pfn);
	if (!failed && r->id) {
		m->ids.page[r->id] = ((uint64_t)request.order << PAGE_ORDER_SHIFT | pfn.v) + 1;
		machine_note_owner(m, m->ids.page_owner, r);
	}
	outcome_of(m, r, failed, pfn.v, true);
	return 1;
}

static inline int page_free_record(struct machine *m, const struct record *r)
{
	if (r->flags & RECORD_NESTED)
		return 0;
	if (page_is_effect(m, r))
		return page_effect(m, r, false);
	if (m->pages_from_trace)
		return 0;
	struct request request = request_of(m, r);
	request.order = page_order(r);
	uint64_t entry = r->id ? m->ids.page[r->id] : 0;
	pfn_t pfn = { (uint32_t)(entry - 1) };
	if (__builtin_expect(r->flags & RECORD_PART || entry & IDENTITY_SPLIT, 0)) {
		pfn = page_part(m, r, &request);
	} else {
		if (r->id)
			m->ids.page[r->id] = 0;
		if (__builtin_expect(entry && !(entry & IDENTITY_OLDER), 1))
			request.order = (uint8_t)((entry - 1) >> PAGE_ORDER_SHIFT);
		else
			pfn = page_older(m, r);
	}
	if (pfn_is_none(pfn))
		return 0;
	if (r->operation == OP_MM_PAGE_FREE_BATCHED)
		request.flags |= REQUEST_BATCHED;
	if (m->page_assists)
		page_assist_request(m, r, &request);
	m->page->free(m->page_state, &request, pfn);
	return 1;
}

#endif
