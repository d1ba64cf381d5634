/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/caches.h"

static uint32_t align_up(uint32_t value, uint32_t align)
{
	return (value + align - 1) / align * align;
}

enum { CACHE_LINE = 64, ALIGN_MIN = 8 };

/*
 * A recording without kmem_cache_create tells bytes_req and bytes_alloc only. Their difference
 * tells the rest for the common cases: padding to a cache line is SLAB_HWCACHE_ALIGN, one word more
 * than the object is a free pointer kept outside it, as a constructor or RCU demand.
 */
static struct cache_spec infer_spec(const struct cache_def *def, uint32_t word)
{
	struct cache_spec spec = {
		.name = def->name,
		.object_size = def->object_size,
		.align = def->align,
		.flags = def->flags,
		.constructor = def->constructor,
	};
	if (!spec.object_size)
		spec.object_size = def->size ? def->size : word;
	if (def->complete)
		return spec;
	spec.no_merge = true;
	uint32_t words = align_up(spec.object_size, word);
	if (def->size <= align_up(words, ALIGN_MIN))
		return spec;
	if (def->size == align_up(words + word, ALIGN_MIN))
		spec.constructor = true;
	else if (def->size % CACHE_LINE == 0)
		spec.align = CACHE_LINE;
	return spec;
}

/* Without what a recording's own cache would be kept apart for: merging is the policy's matter. */
static struct cache_spec spec_of(const struct machine *m, const struct cache_def *def,
				 bool recorded)
{
	struct cache_spec spec = infer_spec(def, topology_word_bytes(&m->topology));
	spec.no_merge = spec.no_merge && recorded;
	return spec;
}

static cache_id make(struct machine *m, const struct cache_spec *spec, uint32_t *known,
		     struct error *err)
{
	struct error why = { 0 };
	const struct request request = {
		.gfp = GFP_MASK_KERNEL,
		.time_ns = m->time_ns,
		.cpu = m->clock.cpu,
		.zone_hint = -1,
		.node = -1,
	};
	cache_id cache = m->slab->cache_create(m->slab_state, &request, spec, &why);
	if (cache_is_none(cache))
		error_at_record(err, m->trace->name, "record", machine_record(m), "%s",
				why.message);
	else
		*known = cache.v + 1;
	return cache;
}

static cache_id find_or_make(struct machine *m, const struct cache_def *def, bool recorded,
			     uint32_t *known, struct error *err)
{
	if (*known)
		return (cache_id){ *known - 1 };
	cache_id cache = m->slab->cache_find(m->slab_state, def->name);
	const struct cache_spec spec = spec_of(m, def, recorded);
	if (cache_is_none(cache))
		return make(m, &spec, known, err);
	*known = cache.v + 1;
	return cache;
}

/* The true cache of what this origin allocates, CACHE_NONE: as recorded. */
static cache_id true_cache_of(struct machine *m, uint32_t origin)
{
	const struct origin_def *def = &m->trace->definitions->origins[origin];
	enum true_cache_rule rule;
	cache_id cache = CACHE_NONE;
	if (!m->true_caches)
		return cache;
	cache = true_caches_of(
		m->true_caches, def,
		cache_is_none(def->cache) ? NULL : &m->trace->definitions->caches[def->cache.v],
		&rule);
	m->summary->call_sites_by_rule[rule]++;
	return cache;
}

cache_id cache_of_true(struct machine *m, cache_id cache, struct error *err)
{
	return find_or_make(m, true_caches_at(m->true_caches, cache.v), false,
			    &m->cache_of_true[cache.v], err);
}

cache_id cache_of_definition(struct machine *m, const struct cache_def *def, struct error *err)
{
	uint32_t known = 0;
	cache_id cache = m->true_caches ? true_caches_named(m->true_caches, def->name) : CACHE_NONE;
	return cache_is_none(cache) ? find_or_make(m, def, false, &known, err)
				    : cache_of_true(m, cache, err);
}

/* A recorded size is that of the cache that it was merged with. */
static cache_id true_cache_resolve(struct machine *m, uint32_t origin, cache_id known,
				   struct error *err)
{
	m->requests[origin].bytes = true_caches_at(m->true_caches, known.v)->object_size;
	return cache_of_true(m, known, err);
}

cache_id cache_resolve(struct machine *m, uint32_t origin, struct error *err)
{
	cache_id recorded = m->trace->definitions->origins[origin].cache;
	cache_id cache = true_cache_of(m, origin);
	if (cache_is_none(cache) && cache_is_none(recorded)) {
		error_at_record(err, m->trace->name, "record", machine_record(m),
				"no cache is recorded for it");
		return CACHE_NONE;
	}
	if (cache_is_none(cache))
		cache = find_or_make(m, &m->trace->definitions->caches[recorded.v], true,
				     &m->cache_of[recorded.v], err);
	else
		cache = true_cache_resolve(m, origin, cache, err);
	if (!cache_is_none(cache))
		m->cache_of_origin[origin] = cache.v + 1;
	return cache;
}

static void forget(uint32_t *known, uint32_t count, cache_id cache)
{
	for (uint32_t i = 0; i < count; i++)
		if (known[i] == cache.v + 1)
			known[i] = 0;
}

void cache_forget(struct machine *m, cache_id cache)
{
	forget(m->cache_of, m->trace->definitions->cache_count, cache);
	forget(m->cache_of_origin, m->request_count, cache);
	if (m->true_caches)
		forget(m->cache_of_true, true_caches_count(m->true_caches), cache);
}

cache_id cache_make(struct machine *m, uint32_t origin, struct error *err)
{
	cache_id recorded = m->trace->definitions->origins[origin].cache;
	const struct cache_spec spec =
		spec_of(m, &m->trace->definitions->caches[recorded.v], !m->true_caches);
	cache_id cache = make(m, &spec, &m->cache_of[recorded.v], err);
	cache_id known = true_cache_of(m, origin);
	if (!cache_is_none(known) && !cache_is_none(cache))
		m->cache_of_true[known.v] = cache.v + 1;
	return cache;
}
