/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/definitions.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum { CHUNK_BYTES = 1 << 16, FIRST_CAPACITY = 64 };

/* Strings lie in chunks that never move, so that what was handed out stays where it is. */
struct string_chunk {
	struct string_chunk *next;
	size_t used, size;
	char bytes[];
};

struct definition_table {
	struct definitions view;
	struct task_def *tasks;
	struct cache_def *caches;
	struct origin_def *origins;
	struct meta_def *meta;
	struct site_def *sites;
	uint32_t task_capacity, cache_capacity, origin_capacity, meta_capacity, site_capacity;
	struct string_chunk *strings;
};

static const struct origin_def unknown_origin = {
	.call_site = "",
	.cache = CACHE_NONE,
	.node = -1,
};

struct definition_table *definition_table_create(void)
{
	struct definition_table *t = calloc(1, sizeof(*t));

	if (t && definition_add_origin(t, &unknown_origin, NULL) == UINT32_MAX) {
		definition_table_destroy(t);
		return NULL;
	}
	return t;
}

void definition_table_destroy(struct definition_table *t)
{
	if (!t)
		return;
	while (t->strings) {
		struct string_chunk *next = t->strings->next;
		free(t->strings);
		t->strings = next;
	}
	free(t->tasks);
	free(t->caches);
	free(t->origins);
	free(t->meta);
	free(t->sites);
	free(t);
}

const struct definitions *definition_table_view(const struct definition_table *t)
{
	return &t->view;
}

static struct string_chunk *add_chunk(struct definition_table *t, size_t needed)
{
	size_t size = needed > CHUNK_BYTES ? needed : CHUNK_BYTES;
	struct string_chunk *chunk = malloc(sizeof(*chunk) + size);

	if (!chunk)
		return NULL;
	*chunk = (struct string_chunk){ .next = t->strings, .size = size };
	t->strings = chunk;
	return chunk;
}

/* NULL is kept as "". */
static const char *copy_string(struct definition_table *t, const char *text, struct error *err)
{
	if (!text)
		return "";
	size_t bytes = strlen(text) + 1;
	struct string_chunk *chunk = t->strings;

	if (!chunk || chunk->size - chunk->used < bytes)
		chunk = add_chunk(t, bytes);
	if (!chunk) {
		error_set(err, ERROR_RUN, "no memory for the trace's names");
		return NULL;
	}
	char *copy = chunk->bytes + chunk->used;
	memcpy(copy, text, bytes);
	chunk->used += bytes;
	return copy;
}

/* The array, or a larger copy of it when count has reached its capacity. */
static void *reserve(void *array, uint32_t count, uint32_t *capacity, size_t size,
		     struct error *err)
{
	if (count < *capacity)
		return array;
	uint32_t grown_capacity = *capacity ? 2 * *capacity : FIRST_CAPACITY;
	void *grown = NULL;

	if (grown_capacity > *capacity)
		grown = realloc(array, grown_capacity * size);
	if (grown)
		*capacity = grown_capacity;
	else
		error_set(err, ERROR_RUN, "no memory for the trace's definitions");
	return grown;
}

uint32_t definition_add_task(struct definition_table *t, const struct task_def *d,
			     struct error *err)
{
	const char *comm = copy_string(t, d->comm, err);
	struct task_def *tasks =
		reserve(t->tasks, t->view.task_count, &t->task_capacity, sizeof(*tasks), err);

	if (tasks)
		t->view.tasks = t->tasks = tasks;
	if (!tasks || !comm)
		return UINT32_MAX;
	tasks[t->view.task_count] = *d;
	tasks[t->view.task_count].comm = comm;
	return t->view.task_count++;
}

uint32_t definition_add_cache(struct definition_table *t, const struct cache_def *d,
			      struct error *err)
{
	const char *name = copy_string(t, d->name, err);
	struct cache_def *caches =
		reserve(t->caches, t->view.cache_count, &t->cache_capacity, sizeof(*caches), err);

	if (caches)
		t->view.caches = t->caches = caches;
	if (!caches || !name)
		return UINT32_MAX;
	caches[t->view.cache_count] = *d;
	caches[t->view.cache_count].name = name;
	return t->view.cache_count++;
}

int definition_update_cache(struct definition_table *t, uint32_t index, const struct cache_def *d,
			    struct error *err)
{
	struct cache_def *cache = &t->caches[index];
	const char *name = cache->name;

	if (strcmp(name, d->name ? d->name : "") != 0)
		name = copy_string(t, d->name, err);
	if (!name)
		return -1;
	*cache = *d;
	cache->name = name;
	return 0;
}

uint32_t definition_add_origin(struct definition_table *t, const struct origin_def *d,
			       struct error *err)
{
	const char *call_site = copy_string(t, d->call_site, err);
	struct origin_def *origins = reserve(t->origins, t->view.origin_count, &t->origin_capacity,
					     sizeof(*origins), err);

	if (origins)
		t->view.origins = t->origins = origins;
	if (!origins || !call_site)
		return UINT32_MAX;
	origins[t->view.origin_count] = *d;
	origins[t->view.origin_count].call_site = call_site;
	return t->view.origin_count++;
}

uint32_t definition_add_site(struct definition_table *t, const struct site_def *d,
			     struct error *err)
{
	const char *call_site = copy_string(t, d->call_site, err);
	struct site_def *sites =
		reserve(t->sites, t->view.site_count, &t->site_capacity, sizeof(*sites), err);

	if (sites)
		t->view.sites = t->sites = sites;
	if (!sites || !call_site)
		return UINT32_MAX;
	sites[t->view.site_count] = *d;
	sites[t->view.site_count].call_site = call_site;
	return t->view.site_count++;
}

void definition_count_site(struct definition_table *t, uint32_t index, uint64_t allocations)
{
	t->sites[index].allocations += allocations;
}

static struct meta_def *find_meta(const struct definition_table *t, const char *key)
{
	for (uint32_t i = 0; i < t->view.meta_count; i++)
		if (strcmp(t->meta[i].key, key) == 0)
			return &t->meta[i];
	return NULL;
}

int definition_set_meta(struct definition_table *t, const char *key, const char *value,
			struct error *err)
{
	struct meta_def *known = find_meta(t, key);
	const char *copy = copy_string(t, value, err);

	if (!copy)
		return -1;
	if (known) {
		known->value = copy;
		return 0;
	}
	const char *key_copy = copy_string(t, key, err);
	struct meta_def *meta =
		reserve(t->meta, t->view.meta_count, &t->meta_capacity, sizeof(*meta), err);
	if (meta)
		t->view.meta = t->meta = meta;
	if (!meta || !key_copy)
		return -1;
	meta[t->view.meta_count++] = (struct meta_def){ .key = key_copy, .value = copy };
	return 0;
}

void definition_raise_id_max(struct definition_table *t, unsigned space, uint32_t id)
{
	if (t->view.id_max[space] < id)
		t->view.id_max[space] = id;
}

const char *definitions_meta(const struct definitions *d, const char *key)
{
	for (uint32_t i = 0; i < d->meta_count; i++)
		if (strcmp(d->meta[i].key, key) == 0)
			return d->meta[i].value;
	return NULL;
}

/*
 * Each part is hashed with the hash so far as its seed. Numbers go in one by one as 64 bits, so
 * that no struct's padding is in it.
 */
static void hash_number(uint64_t *hash, uint64_t number)
{
	*hash = XXH3_64bits_withSeed(&number, sizeof(number), *hash);
}

static void hash_text(uint64_t *hash, const char *text)
{
	*hash = XXH3_64bits_withSeed(text, strlen(text) + 1, *hash);
}

static void hash_tasks(uint64_t *hash, const struct definitions *d)
{
	hash_number(hash, d->task_count);
	for (uint32_t i = 0; i < d->task_count; i++) {
		hash_number(hash, d->tasks[i].tid);
		hash_number(hash, d->tasks[i].tgid);
		hash_text(hash, d->tasks[i].comm);
	}
}

static void hash_caches(uint64_t *hash, const struct definitions *d)
{
	hash_number(hash, d->cache_count);
	for (uint32_t i = 0; i < d->cache_count; i++) {
		const struct cache_def *cache = &d->caches[i];
		hash_text(hash, cache->name);
		hash_number(hash, cache->object_size);
		hash_number(hash, cache->size);
		hash_number(hash, cache->align);
		hash_number(hash, cache->flags);
		hash_number(hash, cache->useroffset);
		hash_number(hash, cache->constructor);
		hash_number(hash, cache->complete);
		hash_number(hash, cache->named);
	}
}

static void hash_origins(uint64_t *hash, const struct definitions *d)
{
	hash_number(hash, d->origin_count);
	for (uint32_t i = 0; i < d->origin_count; i++) {
		const struct origin_def *origin = &d->origins[i];
		hash_text(hash, origin->call_site);
		hash_number(hash, origin->cache.v);
		hash_number(hash, origin->gfp);
		hash_number(hash, origin->bytes_alloc);
		hash_number(hash, origin->align);
		hash_number(hash, (uint64_t)origin->node);
		hash_number(hash, origin->order);
		hash_number(hash, origin->migratetype);
		hash_number(hash, (uint64_t)origin->accounted | (uint64_t)origin->own << 1);
	}
}

/* Nothing is hashed where no sites are told. */
static void hash_sites(uint64_t *hash, const struct definitions *d)
{
	for (uint32_t i = 0; i < d->site_count; i++) {
		hash_text(hash, d->sites[i].call_site);
		hash_number(hash, d->sites[i].cache.v);
		hash_number(hash, d->sites[i].allocations);
	}
}

static void hash_meta(uint64_t *hash, const struct definitions *d)
{
	hash_number(hash, d->meta_count);
	for (uint32_t i = 0; i < d->meta_count; i++) {
		hash_text(hash, d->meta[i].key);
		hash_text(hash, d->meta[i].value);
	}
}

uint64_t definitions_hash(const struct definitions *d)
{
	uint64_t hash = 0;

	hash_tasks(&hash, d);
	hash_caches(&hash, d);
	hash_origins(&hash, d);
	hash_sites(&hash, d);
	hash_meta(&hash, d);
	return hash;
}
