/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/true_caches.h"

#include <stdlib.h>
#include <string.h>

#include "machine/trace_input.h"
#include "trace/call_sites.h"

struct true_caches {
	struct definition_table *table; /* when a map was read, else NULL */
	const struct definitions *told;
	struct site_def *sites; /* by call site */
	uint32_t site_count;
};

static int compare_sites(const void *a, const void *b)
{
	const struct site_def *x = a, *y = b;
	int order = strcmp(x->call_site, y->call_site);
	return order ? order : (x->cache.v > y->cache.v) - (x->cache.v < y->cache.v);
}

static int read_map(struct true_caches *t, const char *path, struct error *err)
{
	struct trace_cursor *map = trace_input_open(path, NULL, SLABYARD_LEVEL_AUTO, NULL, err);
	if (!map)
		return -1;
	int result = -1;
	t->table = definition_table_create();
	if (t->table)
		result = call_sites_learn(t->table, map, err);
	else
		error_set(err, ERROR_RUN, "no memory for --caches");
	map->ops->close(map);
	if (result < 0)
		return -1;
	t->told = definition_table_view(t->table);
	if (result > 0)
		return 0;
	return error_set(err, ERROR_INPUT, "--caches: %s: tells of no call site and its cache",
			 path);
}

int true_caches_open(struct true_caches **out, const char *path, const struct definitions *trace,
		     struct error *err)
{
	*out = NULL;
	if (!path && !trace->site_count)
		return 0;
	struct true_caches *t = calloc(1, sizeof(*t));
	if (!t)
		return error_set(err, ERROR_RUN, "no memory for --caches");
	t->told = trace;
	if (path && read_map(t, path, err) != 0) {
		true_caches_close(t);
		return -1;
	}
	t->site_count = t->told->site_count;
	t->sites = malloc(t->site_count * sizeof(*t->sites));
	if (!t->sites) {
		true_caches_close(t);
		return error_set(err, ERROR_RUN, "no memory for --caches");
	}
	memcpy(t->sites, t->told->sites, t->site_count * sizeof(*t->sites));
	qsort(t->sites, t->site_count, sizeof(*t->sites), compare_sites);
	*out = t;
	return 0;
}

void true_caches_close(struct true_caches *t)
{
	if (!t)
		return;
	if (t->table)
		definition_table_destroy(t->table);
	free(t->sites);
	free(t);
}

const struct definitions *true_caches_definitions(const struct true_caches *t)
{
	return t->told;
}

uint32_t true_caches_count(const struct true_caches *t)
{
	return t->told->cache_count;
}

const struct cache_def *true_caches_at(const struct true_caches *t, uint32_t index)
{
	return &t->told->caches[index];
}

/* What the compiler made of a function goes by its name: "copy_process.isra.0+0x1c5". */
static size_t function_length(const char *call_site)
{
	return strcspn(call_site, ".+");
}

static bool same_function(const char *a, const char *b)
{
	size_t length = function_length(a);
	return function_length(b) == length && memcmp(a, b, length) == 0;
}

/* A merged object is at least as large as any that it stands for; 0 is not recorded. */
static bool fits(const struct cache_def *cache, uint32_t recorded_bytes)
{
	return !recorded_bytes || cache->object_size <= recorded_bytes;
}

/* The recording shows the cache itself, not another that it was merged with. */
static bool is_recorded(const struct cache_def *cache, const struct cache_def *recorded)
{
	return recorded && cache->object_size == recorded->object_size &&
	       strcmp(cache->name, recorded->name) == 0;
}

/*
 * Of the caches that a site, or its function, allocates from, the recorded one, else the one whose
 * objects fill the recorded one's best; of equals the one seen most.
 */
static cache_id best_of(const struct true_caches *t, const struct origin_def *origin,
			const struct cache_def *recorded, bool whole_function)
{
	const char *call_site = origin->call_site;
	const struct site_def *best = NULL;
	for (uint32_t i = 0; i < t->site_count; i++) {
		const struct site_def *site = &t->sites[i];
		const struct cache_def *cache = &t->told->caches[site->cache.v];
		if (whole_function ? !same_function(site->call_site, call_site)
				   : strcmp(site->call_site, call_site) != 0)
			continue;
		if (!fits(cache, origin->bytes_alloc))
			continue;
		if (is_recorded(cache, recorded))
			return site->cache;
		const struct cache_def *held = best ? &t->told->caches[best->cache.v] : NULL;
		if (!best || cache->object_size > held->object_size ||
		    (cache->object_size == held->object_size &&
		     site->allocations > best->allocations))
			best = site;
	}
	return best ? best->cache : CACHE_NONE;
}

cache_id true_caches_named(const struct true_caches *t, const char *name)
{
	for (uint32_t i = 0; i < t->told->cache_count; i++)
		if (strcmp(t->told->caches[i].name, name) == 0 && t->told->caches[i].complete)
			return (cache_id){ i };
	return CACHE_NONE;
}

cache_id true_caches_of(const struct true_caches *t, const struct origin_def *origin,
			const struct cache_def *recorded, enum true_cache_rule *rule)
{
	cache_id cache = CACHE_NONE;
	*rule = TRUE_CACHE_BY_SITE;
	if (origin->call_site[0])
		cache = best_of(t, origin, recorded, false);
	if (cache_is_none(cache) && origin->call_site[0]) {
		*rule = TRUE_CACHE_BY_FUNCTION;
		cache = best_of(t, origin, recorded, true);
	}
	if (cache_is_none(cache)) {
		*rule = TRUE_CACHE_BY_NAME;
		cache = recorded ? true_caches_named(t, recorded->name) : CACHE_NONE;
	}
	if (cache_is_none(cache))
		*rule = TRUE_CACHE_UNKNOWN;
	return cache;
}
