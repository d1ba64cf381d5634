/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Places nothing and asks for no page: what a run costs with it is the engine's own cost. Caches
 * are kept by name only, so that traces and recorded states are accepted as by any other policy.
 */
#include <stdlib.h>
#include <string.h>

#include "slab/cache_table.h"
#include "slab/slab.h"

struct null_slab {
	const struct services *services;
	struct cache_table table;
};

static void *null_create(const struct page_source *pages, const void *params,
			 const struct services *services, struct error *err)
{
	struct null_slab *null = arena_array(services->arena, 1, sizeof(*null), err);

	(void)pages;
	(void)params;
	if (!null)
		return NULL;
	null->services = services;
	return cache_table_init(&null->table, services->arena, err) == 0 ? null : NULL;
}

static void null_destroy(void *state)
{
	(void)state;
}

static cache_id null_cache_add(struct null_slab *null, const char *name, uint32_t object_size,
			       struct error *err)
{
	const struct cache_args args = { .name = name, .object_size = object_size };

	return cache_table_add(&null->table, &args, err);
}

static cache_id null_cache_create(void *state, const struct request *request,
				  const struct cache_spec *spec, struct error *err)
{
	struct null_slab *null = state;

	(void)request;
	if (cache_spec_check(spec, null->services, err))
		return CACHE_NONE;
	return null_cache_add(null, spec->name, spec->object_size, err);
}

static uint64_t null_cache_destroy(void *state, const struct request *request, cache_id cache)
{
	struct null_slab *null = state;

	(void)request;
	cache_at(&null->table, cache)->alive = false;
	return 0;
}

static void null_cache_shrink(void *state, const struct request *request, cache_id cache)
{
	(void)state;
	(void)request;
	(void)cache;
}

static object_t null_alloc(void *state, const struct request *request, cache_id cache)
{
	(void)state;
	(void)request;
	(void)cache;
	return 0;
}

static void null_free(void *state, const struct request *request, cache_id cache, object_t object)
{
	(void)state;
	(void)request;
	(void)cache;
	(void)object;
}

static object_t null_kmalloc(void *state, const struct request *request, uint32_t bytes)
{
	(void)state;
	(void)request;
	(void)bytes;
	return 0;
}

static void null_kfree(void *state, const struct request *request, object_t object)
{
	(void)state;
	(void)request;
	(void)object;
}

static uint32_t null_usable_size(const void *state, object_t object)
{
	(void)state;
	(void)object;
	return 0;
}

static uint32_t null_cache_count(const void *state)
{
	const struct null_slab *null = state;

	return null->table.count;
}

static bool null_counts(const void *state, cache_id cache, struct cache_counts *counts)
{
	const struct null_slab *null = state;

	if (!cache_alive(&null->table, cache))
		return false;
	*counts = (struct cache_counts){
		.name = cache_name(&null->table, cache),
		.object_size = cache_at(&null->table, cache)->object_size,
	};
	return true;
}

static int null_load(void *state, const struct slab_state *from, struct error *err)
{
	struct null_slab *null = state;

	cache_table_clear(&null->table);
	for (size_t i = 0; i < from->cache_count; i++) {
		const struct cache_state *c = &from->caches[i];

		if (cache_is_none(null_cache_add(null, c->name, c->object_size, err)))
			return -1;
	}
	return 0;
}

static cache_id null_cache_find(const void *state, const char *name)
{
	const struct null_slab *null = state;

	return cache_table_find(&null->table, name);
}

static int null_dump(const void *state, struct slab_state *to, struct error *err)
{
	(void)state;
	(void)err;
	*to = (struct slab_state){ .allocator = "null" };
	return 0;
}

static void null_walk(const void *state,
		      void (*visit)(void *context, const struct slab_extent *extent), void *context)
{
	(void)state;
	(void)visit;
	(void)context;
}

static bool null_check(const void *state, struct error *err)
{
	(void)state;
	(void)err;
	return true;
}

const struct slab_policy null_slab_policy = {
	.info = {
		.abi = POLICY_ABI,
		.name = "null",
		.help = "places nothing and asks for no page: measures the engine",
		.capabilities = POLICY_RESTORES,
	},
	.create = null_create,
	.destroy = null_destroy,
	.cache_create = null_cache_create,
	.cache_destroy = null_cache_destroy,
	.cache_shrink = null_cache_shrink,
	.alloc = null_alloc,
	.free = null_free,
	.kmalloc = null_kmalloc,
	.kfree = null_kfree,
	.usable_size = null_usable_size,
	.cache_count = null_cache_count,
	.counts = null_counts,
	.load = null_load,
	.cache_find = null_cache_find,
	.dump = null_dump,
	.walk = null_walk,
	.check = null_check,
};
