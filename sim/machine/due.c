/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/due.h"

#include "machine/page_facts.h"
#include "machine/pending.h"
#include "machine/request_of.h"
#include "page/assist.h"

static bool may_be_given(struct machine *m, const struct record *r, cache_id cache,
			 const struct slab_free *before)
{
	const object_t object = r->address - m->page_offset;
	struct request request;
	request_of(m, r, &request);

	request.cpu = machine_cpu(m, r);
	request.flags |= pending_awaits(m, r) ? REQUEST_WAITED : 0;
	if (before)
		return m->slab->would_return_after(m->slab_state, &request, cache, object, before);
	return m->slab->would_return(m->slab_state, &request, cache, object);
}

/* Its cache, or CACHE_NONE where the run knows none by that name. */
static cache_id known_cache(const struct machine *m, const struct record *r)
{
	const cache_id recorded = m->origins[r->origin].cache;

	if (cache_is_none(recorded) || !m->cache_of[recorded.v])
		return CACHE_NONE;
	return (cache_id){ m->cache_of[recorded.v] - 1 };
}

static bool is_told_object(const struct machine *m, const struct record *r)
{
	enum action action = m->action[r->operation];

	return (action == ACTION_KMALLOC || action == ACTION_CACHE_ALLOC) &&
	       m->slab->would_return && m->page_offset && r->address;
}

static bool is_due_after(struct machine *m, const struct record *r, const struct slab_free *before)
{
	const cache_id cache = known_cache(m, r);

	if (m->action[r->operation] == ACTION_KMALLOC)
		return may_be_given(m, r, CACHE_NONE, before);
	return cache_is_none(cache) || may_be_given(m, r, cache, before);
}

bool object_is_due(struct machine *m, const struct record *r)
{
	return is_due_after(m, r, NULL);
}

/* What the record frees; false: nothing, or it is not known what. */
static bool free_of(const struct machine *m, const struct record *r, struct slab_free *before)
{
	const enum action action = m->action[r->operation];

	*before = (struct slab_free){ .cache = CACHE_NONE };
	if (r->operation == OP_SLOB_RCU_FREE && r->address) {
		before->object = r->address - m->page_offset;
		before->bytes = r->size;
		return true;
	}
	if (action != ACTION_KFREE && action != ACTION_CACHE_FREE)
		return false;
	const uint64_t entry = r->id ? m->ids.object[r->id] : 0;

	if (!entry && !r->address)
		return false;
	before->object = entry ? (entry & ~IDENTITY_OLDER) - 1 : r->address - m->page_offset;
	if (action == ACTION_CACHE_FREE)
		before->cache = known_cache(m, r);
	return true;
}

bool free_decides(struct machine *m, const struct record *freed, const struct record *r)
{
	struct slab_free before;

	return m->slab->would_return_after && free_of(m, freed, &before) &&
	       is_due_after(m, r, NULL) && !is_due_after(m, r, &before);
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
