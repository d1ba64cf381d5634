/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trace/definition_news.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

/* What was last seen of each entry of one kind that may change later. */
struct seen {
	uint64_t *hashes;
	uint32_t count, capacity;
};

struct definition_news {
	uint32_t tasks, origins, sites;
	struct seen caches, meta;
	uint32_t id_max[SPACE_SLOTS];
};

struct definition_news *definition_news_create(void)
{
	struct definition_news *news = calloc(1, sizeof(*news));
	struct definition_table *empty = definition_table_create();
	if (!news || !empty) {
		free(news);
		definition_table_destroy(empty);
		return NULL;
	}
	/* What every table starts with is never news. */
	news->tasks = definition_table_view(empty)->task_count;
	news->origins = definition_table_view(empty)->origin_count;
	definition_table_destroy(empty);
	return news;
}

void definition_news_destroy(struct definition_news *news)
{
	if (!news)
		return;
	free(news->caches.hashes);
	free(news->meta.hashes);
	free(news);
}

static uint64_t hash_cache(const struct cache_def *cache)
{
	uint32_t fields[] = {
		cache->object_size, cache->size,        cache->align,    cache->flags,
		cache->useroffset,  cache->constructor, cache->complete, cache->named
	};
	return XXH3_64bits_withSeed(cache->name, strlen(cache->name),
				    XXH3_64bits(fields, sizeof(fields)));
}

static uint64_t hash_meta(const struct meta_def *meta)
{
	return XXH3_64bits_withSeed(meta->value, strlen(meta->value),
				    XXH3_64bits(meta->key, strlen(meta->key)));
}

static int seen_reserve(struct seen *seen, uint32_t count, struct error *err)
{
	if (count <= seen->capacity)
		return 0;
	size_t capacity = (size_t)count + count / 2 + 64;
	uint64_t *hashes = realloc(seen->hashes, capacity * sizeof(*hashes));
	if (!hashes)
		return error_set(err, ERROR_RUN, "no memory for the trace's definitions");
	seen->hashes = hashes;
	seen->capacity = (uint32_t)(capacity < UINT32_MAX ? capacity : UINT32_MAX);
	return 0;
}

static void seen_note(struct seen *seen, uint32_t index, uint64_t hash)
{
	seen->hashes[index] = hash;
	if (index == seen->count)
		seen->count++;
}

static bool visit_meta(struct seen *seen, const struct definitions *d,
		       const struct definition_visitor *visitor, void *context)
{
	for (uint32_t i = 0; i < d->meta_count; i++) {
		uint64_t hash = hash_meta(&d->meta[i]);
		if (i < seen->count && seen->hashes[i] == hash)
			continue;
		if (!visitor->meta(context, &d->meta[i]))
			return false;
		seen_note(seen, i, hash);
	}
	return true;
}

static bool visit_caches(struct seen *seen, const struct definitions *d,
			 const struct definition_visitor *visitor, void *context)
{
	for (uint32_t i = 0; i < d->cache_count; i++) {
		uint64_t hash = hash_cache(&d->caches[i]);
		bool is_new = i >= seen->count;
		if (!is_new && seen->hashes[i] == hash)
			continue;
		if (!visitor->cache(context, i, &d->caches[i], is_new))
			return false;
		seen_note(seen, i, hash);
	}
	return true;
}

static bool visit_id_max(struct definition_news *news, const struct definitions *d,
			 const struct definition_visitor *visitor, void *context)
{
	for (uint32_t space = 0; visitor->id_max && space < SPACE_SLOTS; space++) {
		if (news->id_max[space] == d->id_max[space])
			continue;
		if (!visitor->id_max(context, space, d->id_max[space]))
			return false;
		news->id_max[space] = d->id_max[space];
	}
	return true;
}

int definition_news_visit(struct definition_news *news, const struct definitions *d,
			  const struct definition_visitor *visitor, void *context,
			  struct error *err)
{
	if (seen_reserve(&news->caches, d->cache_count, err) != 0 ||
	    seen_reserve(&news->meta, d->meta_count, err) != 0)
		return -1;
	if (!visit_meta(&news->meta, d, visitor, context))
		return 0;
	for (; news->tasks < d->task_count; news->tasks++)
		if (!visitor->task(context, &d->tasks[news->tasks]))
			return 0;
	if (!visit_caches(&news->caches, d, visitor, context))
		return 0;
	for (; news->origins < d->origin_count; news->origins++)
		if (!visitor->origin(context, &d->origins[news->origins]))
			return 0;
	for (; news->sites < d->site_count; news->sites++)
		if (!visitor->site(context, &d->sites[news->sites]))
			return 0;
	visit_id_max(news, d, visitor, context);
	return 0;
}
