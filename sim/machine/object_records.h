/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Object records. The common path is inline in the main loop, the rest in object_records.c. */
#ifndef SLABYARD_MACHINE_OBJECT_RECORDS_H
#define SLABYARD_MACHINE_OBJECT_RECORDS_H

#include "machine/caches.h"
#include "machine/outcome.h"
#include "machine/request_of.h"

/* The allocation's id is still alive: its free was lost. */
void object_release_lost(struct machine *m, const struct record *r, const struct request *request);
/* An older object of whole pages, which object_older has given back itself. */
#define OBJECT_GIVEN_BACK (OBJECT_NONE - 1)
/* A free of what this run did not allocate: alive at the start, or unknown (OBJECT_NONE). */
object_t object_older(struct machine *m, const struct record *r, uint64_t entry);
/*
 * One object of a bulk allocation. Its events come when all objects are there, so that pages which
 * any of them needed stand before the first.
 */
object_t object_alloc_in_bulk(struct machine *m, const struct record *r,
			      const struct request *request, cache_id cache);
/* Gathers what one bulk call frees: SLUB links such objects slab by slab before it lets them go. */
void object_gather(struct machine *m, const struct request *request, cache_id cache,
		   object_t object);
int krealloc_record(struct machine *m, const struct record *r, const struct record *extension);
int cache_create_record(struct machine *m, const struct record *r, struct error *err);
int cache_destroy_record(struct machine *m, const struct record *r, struct error *err);
int cache_shrink_record(struct machine *m, const struct record *r, struct error *err);

static inline cache_id object_cache(struct machine *m, const struct record *r, struct error *err)
{
	uint32_t known = m->cache_of_origin[r->origin];
	return known ? (cache_id){ known - 1 } : cache_resolve(m, r->origin, err);
}

static inline int object_allocated(struct machine *m, const struct record *r, object_t object)
{
	bool failed = object == OBJECT_NONE;
	if (!failed && r->id) {
		m->ids.object[r->id] = object + 1;
		machine_note_owner(m, m->ids.object_owner, r);
	}
	m->objects_executed++;
	uint64_t address =
		object + (m->page_offset ? m->page_offset : topology_page_offset(&m->topology));
	outcome_of(m, r, failed, address, m->page_offset != 0);
	return 1;
}

static inline object_t object_freed(struct machine *m, const struct record *r, bool *older)
{
	uint64_t entry = r->id ? m->ids.object[r->id] : 0;
	if (r->id)
		m->ids.object[r->id] = 0;
	*older = !(entry && !(entry & IDENTITY_OLDER));
	return __builtin_expect(!*older, 1) ? entry - 1 : object_older(m, r, entry);
}

static inline __attribute__((always_inline)) int kmalloc_record(struct machine *m,
								const struct record *r)
{
	struct request request;
	request_of(m, r, &request);
	if (__builtin_expect(r->id && m->ids.object[r->id], 0))
		object_release_lost(m, r, &request);
	return object_allocated(m, r, m->slab->kmalloc(m->slab_state, &request, r->size));
}

static inline __attribute__((always_inline)) int kfree_record(struct machine *m,
							      const struct record *r)
{
	bool older;
	object_t object = object_freed(m, r, &older);
	if (__builtin_expect(object >= OBJECT_GIVEN_BACK, 0))
		return object == OBJECT_GIVEN_BACK;
	struct request request;
	request_of(m, r, &request);
	m->slab->kfree(m->slab_state, &request, object);
	m->objects_executed++;
	return 1;
}

static inline __attribute__((always_inline)) int
cache_alloc_record(struct machine *m, const struct record *r, struct error *err)
{
	cache_id cache = object_cache(m, r, err);
	if (cache_is_none(cache))
		return -1;
	struct request request;
	request_of(m, r, &request);
	if (__builtin_expect(r->id && m->ids.object[r->id], 0))
		object_release_lost(m, r, &request);
	if (__builtin_expect(r->flags & RECORD_BULK, 0))
		return object_allocated(m, r, object_alloc_in_bulk(m, r, &request, cache));
	return object_allocated(m, r, m->slab->alloc(m->slab_state, &request, cache));
}

/* What the object was asked for with, where the free's record does not tell. */
static inline uint32_t true_bytes(const struct machine *m, const struct record *r)
{
	const struct owner *owners = m->ids.object_owner;
	return m->true_caches && owners ? m->requests[owners[r->id].origin].bytes : 0;
}

static inline __attribute__((always_inline)) int
cache_free_record(struct machine *m, const struct record *r, struct error *err)
{
	bool older;
	object_t object = object_freed(m, r, &older);
	if (__builtin_expect(object >= OBJECT_GIVEN_BACK, 0))
		return object == OBJECT_GIVEN_BACK;
	struct request request;
	request_of(m, r, &request);
	const uint32_t bytes = older ? 0 : true_bytes(m, r);
	request.bytes = bytes ? bytes : request.bytes;
	bool nameless = (m->true_caches && !older) || cache_is_none(m->origins[r->origin].cache);
	cache_id cache = nameless ? CACHE_NONE : object_cache(m, r, err);
	if (cache_is_none(cache) && !nameless)
		return -1;
	/* No recorded name, or not the true one: the object knows its cache, as for kfree. */
	if (nameless && !(r->flags & RECORD_BULK))
		m->slab->kfree(m->slab_state, &request, object);
	else if (r->flags & RECORD_BULK && m->slab->free_bulk)
		object_gather(m, &request, cache, object);
	else
		m->slab->free(m->slab_state, &request, cache, object);
	m->objects_executed++;
	return 1;
}

#endif
