/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/own_records.h"

#include <stdlib.h>
#include <string.h>

#include "base/ptrmap.h"
#include "core/call_site.h"
#include "core/host_memory.h"
#include "machine/caches.h"
#include "machine/object_records.h"
#include "machine/own_slabs.h"
#include "machine/request_of.h"

/* In left_out: 1 or what the origin is for. */
enum {
	OWN_CREATES = 2, /* makes a struct kmem_cache */
	OWN_SLABS = 3,   /* for a slab, or a free, in a run of the recorded policy */
};

/* Of one cache that was created. */
struct own_objects {
	object_t objects[OWN_OBJECTS_MAX];
	size_t count;
	uint32_t next_unused;
};

struct own_records {
	struct ptrmap *created; /* id of the struct kmem_cache -> number in caches */
	struct own_objects *caches;
	uint32_t count, capacity, unused; /* unused: UINT32_MAX ends the chain */
	uint32_t merging;                 /* task + 1 whose next cache is an alias in this run */
};

int own_records_open(struct machine *m, struct error *err)
{
	const char *recorded = machine_recorded_allocator(m);
	if (m->page_level || !recorded)
		return 0;
	const bool same = strcmp(recorded, m->slab->info.name) == 0;
	if (same && !(m->slab->info.capabilities & POLICY_OWN_OBJECTS))
		return 0;
	m->left_out = arena_array(m->arena, MACHINE_ORIGINS_MAX, 1, err);
	if (!m->left_out || same)
		return m->left_out ? 0 : -1;
	m->own_records = calloc(1, sizeof(*m->own_records));
	if (!m->own_records)
		return error_set(err, ERROR_RUN, "no memory for what caches are made of");
	m->own_records->unused = UINT32_MAX;
	m->own_records->created = ptrmap_create(err);
	return m->own_records->created ? 0 : -1;
}

void own_records_close(struct own_records *own)
{
	if (!own)
		return;
	ptrmap_destroy(own->created);
	free(own->caches);
	free(own);
}

static bool creates_cache(const struct origin_def *origin)
{
	return !cache_is_none(origin->cache) &&
	       (call_site_is_in(origin->call_site, "kmem_cache_create_usercopy") ||
		call_site_is_in(origin->call_site, "create_cache"));
}

/* Frees of a slab's index array come from many functions: each is looked at. */
static bool is_for_slabs(const struct origin_def *origin)
{
	return call_site_manages_slab(origin->call_site) || !origin->bytes_alloc;
}

void own_records_note_origin(struct machine *m, uint32_t origin)
{
	const struct origin_def *def = &m->trace->definitions->origins[origin];
	if (!m->left_out || !def->own)
		return;
	if (creates_cache(def))
		m->left_out[origin] = OWN_CREATES;
	else if (m->own_records)
		m->left_out[origin] = 1;
	else
		m->left_out[origin] = is_for_slabs(def) ? OWN_SLABS : 0;
	m->leaves_out |= m->left_out[origin] != 0;
}

/* --- what the run's policy asks for instead --- */

static uint32_t new_cache(struct own_records *own)
{
	uint32_t number = own->unused;
	if (number != UINT32_MAX) {
		own->unused = own->caches[number].next_unused;
		return number;
	}
	if (own->count == own->capacity) {
		uint32_t capacity = own->capacity ? 2 * own->capacity : 16;
		own->caches =
			host_memory_need(realloc(own->caches, capacity * sizeof(*own->caches)),
					 "objects of the slab allocator's own");
		own->capacity = capacity;
	}
	return own->count++;
}

static object_t ask(struct machine *m, const struct own_request *own, struct request *request,
		    struct error *err)
{
	request->bytes = own->bytes;
	if (!own->cache)
		return m->slab->kmalloc(m->slab_state, request, own->bytes);
	const struct cache_def def = {
		.name = own->cache,
		.object_size = own->bytes,
		.flags = own->flags,
		.complete = true,
	};
	cache_id cache = cache_of_definition(m, &def, err);
	return cache_is_none(cache) ? OBJECT_NONE : m->slab->alloc(m->slab_state, request, cache);
}

static int ask_for_all(struct machine *m, const struct own_request *own,
		       const struct request *request, object_t *objects, size_t *count,
		       struct error *err)
{
	struct request one = *request;
	for (; own && own->count; own++)
		for (uint32_t i = 0; i < own->count; i++) {
			struct error failure = { 0 };
			const object_t object = ask(m, own, &one, &failure);
			if (failure.kind != ERROR_NONE)
				return error_set(err, failure.kind, "%s", failure.message);
			if (object != OBJECT_NONE && *count < OWN_OBJECTS_MAX)
				objects[(*count)++] = object;
		}
	return 0;
}

int own_objects_make(struct machine *m, const struct request *request,
		     object_t objects[OWN_OBJECTS_MAX], size_t *count, struct error *err)
{
	*count = 0;
	return ask_for_all(m, own_requests_of(m->slab->info.name), request, objects, count, err);
}

void own_records_note_made(struct machine *m, uint32_t task, bool merged)
{
	if (m->own_records)
		m->own_records->merging = merged ? task + 1 : 0;
}

static int cache_created(struct machine *m, const struct record *r, struct error *err)
{
	struct own_records *own = m->own_records;
	struct request request;
	request_of(m, r, &request);
	const bool alias = own->merging == r->task + 1;
	const uint32_t number = new_cache(own);
	struct own_objects *made = &own->caches[number];
	made->count = 0;
	own->merging = 0;
	if (ask_for_all(m,
			alias ? own_requests_of_alias(m->slab->info.name)
			      : own_requests_of(m->slab->info.name),
			&request, made->objects, &made->count, err) != 0)
		return -1;
	if (m->slab->cache_placed && !alias && made->count > 0)
		m->slab->cache_placed(m->slab_state, made->objects[0]);
	return ptrmap_put(own->created, r->id, number, err);
}

/* By the recorded policy: as the record says. */
static int cache_created_as_recorded(struct machine *m, const struct record *r, struct error *err)
{
	if (r->operation != OP_KMEM_CACHE_ALLOC)
		return kmalloc_record(m, r);
	const int result = cache_alloc_record(m, r, err);
	if (result > 0 && m->slab->cache_placed && r->id && m->ids.object[r->id])
		m->slab->cache_placed(m->slab_state, m->ids.object[r->id] - 1);
	return result;
}

static void cache_destroyed(struct machine *m, const struct record *r, uint32_t number)
{
	struct own_records *own = m->own_records;
	struct own_objects *made = &own->caches[number];
	struct request request;
	request_of(m, r, &request);
	request.bytes = 0;
	while (made->count > 0)
		m->slab->kfree(m->slab_state, &request, made->objects[--made->count]);
	made->next_unused = own->unused;
	own->unused = number;
}

int own_record(struct machine *m, const struct record *r, struct error *err)
{
	if (m->left_out[r->origin] == OWN_SLABS)
		return own_slab_record(m, r);
	if (!m->own_records)
		return cache_created_as_recorded(m, r, err);
	m->summary->own_left_out++;
	if (!r->id || r->flags & RECORD_FAILED)
		return 0;
	if (m->left_out[r->origin] == OWN_CREATES && r->operation == OP_KMEM_CACHE_ALLOC) {
		m->objects_executed++;
		return cache_created(m, r, err) == 0 ? 1 : -1;
	}
	if (operation_table[r->operation].ids != ID_FREE)
		return 0;
	const uint32_t number = ptrmap_take(m->own_records->created, r->id);
	if (number == PTRMAP_NONE)
		return 0;
	cache_destroyed(m, r, number);
	m->objects_executed++;
	return 1;
}
