/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/pending.h"

#include "core/gfp.h"
#include "machine/object_records.h"
#include "machine/page_facts.h"
#include "machine/page_records.h"

static const uint64_t nothing = UINT64_MAX;

static struct pending_alloc *find(const struct machine *m, uint32_t task, uint32_t kind)
{
	for (uint32_t i = 0; i < m->pending_count; i++)
		if (m->pending[i].task == task && m->pending[i].kind == kind)
			return (struct pending_alloc *)&m->pending[i];
	return NULL;
}

/* The kind of alloc_begin that goes before this record; UINT32_MAX: none does. */
static uint32_t kind_of(const struct machine *m, const struct record *r)
{
	switch ((enum action)m->action[r->operation]) {
	case ACTION_PAGE_ALLOC:
		return page_is_effect(m, r) ? UINT32_MAX : BEGINS_PAGE;
	case ACTION_KMALLOC:
		return BEGINS_KMALLOC;
	case ACTION_CACHE_ALLOC:
		return BEGINS_CACHE_ALLOC;
	default:
		return UINT32_MAX;
	}
}

/* What the task gets: a frame or an object; `nothing` when there is no memory for it. */
static uint64_t try(struct machine *m, const struct record *r, uint32_t kind, uint8_t flags,
		    struct error *err)
{
	cache_id cache;

	if (kind == BEGINS_PAGE) {
		struct request request;
		page_request_of(m, r, &request);
		request.flags |= flags | page_fact_flags(m, r);
		pfn_t pfn = m->page->alloc(m->page_state, &request);
		return pfn_is_none(pfn) ? nothing : page_entry(pfn, &request) - 1;
	}
	struct request request;
	request_of(m, r, &request);
	request.flags |= flags;
	if (kind == BEGINS_KMALLOC)
		return m->slab->kmalloc(m->slab_state, &request, r->size);
	cache = object_cache(m, r, err);
	return cache_is_none(cache) ? nothing : m->slab->alloc(m->slab_state, &request, cache);
}

/* At slab level the pages of slabs are the objects' business, at page level objects are nobody's.
 */
static bool is_for_this_level(const struct machine *m, const struct record *r, uint32_t kind)
{
	if (kind == BEGINS_PAGE)
		return !page_is_effect(m, r) && !m->pages_from_trace;
	return kind <= BEGINS_CACHE_ALLOC && !m->page_level;
}

int pending_begin(struct machine *m, const struct record *r, struct error *err)
{
	uint32_t kind = record_detail(r);
	struct error refused = { 0 };

	if (!is_for_this_level(m, r, kind) || m->pending_count == PENDING_MAX ||
	    find(m, r->task, kind))
		return 0;
	uint64_t value = try(m, r, kind, 0, &refused);
	if (refused.kind != ERROR_NONE) {
		*err = refused;
		return -1;
	}
	m->pending[m->pending_count++] =
		(struct pending_alloc){ .value = value, .task = r->task, .kind = kind };
	return 1;
}

bool pending_needs_pages(struct machine *m, const struct record *r)
{
	const uint32_t kind = r->flags & RECORD_IRQ ? UINT32_MAX : kind_of(m, r);

	if (kind == UINT32_MAX)
		return false;
	if (find(m, r->task, kind))
		return true;
	if (m->pending_count == PENDING_MAX)
		return false;
	m->pending[m->pending_count++] =
		(struct pending_alloc){ .value = nothing, .task = r->task, .kind = kind };
	return true;
}

bool pending_awaits(const struct machine *m, const struct record *r)
{
	uint32_t kind = r->flags & RECORD_IRQ ? UINT32_MAX : kind_of(m, r);

	return kind != UINT32_MAX && find(m, r->task, kind);
}

/* __alloc_pages_slowpath(): who does not want it tried again has had all that there was to try. */
static bool may_wait(const struct request *request)
{
	return !(request->gfp & GFP_BIT_NORETRY);
}

int pending_end(struct machine *m, const struct record *r, struct error *err)
{
	uint32_t kind = kind_of(m, r);
	struct pending_alloc *p = find(m, r->task, kind);
	uint64_t value = p->value;

	*p = m->pending[--m->pending_count];
	if (kind == BEGINS_PAGE) {
		struct request request;
		page_request_of(m, r, &request);
		if (__builtin_expect(r->id && m->ids.page[r->id], 0))
			page_release_lost(m, r, &request);
		if (value == nothing && may_wait(&request))
			value = try(m, r, kind, REQUEST_WAITED, err);
		return page_allocated(m, r, &request,
				      value == nothing ? PFN_NONE : page_entry_pfn(value + 1));
	}
	struct request request;
	request_of(m, r, &request);
	if (__builtin_expect(r->id && m->ids.object[r->id], 0))
		object_release_lost(m, r, &request);
	if (value == nothing)
		value = try(m, r, kind, REQUEST_WAITED, err);
	return object_allocated(m, r, value);
}
