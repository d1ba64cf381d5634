/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdbool.h>
#include <string.h>

#include "trace/definition_codec.h"
#include "trace/format.h"

/* Every get fails for good once the bytes are spent or a text is impossible. */
struct input {
	const uint8_t *bytes;
	size_t left;
	bool bad;
	char text[2][SYT_TEXT_MAX + 1];
};

static void get(struct input *in, void *to, size_t size)
{
	if (in->bad || size > in->left) {
		in->bad = true;
		memset(to, 0, size);
		return;
	}
	memcpy(to, in->bytes, size);
	in->bytes += size;
	in->left -= size;
}

static uint8_t get_u8(struct input *in)
{
	uint8_t v;
	get(in, &v, sizeof(v));
	return v;
}

static uint16_t get_u16(struct input *in)
{
	uint16_t v;
	get(in, &v, sizeof(v));
	return v;
}

static uint32_t get_u32(struct input *in)
{
	uint32_t v;
	get(in, &v, sizeof(v));
	return v;
}

static uint64_t get_u64(struct input *in)
{
	uint64_t v;
	get(in, &v, sizeof(v));
	return v;
}

/* The text stays in slot 0 or 1 until the slot is used again. */
static const char *get_text(struct input *in, unsigned slot)
{
	char *text = in->text[slot];
	uint16_t length = get_u16(in);
	get(in, text, length);
	text[length] = '\0';
	if (memchr(text, '\0', length))
		in->bad = true;
	return text;
}

const char definition_no_memory[] = "out of memory";

static const char *decode_task(struct definition_table *table, struct input *in)
{
	struct task_def task = { .tid = get_u32(in), .tgid = 0 };
	task.tgid = get_u32(in);
	task.comm = get_text(in, 0);
	if (in->bad)
		return "a task definition is cut short";
	if (definition_add_task(table, &task, NULL) == UINT32_MAX)
		return definition_no_memory;
	return NULL;
}

static const char *get_cache(struct input *in, struct cache_def *cache)
{
	cache->object_size = get_u32(in);
	cache->size = get_u32(in);
	cache->align = get_u32(in);
	cache->flags = get_u32(in);
	cache->useroffset = get_u32(in);
	uint8_t bits = get_u8(in);
	cache->constructor = bits & SYT_CACHE_CONSTRUCTOR;
	cache->complete = bits & SYT_CACHE_COMPLETE;
	cache->named = bits & SYT_CACHE_NAMED;
	cache->name = get_text(in, 0);
	if (in->bad || (bits & ~SYT_CACHE_BITS))
		return "a cache definition is cut short or malformed";
	return NULL;
}

static const char *decode_cache(struct definition_table *table, struct input *in)
{
	struct cache_def cache;
	const char *wrong = get_cache(in, &cache);
	if (wrong)
		return wrong;
	return definition_add_cache(table, &cache, NULL) == UINT32_MAX ? definition_no_memory
								       : NULL;
}

static const char *decode_cache_update(struct definition_table *table, struct input *in)
{
	struct cache_def cache;
	uint32_t index = get_u32(in);
	const char *wrong = get_cache(in, &cache);
	if (wrong)
		return wrong;
	if (index >= definition_table_view(table)->cache_count)
		return "a cache is updated before it is defined";
	return definition_update_cache(table, index, &cache, NULL) != 0 ? definition_no_memory
									: NULL;
}

static const char *decode_origin(struct definition_table *table, struct input *in)
{
	struct origin_def origin = { .cache = { get_u32(in) } };
	origin.gfp = get_u32(in);
	origin.bytes_alloc = get_u32(in);
	origin.align = get_u32(in);
	origin.node = (int16_t)get_u16(in);
	origin.order = get_u8(in);
	origin.migratetype = get_u8(in);
	uint8_t bits = get_u8(in);
	origin.accounted = bits & SYT_ORIGIN_ACCOUNTED;
	origin.own = bits & SYT_ORIGIN_OWN;
	origin.call_site = get_text(in, 0);
	if (in->bad || (bits & ~SYT_ORIGIN_BITS))
		return "an origin definition is cut short or malformed";
	if (!cache_is_none(origin.cache) &&
	    origin.cache.v >= definition_table_view(table)->cache_count)
		return "an origin names a cache that is not defined";
	return definition_add_origin(table, &origin, NULL) == UINT32_MAX ? definition_no_memory
									 : NULL;
}

static const char *decode_site(struct definition_table *table, struct input *in)
{
	struct site_def site;
	site.cache.v = get_u32(in);
	site.allocations = get_u64(in);
	site.call_site = get_text(in, 0);
	if (in->bad)
		return "a call site's definition is cut short";
	if (site.cache.v >= definition_table_view(table)->cache_count)
		return "a call site names a cache that is not defined";
	return definition_add_site(table, &site, NULL) == UINT32_MAX ? definition_no_memory : NULL;
}

static const char *decode_meta(struct definition_table *table, struct input *in)
{
	const char *key = get_text(in, 0);
	const char *value = get_text(in, 1);
	if (in->bad)
		return "a meta entry is cut short";
	return definition_set_meta(table, key, value, NULL) != 0 ? definition_no_memory : NULL;
}

static const char *decode_id_max(struct definition_table *table, struct input *in)
{
	uint8_t space = get_u8(in);
	uint32_t id = get_u32(in);
	if (in->bad || space >= SPACE_SLOTS || id == UINT32_MAX)
		return "an id range is cut short or impossible";
	definition_raise_id_max(table, space, id);
	return NULL;
}

static const char *decode_entry(struct definition_table *table, struct input *in)
{
	switch (get_u8(in)) {
	case SYT_TASK:
		return decode_task(table, in);
	case SYT_CACHE:
		return decode_cache(table, in);
	case SYT_CACHE_UPDATE:
		return decode_cache_update(table, in);
	case SYT_ORIGIN:
		return decode_origin(table, in);
	case SYT_SITE:
		return decode_site(table, in);
	case SYT_META:
		return decode_meta(table, in);
	case SYT_ID_MAX:
		return decode_id_max(table, in);
	default:
		return "definition of an unknown kind";
	}
}

const char *definition_decode(struct definition_table *table, const uint8_t *payload, size_t bytes,
			      uint32_t count)
{
	struct input in;
	in.bytes = payload;
	in.left = bytes;
	in.bad = false;
	for (uint32_t i = 0; i < count; i++) {
		const char *wrong = decode_entry(table, &in);
		if (wrong)
			return wrong;
	}
	return in.left ? "bytes left over behind the last definition" : NULL;
}
