/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trace/call_sites.h"

#include <stdlib.h>
#include <string.h>

#include "core/operation.h"
#include "core/own_requests.h"

/* Index of the cache of that name, UINT32_MAX when there is none. */
static uint32_t find_cache(const struct definitions *d, const char *name)
{
	for (uint32_t i = 0; i < d->cache_count; i++)
		if (strcmp(d->caches[i].name, name) == 0)
			return i;
	return UINT32_MAX;
}

static uint32_t add_cache(struct definition_table *to, const struct cache_def *def,
			  struct error *err)
{
	const struct definitions *d = definition_table_view(to);
	uint32_t known = find_cache(d, def->name);
	if (known == UINT32_MAX)
		return definition_add_cache(to, def, err);
	if (def->complete && !d->caches[known].complete &&
	    definition_update_cache(to, known, def, err) != 0)
		return UINT32_MAX;
	return known;
}

static int add_site(struct definition_table *to, const char *call_site, const struct cache_def *def,
		    uint64_t allocations, struct error *err)
{
	struct site_def site = { .call_site = call_site, .allocations = allocations };
	const struct definitions *d = definition_table_view(to);
	site.cache.v = add_cache(to, def, err);
	if (site.cache.v == UINT32_MAX)
		return -1;
	for (uint32_t i = 0; i < d->site_count; i++)
		if (d->sites[i].cache.v == site.cache.v &&
		    strcmp(d->sites[i].call_site, call_site) == 0) {
			definition_count_site(to, i, allocations);
			return 0;
		}
	return definition_add_site(to, &site, err) == UINT32_MAX ? -1 : 0;
}

static int take_told(struct definition_table *to, const struct definitions *from, struct error *err)
{
	int told = 0;
	for (uint32_t i = 0; i < from->cache_count; i++)
		if (from->caches[i].complete && add_cache(to, &from->caches[i], err) == UINT32_MAX)
			return -1;
	for (uint32_t i = 0; i < from->site_count; i++) {
		const struct site_def *site = &from->sites[i];
		if (add_site(to, site->call_site, &from->caches[site->cache.v], site->allocations,
			     err) != 0)
			return -1;
		told += site->call_site[0] != '\0';
	}
	return told;
}

/* Allocations by origin. */
struct tally {
	uint64_t *counts;
	size_t capacity;
};

static int tally_batch(struct tally *tally, const struct trace_cursor *cursor,
		       const struct batch *batch, struct error *err)
{
	size_t origins = cursor->definitions->origin_count;
	if (origins > tally->capacity) {
		uint64_t *grown = realloc(tally->counts, 2 * origins * sizeof(*grown));
		if (!grown)
			return error_set(err, ERROR_RUN, "no memory for the trace's call sites");
		memset(grown + tally->capacity, 0,
		       (2 * origins - tally->capacity) * sizeof(*grown));
		tally->counts = grown;
		tally->capacity = 2 * origins;
	}
	for (uint32_t i = 0; i < batch->count; i++) {
		const struct record *r = &batch->records[i];
		tally->counts[r->origin] += r->operation == OP_KMEM_CACHE_ALLOC;
	}
	return 0;
}

static int take_seen(struct definition_table *to, const struct definitions *from,
		     const struct tally *tally, struct error *err)
{
	int seen = 0;
	for (uint32_t i = 0; i < from->origin_count && i < tally->capacity; i++) {
		const struct origin_def *origin = &from->origins[i];
		if (!tally->counts[i] || origin->own || !origin->call_site[0] ||
		    cache_is_none(origin->cache) || !from->caches[origin->cache.v].named)
			continue;
		if (add_site(to, origin->call_site, &from->caches[origin->cache.v],
			     tally->counts[i], err) != 0)
			return -1;
		seen++;
	}
	return seen;
}

int call_sites_learn(struct definition_table *to, struct trace_cursor *cursor, struct error *err)
{
	struct tally tally = { 0 };
	struct batch batch;
	int more;
	while ((more = cursor->ops->next(cursor, &batch, err)) == 1 &&
	       tally_batch(&tally, cursor, &batch, err) == 0)
		;
	int result = more == 0 ? 0 : -1;
	if (result == 0 && cursor->definitions->site_count)
		result = take_told(to, cursor->definitions, err);
	else if (result == 0)
		result = take_seen(to, cursor->definitions, &tally, err);
	free(tally.counts);
	return result;
}

/*
 * Caches with a window for copies to user space are never merged (kmem_cache_create_usercopy), and
 * no state tells of the window. Those of 6.1 outside drivers, file systems and protocols, and whose
 * objects have no constructor, which says as much.
 */
static bool has_usercopy(const char *name)
{
	static const char *const names[] = {
		"uts_namespace",    "task_struct", "thread_stack",   "mm_struct",
		"dentry",           "names_cache", "proc_dir_entry", "skbuff_head_cache",
		"scsi_sense_cache",
	};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

struct cache_def call_sites_definition(const struct cache_state *cache)
{
	const uint32_t told = CACHE_HWCACHE_ALIGN | CACHE_CACHE_DMA | CACHE_CACHE_DMA32 |
			      CACHE_PANIC | CACHE_TYPESAFE_BY_RCU | CACHE_MEM_SPREAD |
			      CACHE_NO_MERGE | CACHE_ACCOUNT | CACHE_RECLAIM_ACCOUNT;
	return (struct cache_def){
		.name = cache->name,
		.object_size = cache->object_size,
		.size = cache->size,
		.align = cache->align,
		.flags = (cache->flags & told) | (has_usercopy(cache->name) ? CACHE_NO_MERGE : 0u),
		.constructor = cache->constructor,
		.complete = true,
		.named = true,
	};
}

/* Of one allocator's own: struct kmem_cache and the like are made at boot and exempt from merging.
 */
static bool is_known_alone(const struct cache_state *cache)
{
	return cache->refcount == 1;
}

static uint64_t count_live(const struct slab_state *state, const struct cache_state *cache)
{
	uint64_t live = 0;
	for (size_t i = 0; i < cache->slab_count; i++) {
		const struct slab_entry *slab = &cache->slabs[i];
		uint8_t *places = malloc(slab->objects + 1);
		if (!places)
			return 0;
		slab_entry_places(state, cache, slab, places);
		for (uint32_t k = 0; k < slab->objects; k++)
			live += places[k] == PLACE_LIVE;
		free(places);
	}
	return live;
}

/* What the allocator has of this cache for the caches that there are. */
static uint64_t count_own(const struct slab_state *state, const char *name)
{
	const struct own_request *own = own_requests_of(state->allocator);
	uint64_t count = 0;
	for (; own && own->count; own++)
		if (own->cache && strcmp(own->cache, name) == 0)
			count += own->count * state->cache_count;
	return count;
}

static int complete_one(struct definition_table *to, const struct slab_state *state,
			const struct cache_state *cache, struct error *err)
{
	const struct cache_def def = call_sites_definition(cache);
	const uint64_t live = count_live(state, cache), own = count_own(state, cache->name);
	if (add_cache(to, &def, err) == UINT32_MAX)
		return -1;
	return live > own ? add_site(to, "", &def, live - own, err) : 0;
}

int call_sites_complete(struct definition_table *to, const struct slab_state *state,
			struct error *err)
{
	int told = 0;
	/* The newest cache stands first in a state; here they come in the order of creation. */
	for (size_t i = state->cache_count; i-- > 0;) {
		if (!is_known_alone(&state->caches[i]))
			continue;
		if (complete_one(to, state, &state->caches[i], err) != 0)
			return -1;
		told++;
	}
	return told;
}

uint64_t call_sites_alive(const struct definitions *d, uint32_t cache)
{
	for (uint32_t i = 0; i < d->site_count; i++)
		if (d->sites[i].cache.v == cache && !d->sites[i].call_site[0])
			return d->sites[i].allocations;
	return 0;
}
