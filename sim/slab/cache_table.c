/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "slab/cache_table.h"

#include <string.h>

#include "slab/kmalloc.h"

/* Caches with these flags stay alone; two caches are merged only if they agree on the others. */
enum {
	FLAGS_NEVER_MERGED = CACHE_TYPESAFE_BY_RCU | CACHE_NOLEAKTRACE | CACHE_NO_MERGE,
	FLAGS_TO_AGREE_ON =
		CACHE_RECLAIM_ACCOUNT | CACHE_CACHE_DMA | CACHE_CACHE_DMA32 | CACHE_ACCOUNT,
};

int cache_table_init(struct cache_table *table, struct arena *arena, struct error *err)
{
	table->caches = arena_array(arena, CACHES_MAX, sizeof(*table->caches), err);
	table->names = arena_array(arena, CACHE_NAMES_BYTES, 1, err);
	return table->caches && table->names ? 0 : -1;
}

void cache_table_clear(struct cache_table *table)
{
	table->count = 0;
	table->names_used = 0;
}

cache_id cache_table_add(struct cache_table *table, const struct cache_args *args,
			 struct error *err)
{
	const size_t length = strlen(args->name) + 1;

	if (table->count == CACHES_MAX || length > CACHE_NAMES_BYTES - table->names_used) {
		error_set(err, ERROR_INPUT, "cache '%s': more than %d kmem_caches", args->name,
			  CACHES_MAX);
		return CACHE_NONE;
	}
	const cache_id cache = { table->count++ };

	table->caches[cache.v] = (struct kmem_cache){
		.name = table->names_used,
		.object_size = args->object_size,
		.align = args->align,
		.flags = args->flags,
		.refcount = args->refcount,
		.constructor = args->constructor,
		.usercopy = args->usercopy,
		.alive = true,
	};
	memcpy(table->names + table->names_used, args->name, length);
	table->names_used += (uint32_t)length;
	return cache;
}

const char *cache_name(const struct cache_table *table, cache_id cache)
{
	return table->names + table->caches[cache.v].name;
}

cache_id cache_table_find(const struct cache_table *table, const char *name)
{
	for (uint32_t i = table->count; i-- > 0;) {
		const cache_id cache = { i };

		if (table->caches[i].alive && strcmp(cache_name(table, cache), name) == 0)
			return cache;
	}
	return CACHE_NONE;
}

uint32_t cache_alignment(uint32_t flags, uint32_t align, uint32_t size)
{
	if (flags & CACHE_HWCACHE_ALIGN) {
		uint32_t line = CACHE_LINE_BYTES;

		/* Small objects share a cache line as long as none crosses two. */
		while (size <= line / 2)
			line /= 2;
		if (line > align)
			align = line;
	}
	return align > CACHE_ALIGN_MIN ? align : CACHE_ALIGN_MIN;
}

int cache_spec_check(const struct cache_spec *spec, const struct services *services,
		     struct error *err)
{
	const uint32_t most = kmalloc_bytes_max(services);

	if (spec->object_size == 0 || spec->object_size > most)
		return error_set(err, ERROR_INPUT,
				 "cache '%s': an object has 1 to %u bytes, not %u", spec->name,
				 most, spec->object_size);
	if (spec->align & (spec->align - 1))
		return error_set(err, ERROR_INPUT, "cache '%s': alignment %u is not a power of two",
				 spec->name, spec->align);
	if (spec->align > most)
		return error_set(err, ERROR_INPUT, "cache '%s': alignment %u is larger than %u",
				 spec->name, spec->align, most);
	return 0;
}

static bool cache_unmergeable(const struct kmem_cache *cache)
{
	return !cache->alive || (cache->flags & FLAGS_NEVER_MERGED) || cache->constructor ||
	       cache->usercopy || cache->refcount < 0;
}

cache_id cache_find_mergeable(const struct cache_table *table, const struct cache_spec *spec,
			      enum merge_rule rule,
			      uint32_t (*size_of)(const void *policy, cache_id cache),
			      const void *policy)
{
	const uint32_t words = align_up(spec->object_size, CACHE_ALIGN_MIN);
	const uint32_t align = cache_alignment(spec->flags, spec->align, words);
	const uint32_t size = align_up(words, align);

	if (spec->constructor || spec->no_merge || (spec->flags & FLAGS_NEVER_MERGED))
		return CACHE_NONE;
	for (uint32_t i = 0; i < table->count; i++) {
		const struct kmem_cache *other = &table->caches[i];

		if (cache_unmergeable(other))
			continue;
		if ((spec->flags ^ other->flags) & FLAGS_TO_AGREE_ON)
			continue;
		const uint32_t other_size = size_of(policy, (cache_id){ i });

		if (size > other_size || other_size - size >= CACHE_ALIGN_MIN ||
		    (other_size & (align - 1)))
			continue;
		if (rule == MERGE_BY_SIZE_AND_ALIGN &&
		    (align > other->align || other->align % align))
			continue;
		return (cache_id){ i };
	}
	return CACHE_NONE;
}

bool cache_table_was_merged(const struct cache_table *table)
{
	const uint32_t many = 32;
	uint32_t mergeable = 0;

	for (uint32_t i = 0; i < table->count; i++) {
		const struct kmem_cache *cache = &table->caches[i];

		if (cache->refcount > 1)
			return true;
		mergeable += !cache_unmergeable(cache);
	}
	return mergeable < many;
}

void cache_merge(struct cache_table *table, cache_id cache, const struct cache_spec *spec)
{
	struct kmem_cache *c = cache_at(table, cache);

	c->refcount++;
	if (spec->object_size > c->object_size)
		c->object_size = spec->object_size;
}
