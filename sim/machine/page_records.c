/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/page_records.h"

#include <stdlib.h>
#include <string.h>

#include "base/grow.h"
#include "core/host_memory.h"
#include "machine/census.h"
#include "machine/effect_pairs.h"
#include "machine/execute.h"
#include "machine/migration.h"
#include "machine/page_facts.h"
#include "machine/recorded_pages.h"
#include "machine/split_pages.h"
#include "machine/start.h"

void page_wait_for_rcu(struct machine *m, uint64_t token)
{
	struct rcu_waiting *w = &m->rcu_waiting;
	w->calls = host_memory_need(grow_array(w->calls, w->count, &w->capacity, sizeof(*w->calls)),
				    "RCU callbacks");
	w->calls[w->count++] = (struct rcu_call){ token, m->clock.cpu };
}

bool page_end_grace_period(struct machine *m)
{
	struct rcu_waiting *w = &m->rcu_waiting;
	size_t at = 0;
	while (at < w->count && w->calls[at].cpu != m->clock.cpu)
		at++;
	if (at == w->count)
		return false;
	const uint64_t token = w->calls[at].token;
	w->count--;
	memmove(w->calls + at, w->calls + at + 1, (w->count - at) * sizeof(*w->calls));
	m->assists.used[ASSIST_NAMED_rcu]++;
	m->slab->expire(m->slab_state, token, m->time_ns);
	return true;
}

/* The recording frees a page that a simulated slab still has: its grace period is over. */
static void end_grace_periods(struct machine *m, pfn_t pfn)
{
	object_t first = (object_t)pfn.v << PAGE_SHIFT;
	/* The recorded free stands with the object operation before it, so does this one. */
	m->objects_executed--;
	while (m->slab->usable_size(m->slab_state, first) != 0 && page_end_grace_period(m))
		;
	m->objects_executed++;
}

/* Of an order that no machine has, nothing is counted. */
static void count_recorded(struct machine *m, uint8_t order, bool alloc)
{
	if (order >= SLABYARD_ORDERS_MAX)
		return;
	m->slab_requests[order].recorded_allocs += alloc;
	m->slab_requests[order].recorded_frees += !alloc;
}

int page_effect(struct machine *m, const struct record *r, bool alloc)
{
	pfn_t pfn = { (uint32_t)r->address };
	if (r->flags & RECORD_FAILED)
		return 0;
	count_recorded(m, page_order(r), alloc);
	effect_pairs_recorded(m->effects, alloc, pfn, page_order(r),
			      alloc ? m->objects_executed : m->objects_executed - 1);
	if (!alloc && !m->rcu_waiting.by_object)
		end_grace_periods(m, pfn);
	if (alloc && m->recorded_pages)
		recorded_pages_offer(m->recorded_pages, pfn, page_order(r), machine_cpu(m, r));
	return 0;
}

bool page_is_older_slab(struct machine *m, const struct record *r)
{
	return !m->page_level && start_take_slab(m->start, (uint32_t)r->address);
}

void page_release_lost(struct machine *m, const struct record *r, const struct request *request)
{
	uint64_t entry = m->ids.page[r->id];
	m->ids.page[r->id] = 0;
	if (entry & IDENTITY_OLDER)
		return;
	m->summary->lost_frees++;
	if (entry & IDENTITY_SPLIT) {
		split_pages_end(m->split_pages, r->id);
		return;
	}
	struct request release = *request;
	release.order = page_entry_order(entry);
	m->page->free(m->page_state, &release, page_entry_pfn(entry));
}

/* Index of the recorded frame's zone in the state's order, -1 without a state. */
static int8_t zone_of(const struct machine *m, uint64_t pfn)
{
	const struct page_state *state = start_pages(m->start);
	for (size_t i = 0; state && i < state->zone_count; i++)
		if (pfn - state->zones[i].start_pfn < state->zones[i].spanned)
			return (int8_t)i;
	return -1;
}

void page_assist_request(struct machine *m, const struct record *r, struct request *request)
{
	bool alloc = r->operation == OP_MM_PAGE_ALLOC;
	/* what the trace tells outright goes before what the importer saw in it */
	if (m->bulk_told && m->assists.allowed[ASSIST_NAMED_bulk])
		request->flags &= (uint8_t)~REQUEST_BULK;
	if (m->bulk_depth[request->cpu] && assist_use(&m->assists, ASSIST_NAMED_bulk))
		request->flags |= REQUEST_BULK;
	if (!alloc && record_detail(r) & PAGE_FREE_BUSY &&
	    assist_use(&m->assists, ASSIST_NAMED_pcp_busy))
		request->flags |= REQUEST_PCP_BUSY;
	request->flags |= page_fact_flags(m, r);
	if (!alloc || !m->assists.allowed[ASSIST_NAMED_zone] || r->flags & RECORD_FAILED)
		return;
	request->zone_hint = zone_of(m, r->address);
	m->assists.used[ASSIST_NAMED_zone] += request->zone_hint >= 0;
}

/* Frame of the part within its allocation; UINT32_MAX when it cannot be, or was freed before. */
static uint32_t part_offset(struct machine *m, const struct record *r, uint32_t order)
{
	uint32_t offset = (uint32_t)r->address & ((1u << order) - 1);
	if (!(r->flags & RECORD_PART) || r->size > order || offset & ((1u << r->size) - 1) ||
	    !split_pages_take(m->split_pages, r->id, order, offset, r->size))
		return UINT32_MAX;
	return offset;
}

pfn_t page_part(struct machine *m, const struct record *r, struct request *request)
{
	uint64_t *entry = &m->ids.page[r->id];
	uint64_t block = *entry;
	if (record_moves(r) && m->moves_told)
		return page_whole(m, r, request);
	if (record_moves(r)) {
		migration_note(m, r);
		return PFN_NONE;
	}
	if (record_detail(r) & PAGE_FREE_EXACT)
		request->flags |= REQUEST_EXACT;
	if (!r->id || !*entry || *entry & IDENTITY_OLDER)
		return page_older(m, r);
	uint32_t offset = part_offset(m, r, page_entry_order(block));
	*entry |= IDENTITY_SPLIT;
	if (!record_leaves_part(r)) {
		split_pages_end(m->split_pages, r->id);
		*entry = 0;
	}
	if (offset != UINT32_MAX)
		return (pfn_t){ page_entry_pfn(block).v + offset };
	m->summary->unknown_frees++;
	return PFN_NONE;
}

pfn_t page_older(struct machine *m, const struct record *r)
{
	if (!pfn_is_none(start_take_page(m->start, r->address, r->size)))
		return (pfn_t){ (uint32_t)r->address };
	pfn_t pfn = migration_end(m, r);
	if (pfn_is_none(pfn))
		pfn = start_stand_in(m->start, r->address, r->size);
	m->summary->unknown_frees += pfn_is_none(pfn);
	return pfn;
}

static pfn_t source_alloc(void *context, const struct request *request)
{
	struct machine *m = context;
	pfn_t pfn;
	if (m->census)
		return census_page_alloc(m->census, m, request);
	if (m->pages_from_trace) {
		pfn = recorded_pages_take(m->recorded_pages, request->order, request->cpu);
		m->assists.used[ASSIST_NAMED_slab_page] += !pfn_is_none(pfn);
	} else {
		pfn = m->page->alloc(m->page_state, request);
	}
	if (pfn_is_none(pfn))
		return pfn;
	m->slab_requests[request->order].allocs++;
	slab_pages_change(m, (int64_t)1 << request->order);
	effect_pairs_simulated(m->effects, true, pfn, request->order, m->objects_executed);
	return pfn;
}

static void source_free(void *context, const struct request *request, pfn_t pfn)
{
	struct machine *m = context;
	if (m->census) {
		census_page_free(m->census, m, request, pfn);
		return;
	}
	m->slab_requests[request->order].frees++;
	slab_pages_change(m, -((int64_t)1 << request->order));
	effect_pairs_simulated(m->effects, false, pfn, request->order, m->objects_executed);
	if (m->pages_from_trace)
		recorded_pages_release(m->recorded_pages, pfn, request->order);
	else
		m->page->free(m->page_state, request, pfn);
}

struct page_source machine_page_source(struct machine *m)
{
	return (struct page_source){ .alloc = source_alloc, .free = source_free, .context = m };
}

static pfn_t user_alloc(void *context, const struct request *request)
{
	struct machine *m = context;
	return m->page->alloc(m->page_state, request);
}

static void user_free(void *context, const struct request *request, pfn_t pfn)
{
	struct machine *m = context;
	m->page->free(m->page_state, request, pfn);
}

struct page_source machine_user_pages(struct machine *m)
{
	return (struct page_source){ .alloc = user_alloc, .free = user_free, .context = m };
}
