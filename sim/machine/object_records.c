/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/object_records.h"

#include <stdlib.h>
#include <string.h>

#include "base/grow.h"
#include "core/host_memory.h"
#include "machine/own_records.h"
#include "machine/slab_errors.h"
#include "machine/start.h"

void object_release_lost(struct machine *m, const struct record *r, const struct request *request)
{
	uint64_t entry = m->ids.object[r->id];
	m->ids.object[r->id] = 0;
	if (entry & IDENTITY_OLDER)
		return;
	m->summary->lost_frees++;
	m->slab->kfree(m->slab_state, request, entry - 1);
}

/* No policy has to know a kmalloc of whole pages to free it. */
static void give_back(struct machine *m, const struct record *r, object_t object, uint32_t order)
{
	struct request request;
	request_of(m, r, &request);
	request.order = (uint8_t)order;
	page_source_free(&m->pages, &request, (pfn_t){ (uint32_t)(object >> PAGE_SHIFT) });
	m->objects_executed++;
}

static uint32_t align_of(const struct machine *m, const struct record *r)
{
	const struct cache_def *def = &m->trace->definitions->caches[m->origins[r->origin].cache.v];
	cache_id known = m->true_caches ? true_caches_named(m->true_caches, def->name) : CACHE_NONE;
	if (!cache_is_none(known))
		def = true_caches_at(m->true_caches, known.v);
	return def->align;
}

/* An object of a foreign recording is known by its cache alone; kfree does not tell even that. */
static object_t take_alike(struct machine *m, const struct record *r)
{
	struct error err = { 0 };
	struct cache_counts counts = { 0 };
	if (r->operation != OP_KMEM_CACHE_FREE || cache_is_none(m->origins[r->origin].cache))
		return OBJECT_NONE;
	cache_id cache = object_cache(m, r, &err);
	if (cache_is_none(cache) || !m->slab->counts(m->slab_state, cache, &counts))
		return OBJECT_NONE;
	object_t object =
		start_take_alike(m->start, counts.name, counts.object_size, align_of(m, r));
	m->summary->matched_by_cache += object != OBJECT_NONE;
	return object;
}

object_t object_older(struct machine *m, const struct record *r, uint64_t entry)
{
	uint64_t address = entry ? (entry & ~IDENTITY_OLDER) - 1 : r->address - m->page_offset;
	object_t object = OBJECT_NONE;
	uint32_t order;
	if (start_is_foreign(m->start))
		object = take_alike(m, r);
	else if (m->page_offset)
		object = start_take_object(m->start, address);
	if (object != OBJECT_NONE)
		return object;
	if (m->page_offset && !start_is_foreign(m->start) &&
	    start_take_large(m->start, address, &order)) {
		give_back(m, r, address, order);
		return OBJECT_GIVEN_BACK;
	}
	m->summary->unknown_frees++;
	return OBJECT_NONE;
}

object_t object_alloc_in_bulk(struct machine *m, const struct record *r,
			      const struct request *request, cache_id cache)
{
	struct bulk_alloc *b = &m->bulk_alloc;
	const uint64_t position = m->objects_executed;
	if (b->origin != r->origin || b->next != position)
		*b = (struct bulk_alloc){ .origin = r->origin, .first = position };
	b->next = position + 1;
	m->objects_executed = b->first;
	const object_t object = m->slab->alloc(m->slab_state, request, cache);
	m->objects_executed = position;
	return object;
}

void object_gather(struct machine *m, const struct request *request, cache_id cache,
		   object_t object)
{
	struct bulk_free *b = &m->bulk_free[request->cpu];
	if (b->count && b->cache.v != cache.v)
		machine_flush_bulk(m, request->cpu);
	b->objects = host_memory_need(
		grow_array(b->objects, b->count, &b->capacity, sizeof(*b->objects)), "bulk frees");
	m->bulks_gathered += b->count == 0;
	b->cache = cache;
	b->request = *request;
	b->objects[b->count++] = object;
}

void machine_flush_bulks(struct machine *m)
{
	for (uint32_t cpu = 0; cpu < m->cpus; cpu++)
		machine_flush_bulk(m, cpu);
}

void machine_flush_bulk(struct machine *m, uint32_t cpu)
{
	struct bulk_free *b = &m->bulk_free[cpu];
	if (!b->count)
		return;
	size_t count = b->count;
	b->count = 0;
	m->bulks_gathered--;
	/* Its last record was counted when it was gathered; the call belongs to that one. */
	m->objects_executed--;
	m->slab->free_bulk(m->slab_state, &b->request, b->cache, count, b->objects);
	m->objects_executed++;
}

/* The object that a krealloc names, OBJECT_NONE for krealloc(NULL) and the unknown. */
static object_t reallocated(struct machine *m, const struct record *r,
			    const struct record *extension)
{
	uint64_t entry = r->id ? m->ids.object[r->id] : 0;
	if (entry && !(entry & IDENTITY_OLDER))
		return entry - 1;
	if (!entry && !(extension && extension->address))
		return OBJECT_NONE;
	uint64_t object =
		entry ? (entry & ~IDENTITY_OLDER) - 1 : extension->address - m->page_offset;
	return m->page_offset ? start_take_object(m->start, object) : OBJECT_NONE;
}

/*
 * krealloc: in place while the object's size class holds the new size; to nothing it is a kfree
 * (mm/slab_common.c).
 */
int krealloc_record(struct machine *m, const struct record *r, const struct record *extension)
{
	object_t old = reallocated(m, r, extension);
	uint32_t before = extension ? extension->origin : 0;
	struct request request;

	request_of(m, r, &request);
	bool fits = old != OBJECT_NONE && r->size != 0 &&
		    m->slab->usable_size(m->slab_state, old) >= r->size;
	if (fits && m->slab->resized)
		m->slab->resized(m->slab_state, &request, old, before);
	if (fits)
		return object_allocated(m, r, old);
	const object_t object = m->slab->kmalloc(m->slab_state, &request, r->size);
	request.bytes = before;
	if (old != OBJECT_NONE && object != OBJECT_NONE)
		m->slab->kfree(m->slab_state, &request, old);
	return object_allocated(m, r, object);
}

/* Only what no stock kernel shows is taken from the recording by leave. */
static bool may_be_carried_out(struct machine *m, const struct record *r)
{
	return !(record_detail(r) & CACHE_UNTRACED) ||
	       assist_use(&m->assists, ASSIST_NAMED_cache_op);
}

int cache_create_record(struct machine *m, const struct record *r, struct error *err)
{
	if (!may_be_carried_out(m, r))
		return 0;
	struct cache_counts counts = { 0 };
	cache_id cache = cache_make(m, r->origin, err);
	if (cache_is_none(cache))
		return -1;
	const char *name = m->trace->definitions->caches[m->origins[r->origin].cache.v].name;
	bool known = m->slab->counts(m->slab_state, cache, &counts);
	own_records_note_made(m, r->task, known && strcmp(counts.name, name) != 0);
	return 1;
}

int cache_destroy_record(struct machine *m, const struct record *r, struct error *err)
{
	if (!may_be_carried_out(m, r))
		return 0;
	cache_id cache = object_cache(m, r, err);
	if (cache_is_none(cache))
		return -1;
	struct request request;
	request_of(m, r, &request);
	machine_flush_bulks(m);
	const uint64_t left = m->slab->cache_destroy(m->slab_state, &request, cache);
	if (left)
		slab_errors_objects_left(m, m->origins[r->origin].cache, left);
	cache_forget(m, cache);
	m->objects_executed++;
	return 1;
}

int cache_shrink_record(struct machine *m, const struct record *r, struct error *err)
{
	if (!may_be_carried_out(m, r))
		return 0;
	cache_id cache = object_cache(m, r, err);
	if (cache_is_none(cache))
		return -1;
	struct request request;
	request_of(m, r, &request);
	machine_flush_bulks(m);
	m->slab->cache_shrink(m->slab_state, &request, cache);
	m->objects_executed++;
	return 1;
}
