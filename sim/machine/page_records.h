/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Page records. The common path is inline in the main loop, the rest in page_records.c. */
#ifndef SLABYARD_MACHINE_PAGE_RECORDS_H
#define SLABYARD_MACHINE_PAGE_RECORDS_H

#include "machine/outcome.h"
#include "machine/page_facts.h"
#include "machine/request_of.h"

/*
 * A live page allocation, as it stands in ids.page: first frame, order, whether it is a user's (it
 * can be moved), and who asked for it; plus 1.
 */
enum {
	PAGE_ORDER_SHIFT = 32,
	PAGE_ORDER_MASK = 0x1f,
	PAGE_USER_SHIFT = 37,
	PAGE_TASK_SHIFT = 38,
	PAGE_TASK_MASK = 0xffffff,
};

static inline uint64_t page_entry(pfn_t pfn, const struct request *request)
{
	return (pfn.v | (uint64_t)request->order << PAGE_ORDER_SHIFT |
		(uint64_t)(request->migratetype == MIGRATE_MOVABLE) << PAGE_USER_SHIFT |
		(uint64_t)(request->task & PAGE_TASK_MASK) << PAGE_TASK_SHIFT) +
	       1;
}

static inline pfn_t page_entry_pfn(uint64_t entry)
{
	return (pfn_t){ (uint32_t)(entry - 1) };
}

static inline uint8_t page_entry_order(uint64_t entry)
{
	return (entry - 1) >> PAGE_ORDER_SHIFT & PAGE_ORDER_MASK;
}

static inline bool page_entry_user(uint64_t entry)
{
	return (entry - 1) >> PAGE_USER_SHIFT & 1;
}

static inline uint32_t page_entry_task(uint64_t entry)
{
	return (entry - 1) >> PAGE_TASK_SHIFT & PAGE_TASK_MASK;
}

/* A page request of slab that this level does not carry out but compares (machine/effect_pairs.h).
 */
int page_effect(struct machine *m, const struct record *r, bool alloc);
/* Assist rcu: the slab policy's deferred call is made when the recording frees its page. */
void page_wait_for_rcu(struct machine *m, uint64_t token);
/* Of those that this CPU queued the one that waits longest is made now; false: there is none. */
bool page_end_grace_period(struct machine *m);
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

/* The same of a slab that was there at the start and of which the trace showed no object. */
bool page_is_older_slab(struct machine *m, const struct record *r);

/* A trace may claim any order: those that no machine has are all one, which policies refuse. */
static inline uint8_t page_order(const struct record *r)
{
	return (uint8_t)(r->size < PAGE_ORDERS_MAX ? r->size : PAGE_ORDERS_MAX);
}

static inline void page_request_of(const struct machine *m, const struct record *r,
				   struct request *request)
{
	request_of(m, r, request);
	request->order = page_order(r);
	request->id = r->id;
	if (r->flags & RECORD_BULK)
		request->flags |= REQUEST_BULK;
	uint8_t migratetype = m->origins[r->origin].migratetype;
	/* No allocation asks for the other types; without one that can be, gfp tells. */
	if (migratetype < MIGRATE_PCPTYPES)
		request->migratetype = migratetype;
}

/* The allocation that the record asks for has this frame from now on. */
static inline __attribute__((always_inline)) void
page_keep(struct machine *m, const struct record *r, const struct request *request, pfn_t pfn)
{
	if (pfn_is_none(pfn) || !r->id)
		return;
	m->ids.page[r->id] = page_entry(pfn, request);
	if (request->migratetype == MIGRATE_MOVABLE)
		resident_count(&m->resident, r->task & PAGE_TASK_MASK, 1 << request->order);
	machine_note_owner(m, m->ids.page_owner, r);
}

static inline __attribute__((always_inline)) int
page_allocated(struct machine *m, const struct record *r, const struct request *request, pfn_t pfn)
{
	pfn_t kept = __builtin_expect(m->resync, 0) ? page_fact_resync(m, r, request, pfn) : pfn;

	page_keep(m, r, request, kept);
	outcome_of(m, r, pfn_is_none(pfn), pfn.v, true);
	return 1;
}

static inline __attribute__((always_inline)) int page_alloc_record(struct machine *m,
								   const struct record *r)
{
	if (page_is_effect(m, r))
		return page_effect(m, r, true);
	if (m->pages_from_trace)
		return 0;
	struct request request;
	page_request_of(m, r, &request);
	if (m->page_assists)
		page_assist_request(m, r, &request);
	if (__builtin_expect(r->id && m->ids.page[r->id], 0))
		page_release_lost(m, r, &request);
	return page_allocated(m, r, &request, m->page->alloc(m->page_state, &request));
}

/* What the record frees is all that its id stands for. */
static inline __attribute__((always_inline)) pfn_t
page_whole(struct machine *m, const struct record *r, struct request *request)
{
	uint64_t entry = r->id ? m->ids.page[r->id] : 0;

	if (r->id)
		m->ids.page[r->id] = 0;
	if (__builtin_expect(!entry || entry & IDENTITY_OLDER, 0))
		return page_older(m, r);
	request->order = page_entry_order(entry);
	if (page_entry_user(entry))
		resident_count(&m->resident, page_entry_task(entry), -(1 << request->order));
	return page_entry_pfn(entry);
}

static inline __attribute__((always_inline)) int page_free_record(struct machine *m,
								  const struct record *r)
{
	if (r->flags & RECORD_NESTED)
		return 0;
	if (page_is_effect(m, r) ||
	    (__builtin_expect(r->flags & RECORD_IDENTITY, 0) && page_is_older_slab(m, r)))
		return page_effect(m, r, false);
	if (m->pages_from_trace)
		return 0;
	struct request request;
	request_of(m, r, &request);
	request.order = page_order(r);
	uint64_t entry = r->id ? m->ids.page[r->id] : 0;
	pfn_t pfn = __builtin_expect(r->flags & RECORD_PART || entry & IDENTITY_SPLIT, 0)
			    ? page_part(m, r, &request)
			    : page_whole(m, r, &request);
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
