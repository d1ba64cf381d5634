/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/own_records.h"

#include <stdlib.h>
#include <string.h>

#include "base/ptrmap.h"
#include "machine/caches.h"
#include "machine/request_of.h"

enum {
	OWN_OBJECTS_MAX = 64,
	OWN_CREATES = 2, /* in left_out: the origin makes a struct kmem_cache */
};

/* Of one cache that was created. */
struct own_objects {
	object_t objects[OWN_OBJECTS_MAX];
	size_t count;
	uint32_t next_unused;
};

struct own_records {
	const struct own_request *requests; /* of the run's policy, NULL: not known */
	struct ptrmap *created;             /* id of the struct kmem_cache -> number in caches */
	struct own_objects *caches;
	uint32_t count, capacity, unused; /* unused: UINT32_MAX ends the chain */
};

/* What an allocator asks for when a cache is created. */
struct own_request {
	const char *cache; /* NULL: kmalloc */
	uint32_t bytes, flags, count;
};

/*
 * Sizes and numbers of the kernels in workloads/samples: other configurations have larger structs
 * and more files in sysfs. A cache whose true definition is known has the size that this tells.
 */
static const struct own_request slub_requests[] = {
	{ "kmem_cache", 200, CACHE_HWCACHE_ALIGN | CACHE_PANIC, 1 },
	{ "kmem_cache_node", 64, CACHE_HWCACHE_ALIGN | CACHE_PANIC, 1 },
	{ NULL, 16, 0, 2 }, /* names of the kobject and of its folder */
	{ "kernfs_node_cache", 128, CACHE_PANIC, 29 },
	{ "radix_tree_node", 192, CACHE_PANIC | CACHE_RECLAIM_ACCOUNT, 2 },
	{ 0 },
};

static const struct own_request slab_requests[] = {
	{ "kmem_cache", 128, CACHE_HWCACHE_ALIGN | CACHE_PANIC, 1 },
	{ NULL, 120, 0, 1 }, /* struct kmem_cache_node */
	{ 0 },
};

static const struct own_request slob_requests[] = {
	{ "kmem_cache", 64, CACHE_HWCACHE_ALIGN | CACHE_PANIC, 1 },
	{ 0 },
};

static const struct {
	const char *policy;
	const struct own_request *requests;
} allocators[] = {
	{ "slub", slub_requests },
	{ "slab", slab_requests },
	{ "slob", slob_requests },
};

static const struct own_request *requests_of(const char *policy)
{
	for (size_t i = 0; i < sizeof(allocators) / sizeof(allocators[0]); i++)
		if (strcmp(allocators[i].policy, policy) == 0)
			return allocators[i].requests;
	return NULL;
}

int own_records_open(struct machine *m, struct error *err)
{
	const char *recorded = machine_recorded_allocator(m);
	if (m->page_level || !recorded || strcmp(recorded, m->slab->info.name) == 0)
		return 0;
	m->left_out = arena_array(m->arena, MACHINE_ORIGINS_MAX, 1, err);
	m->own_records = calloc(1, sizeof(*m->own_records));
	if (!m->left_out || !m->own_records)
		return error_set(err, ERROR_RUN, "no memory for what caches are made of");
	m->own_records->requests = requests_of(m->slab->info.name);
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
	static const char *const functions[] = { "kmem_cache_create_usercopy", "create_cache" };
	const size_t length = strcspn(origin->call_site, ".+");
	if (cache_is_none(origin->cache))
		return false;
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		if (strlen(functions[i]) == length &&
		    memcmp(functions[i], origin->call_site, length) == 0)
			return true;
	return false;
}

void own_records_note_origin(struct machine *m, uint32_t origin)
{
	const struct origin_def *def = &m->trace->definitions->origins[origin];
	if (m->left_out && def->own)
		m->left_out[origin] = creates_cache(def) ? OWN_CREATES : 1;
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
		struct own_objects *grown = realloc(own->caches, capacity * sizeof(*grown));
		SIM_ASSERT(grown);
		own->caches = grown;
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

static int cache_created(struct machine *m, const struct record *r, struct error *err)
{
	struct own_records *own = m->own_records;
	struct request request = request_of(m, r);
	const uint32_t number = new_cache(own);
	struct own_objects *made = &own->caches[number];
	made->count = 0;
	for (const struct own_request *o = own->requests; o && o->count; o++)
		for (uint32_t i = 0; i < o->count; i++) {
			struct error failure = { 0 };
			const object_t object = ask(m, o, &request, &failure);
			if (failure.kind != ERROR_NONE)
				return error_set(err, failure.kind, "%s", failure.message);
			if (object != OBJECT_NONE && made->count < OWN_OBJECTS_MAX)
				made->objects[made->count++] = object;
		}
	return ptrmap_put(own->created, r->id, number, err);
}

static void cache_destroyed(struct machine *m, const struct record *r, uint32_t number)
{
	struct own_records *own = m->own_records;
	const struct request request = request_of(m, r);
	struct own_objects *made = &own->caches[number];
	struct request back = request;
	back.bytes = 0;
	while (made->count > 0)
		m->slab->kfree(m->slab_state, &back, made->objects[--made->count]);
	made->next_unused = own->unused;
	own->unused = number;
}

int own_record(struct machine *m, const struct record *r, struct error *err)
{
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
