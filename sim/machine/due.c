/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/due.h"

#include "machine/page_facts.h"
#include "machine/request_of.h"
#include "page/assist.h"

static bool may_be_given(struct machine *m, const struct record *r, cache_id cache)
{
	struct request request;
	request_of(m, r, &request);

	request.cpu = machine_cpu(m, r);
	return m->slab->would_return(m->slab_state, &request, cache, r->address - m->page_offset);
}

static bool is_told_object(const struct machine *m, const struct record *r)
{
	enum action action = m->action[r->operation];

	return (action == ACTION_KMALLOC || action == ACTION_CACHE_ALLOC) &&
	       m->slab->would_return && m->page_offset && r->address;
}

bool object_is_due(struct machine *m, const struct record *r)
{
	cache_id recorded = m->origins[r->origin].cache;

	if (m->action[r->operation] == ACTION_KMALLOC)
		return may_be_given(m, r, CACHE_NONE);
	if (cache_is_none(recorded) || !m->cache_of[recorded.v])
		return true;
	return may_be_given(m, r, (cache_id){ m->cache_of[recorded.v] - 1 });
}

bool is_refill(const struct machine *m, const struct record *r)
{
	return r->operation == OP_MM_PAGE_ALLOC_ZONE_LOCKED && record_detail(r) &&
	       m->action[r->operation] == ACTION_PAGE_FACT && !m->pages_from_trace;
}

bool tells_order(const struct machine *m, const struct record *r)
{
	return is_refill(m, r) || is_told_object(m, r);
}

bool are_of_one_refill(const struct record *a, const struct record *b)
{
	return a->operation == b->operation && a->cpu_detail == b->cpu_detail &&
	       a->origin == b->origin && a->size == b->size;
}

bool refill_is_due(struct machine *m, const struct record *r, uint32_t nth)
{
	struct page_assist fact = page_fact_of(m, r);

	fact.kind = ASSIST_REFILL_DUE;
	fact.nth = nth;
	fact.value = m->origins[r->origin].migratetype;
	return m->page->assist(m->page_state, &fact);
}
