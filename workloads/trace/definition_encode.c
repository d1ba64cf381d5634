/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdbool.h>
#include <string.h>

#include "trace/definition_codec.h"
#include "trace/format.h"

/* The payload being filled; `mark` is where the entry being written began. */
struct output {
	uint8_t *bytes;
	uint32_t used, mark, count;
	bool full;
	bool text_too_long;
};

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

static void put_u64(struct output *out, uint64_t v)
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

static bool put_task(void *context, const struct task_def *task)
{
	struct output *out = context;
	begin_entry(out, SYT_TASK);
	put_u32(out, task->tid);
	put_u32(out, task->tgid);
	put_text(out, task->comm);
	return end_entry(out);
}

static bool put_origin(void *context, const struct origin_def *origin)
{
	struct output *out = context;
	begin_entry(out, SYT_ORIGIN);
	put_u32(out, origin->cache.v);
	put_u32(out, origin->gfp);
	put_u32(out, origin->bytes_alloc);
	put_u32(out, origin->align);
	put_u16(out, (uint16_t)origin->node);
	put_u8(out, origin->order);
	put_u8(out, origin->migratetype);
	put_u8(out, (uint8_t)((origin->accounted ? SYT_ORIGIN_ACCOUNTED : 0u) |
			      (origin->own ? SYT_ORIGIN_OWN : 0u)));
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

static bool put_cache(void *context, uint32_t index, const struct cache_def *cache, bool is_new)
{
	struct output *out = context;
	begin_entry(out, is_new ? SYT_CACHE : SYT_CACHE_UPDATE);
	if (!is_new)
		put_u32(out, index);
	put_cache_fields(out, cache);
	return end_entry(out);
}

static bool put_meta(void *context, const struct meta_def *meta)
{
	struct output *out = context;
	begin_entry(out, SYT_META);
	put_text(out, meta->key);
	put_text(out, meta->value);
	return end_entry(out);
}

static bool put_site(void *context, const struct site_def *site)
{
	struct output *out = context;
	begin_entry(out, SYT_SITE);
	put_u32(out, site->cache.v);
	put_u64(out, site->allocations);
	put_text(out, site->call_site);
	return end_entry(out);
}

static bool put_id_max(void *context, uint32_t space, uint32_t id)
{
	struct output *out = context;
	begin_entry(out, SYT_ID_MAX);
	put_u8(out, (uint8_t)space);
	put_u32(out, id);
	return end_entry(out);
}

static const struct definition_visitor put_visitor = {
	.meta = put_meta,
	.task = put_task,
	.cache = put_cache,
	.origin = put_origin,
	.site = put_site,
	.id_max = put_id_max,
};

int definition_encode(struct definition_news *news, const struct definitions *d, uint8_t *payload,
		      uint32_t *count, uint32_t *bytes, struct error *err)
{
	struct output out = { .bytes = payload };
	if (definition_news_visit(news, d, &put_visitor, &out, err) != 0)
		return -1;
	if (out.text_too_long)
		return error_set(err, ERROR_INPUT, "a name of more than %d bytes can't be stored",
				 SYT_TEXT_MAX);
	*count = out.count;
	*bytes = out.used;
	return 0;
}
