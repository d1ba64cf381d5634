/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/caches.h"

static uint32_t align_up(uint32_t value, uint32_t align)
{
	return (value + align - 1) / align * align;
}

enum { CACHE_LINE = 64, WORD = 8 };

/*
 * A recording without kmem_cache_create tells bytes_req and bytes_alloc only. Their difference
 * tells the rest for the common cases: padding to a cache line is SLAB_HWCACHE_ALIGN, one word more
 * than the object is a free pointer kept outside it, as a constructor or RCU demand.
 */
static struct cache_spec infer_spec(const struct cache_def *def)
{
	struct cache_spec spec = {
		.name = def->name,
		.object_size = def->object_size,
		.align = def->align,
		.flags = def->flags,
		.constructor = def->constructor,
	};
	if (!spec.object_size)
		spec.object_size = def->size ? def->size : WORD;
	if (def->complete)
		return spec;
	spec.no_merge = true;
	uint32_t words = align_up(spec.object_size, WORD);
	if (def->size <= words)
		return spec;
	if (def->size == words + WORD)
		spec.constructor = true;
	else if (def->size % CACHE_LINE == 0)
		spec.align = CACHE_LINE;
	return spec;
}

cache_id cache_make(struct machine *m, cache_id recorded, struct error *err)
{
	const struct cache_def *def = &m->trace->definitions->caches[recorded.v];
	struct cache_spec spec = infer_spec(def);
	struct error why = { 0 };
	cache_id cache = m->slab->cache_create(m->slab_state, &spec, &why);
	if (cache_is_none(cache))
		error_at_record(err, m->trace->name, "record", machine_record(m), "%s",
				why.message);
	else
		m->cache_of[recorded.v] = cache.v + 1;
	return cache;
}

static cache_id look_up(struct machine *m, cache_id recorded, struct error *err)
{
	const struct cache_def *def = &m->trace->definitions->caches[recorded.v];
	cache_id cache = m->slab->cache_find(m->slab_state, def->name);
	if (cache_is_none(cache))
		return cache_make(m, recorded, err);
	m->cache_of[recorded.v] = cache.v + 1;
	return cache;
}

cache_id cache_resolve(struct machine *m, cache_id recorded, struct error *err)
{
	if (cache_is_none(recorded)) {
		error_at_record(err, m->trace->name, "record", machine_record(m),
				"no cache is recorded for it");
		return CACHE_NONE;
	}
	uint32_t known = m->cache_of[recorded.v];
	if (known)
		return (cache_id){ known - 1 };
	return look_up(m, recorded, err);
}

void cache_forget(struct machine *m, cache_id recorded)
{
	m->cache_of[recorded.v] = 0;
}
