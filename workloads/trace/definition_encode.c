/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "trace/definition_codec.h"
#include "trace/format.h"

/* What was last written of each entry of one kind that may change later. */
struct written {
	uint64_t *hashes;
	uint32_t count, capacity;
};

struct definition_encoder {
	uint32_t tasks, origins;
	struct written caches, meta;
	uint32_t id_max[SPACE_SLOTS];
};

/* The payload being filled; `mark` is where the entry being written began. */
struct output {
	uint8_t *bytes;
	uint32_t used, mark, count;
	bool full;
	bool text_too_long;
};

struct definition_encoder *definition_encoder_create(void)
{
	struct definition_encoder *encoder = calloc(1, sizeof(*encoder));
	struct definition_table *empty = definition_table_create();
	if (!encoder || !empty) {
		free(encoder);
		definition_table_destroy(empty);
		return NULL;
	}
	/* Every table starts with these, so they are never written. */
	encoder->tasks = definition_table_view(empty)->task_count;
	encoder->origins = definition_table_view(empty)->origin_count;
	definition_table_destroy(empty);
	return encoder;
}

void definition_encoder_destroy(struct definition_encoder *encoder)
{
	if (!encoder)
		return;
	free(encoder->caches.hashes);
	free(encoder->meta.hashes);
	free(encoder);
}

static void put(struct output *out, const void *bytes, size_t size)
{
	if (out->full || size > SYT_PAYLOAD_MAX - out->used) {
		out->full = true;
		return;
	}
	memcpy(out->bytes + out->used, bytes, size);
	out->used += (uint32_t)size;
}

static void put_u8(struct output *out, uint8_t v)
{
	put(out, &v, sizeof(v));
}

static void put_u16(struct output *out, uint16_t v)
{
	put(out, &v, sizeof(v));
}

static void put_u32(struct output *out, uint32_t v)
{
	put(out, &v, sizeof(v));
}

static void put_text(struct output *out, const char *text)
{
	size_t length = strlen(text);
	if (length > SYT_TEXT_MAX) {
		out->text_too_long = true;
		return;
	}
	put_u16(out, (uint16_t)length);
	put(out, text, length);
}

static void begin_entry(struct output *out, enum syt_definition tag)
{
	out->mark = out->used;
	put_u8(out, (uint8_t)tag);
}

/* True when the whole entry fitted; else it is taken back and goes into the next payload. */
static bool end_entry(struct output *out)
{
	if (out->full || out->text_too_long) {
		out->used = out->mark;
		return false;
	}
	out->count++;
	return true;
}

static bool put_task(struct output *out, const struct task_def *task)
{
	begin_entry(out, SYT_TASK);
	put_u32(out, task->tid);
	put_u32(out, task->tgid);
	put_text(out, task->comm);
	return end_entry(out);
}

static bool put_origin(struct output *out, const struct origin_def *origin)
{
	begin_entry(out, SYT_ORIGIN);
	put_u32(out, origin->cache.v);
	put_u32(out, origin->gfp);
	put_u32(out, origin->bytes_alloc);
	put_u32(out, origin->align);
	put_u16(out, (uint16_t)origin->node);
	put_u8(out, origin->order);
	put_u8(out, origin->migratetype);
	put_u8(out, origin->accounted);
	put_text(out, origin->call_site);
	return end_entry(out);
}

static void put_cache_fields(struct output *out, const struct cache_def *cache)
{
	unsigned bits = (cache->constructor ? SYT_CACHE_CONSTRUCTOR : 0u) |
			(cache->complete ? SYT_CACHE_COMPLETE : 0u) |
			(cache->named ? SYT_CACHE_NAMED : 0u);
	put_u32(out, cache->object_size);
	put_u32(out, cache->size);
	put_u32(out, cache->align);
	put_u32(out, cache->flags);
	put_u32(out, cache->useroffset);
	put_u8(out, (uint8_t)bits);
	put_text(out, cache->name);
}

static bool put_cache(struct output *out, const struct cache_def *cache)
{
	begin_entry(out, SYT_CACHE);
	put_cache_fields(out, cache);
	return end_entry(out);
}

static bool put_cache_update(struct output *out, uint32_t index, const struct cache_def *cache)
{
	begin_entry(out, SYT_CACHE_UPDATE);
	put_u32(out, index);
	put_cache_fields(out, cache);
	return end_entry(out);
}

static bool put_meta(struct output *out, const struct meta_def *meta)
{
	begin_entry(out, SYT_META);
	put_text(out, meta->key);
	put_text(out, meta->value);
	return end_entry(out);
}

static bool put_id_max(struct output *out, uint32_t space, uint32_t id)
{
	begin_entry(out, SYT_ID_MAX);
	put_u8(out, (uint8_t)space);
	put_u32(out, id);
	return end_entry(out);
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

static int written_reserve(struct written *w, uint32_t count, struct error *err)
{
	if (count <= w->capacity)
		return 0;
	uint32_t capacity = count < 64 ? 64 : count + count / 2;
	uint64_t *hashes = realloc(w->hashes, capacity * sizeof(*hashes));
	if (!hashes)
		return error_set(err, ERROR_RUN, "out of memory");
	w->hashes = hashes;
	w->capacity = capacity;
	return 0;
}

static bool encode_cache(struct written *w, const struct definitions *d, uint32_t index,
			 struct output *out)
{
	uint64_t hash = hash_cache(&d->caches[index]);
	bool is_new = index >= w->count;
	if (!is_new && w->hashes[index] == hash)
		return true;
	if (is_new ? !put_cache(out, &d->caches[index])
		   : !put_cache_update(out, index, &d->caches[index]))
		return false;
	w->hashes[index] = hash;
	w->count += is_new;
	return true;
}

static bool encode_meta(struct written *w, const struct definitions *d, uint32_t index,
			struct output *out)
{
	uint64_t hash = hash_meta(&d->meta[index]);
	bool is_new = index >= w->count;
	if (!is_new && w->hashes[index] == hash)
		return true;
	if (!put_meta(out, &d->meta[index]))
		return false;
	w->hashes[index] = hash;
	w->count += is_new;
	return true;
}

/* False when the payload is full (or an entry impossible) before everything was written. */
static bool encode_all(struct definition_encoder *e, const struct definitions *d,
		       struct output *out)
{
	bool fits = true;
	for (uint32_t i = 0; fits && i < d->meta_count; i++)
		fits = encode_meta(&e->meta, d, i, out);
	for (; fits && e->tasks < d->task_count; e->tasks += fits)
		fits = put_task(out, &d->tasks[e->tasks]);
	/* An origin names its cache, so caches come first. */
	for (uint32_t i = 0; fits && i < d->cache_count; i++)
		fits = encode_cache(&e->caches, d, i, out);
	for (; fits && e->origins < d->origin_count; e->origins += fits)
		fits = put_origin(out, &d->origins[e->origins]);
	for (uint32_t space = 0; fits && space < SPACE_SLOTS; space++) {
		if (e->id_max[space] == d->id_max[space])
			continue;
		fits = put_id_max(out, space, d->id_max[space]);
		if (fits)
			e->id_max[space] = d->id_max[space];
	}
	return fits;
}

int definition_encode(struct definition_encoder *encoder, const struct definitions *d,
		      uint8_t *payload, uint32_t *count, uint32_t *bytes, struct error *err)
{
	struct output out = { .bytes = payload };
	if (written_reserve(&encoder->caches, d->cache_count, err) != 0 ||
	    written_reserve(&encoder->meta, d->meta_count, err) != 0)
		return -1;
	encode_all(encoder, d, &out);
	if (out.text_too_long)
		return error_set(err, ERROR_INPUT, "a name of more than %d bytes can't be stored",
				 SYT_TEXT_MAX);
	*count = out.count;
	*bytes = out.used;
	return 0;
}
