/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/census_ways.h"

#include <stdio.h>
#include <string.h>

#include "core/own_requests.h"
#include "machine/caches.h"
#include "trace/call_sites.h"

static const struct {
	const char *prefix;
	uint32_t gfp;
} kmalloc_sets[] = {
	{ "kmalloc-rcl-", GFP_BIT_RECLAIMABLE },
	{ "kmalloc-cg-", GFP_BIT_ACCOUNT },
	{ "dma-kmalloc-", GFP_BIT_DMA },
	{ "kmalloc-", 0 },
};

enum { KMALLOC_SETS = sizeof(kmalloc_sets) / sizeof(kmalloc_sets[0]) };

static const struct {
	uint32_t bytes;
	const char *name;
} classes[CENSUS_CLASSES] = {
	{ 8, "8" },     { 16, "16" },   { 32, "32" },   { 64, "64" },   { 96, "96" },
	{ 128, "128" }, { 192, "192" }, { 256, "256" }, { 512, "512" }, { 1024, "1k" },
	{ 2048, "2k" }, { 4096, "4k" }, { 8192, "8k" },
};

struct request census_request(const struct machine *m, uint32_t gfp)
{
	return (struct request){
		.gfp = gfp,
		.migratetype = (uint8_t)gfp_migratetype(gfp),
		.time_ns = m->time_ns,
		.zone_hint = -1,
		.node = -1,
	};
}

static uint32_t class_below(size_t class)
{
	return class ? classes[class - 1].bytes : 0;
}

/* How many the map says were alive in the same set's cache of that class, or 0. */
static uint64_t alive_in(const struct machine *m, const char *prefix, size_t class)
{
	char name[64];
	if (!m->true_caches)
		return 0;
	snprintf(name, sizeof(name), "%s%s", prefix, classes[class].name);
	const cache_id cache = true_caches_named(m->true_caches, name);
	return cache_is_none(cache)
		       ? 0
		       : call_sites_alive(true_caches_definitions(m->true_caches), cache.v);
}

/*
 * What lies in a kmalloc cache of `high` bytes: all down to the next smaller cache, which for the
 * smallest is nothing. Where the map tells nothing of it, every size is as likely.
 */
static void weigh_classes(struct census_way *way, const struct machine *m, const char *prefix,
			  uint64_t smallest)
{
	uint64_t told = 0;
	memset(way->weight, 0, sizeof(way->weight));
	for (size_t i = 0; i < CENSUS_CLASSES && classes[i].bytes <= way->high; i++)
		if (classes[i].bytes == way->high || way->high <= smallest)
			told += way->weight[i] = alive_in(m, prefix, i);
	for (size_t i = 0; !told && i < CENSUS_CLASSES && classes[i].bytes <= way->high; i++)
		if (classes[i].bytes == way->high || way->high <= smallest)
			way->weight[i] = classes[i].bytes - class_below(i);
}

static bool kmalloc_way(struct census_way *way, const struct machine *m,
			const struct cache_def *def, uint64_t smallest)
{
	for (size_t i = 0; i < KMALLOC_SETS; i++) {
		const char *prefix = kmalloc_sets[i].prefix;
		if (strncmp(def->name, prefix, strlen(prefix)) != 0)
			continue;
		way->cache = CACHE_NONE;
		way->high = def->object_size;
		way->gfp = GFP_MASK_KERNEL | kmalloc_sets[i].gfp;
		weigh_classes(way, m, prefix, smallest);
		return true;
	}
	return false;
}

int census_way_find(struct census_way *way, struct machine *m, const struct cache_def *def,
		    uint64_t smallest, struct error *err)
{
	*way = (struct census_way){ 0 };
	if (own_requests_have(def->name))
		return 0;
	if (kmalloc_way(way, m, def, smallest))
		return 1;
	way->high = def->object_size ? def->object_size : 1;
	way->gfp =
		GFP_MASK_KERNEL | (def->flags & CACHE_RECLAIM_ACCOUNT ? GFP_BIT_RECLAIMABLE : 0u);
	way->cache = cache_of_definition(m, def, err);
	/* The recorded size is that of all that was merged into it. */
	const cache_id known =
		m->true_caches ? true_caches_named(m->true_caches, def->name) : CACHE_NONE;
	if (!cache_is_none(known))
		way->high = true_caches_at(m->true_caches, known.v)->object_size;
	return cache_is_none(way->cache) ? -1 : 1;
}

/* A size that such a kmalloc may have been asked for: a class by weight, evenly in the class. */
static uint32_t draw_bytes(const struct census_way *way, struct rng *rng)
{
	uint64_t whole = 0;
	size_t class = 0;
	for (size_t i = 0; i < CENSUS_CLASSES; i++)
		whole += way->weight[i];
	if (!whole)
		return way->high;
	uint64_t drawn = rng_below(rng, whole);
	while (drawn >= way->weight[class])
		drawn -= way->weight[class ++];
	const uint32_t below = class_below(class);
	return below + 1 + (uint32_t)rng_below(rng, classes[class].bytes - below);
}

object_t census_way_ask(const struct census_way *way, struct machine *m, struct rng *rng)
{
	struct request request = census_request(m, way->gfp);
	if (!cache_is_none(way->cache)) {
		request.bytes = way->high;
		return m->slab->alloc(m->slab_state, &request, way->cache);
	}
	request.bytes = draw_bytes(way, rng);
	return m->slab->kmalloc(m->slab_state, &request, request.bytes);
}

const char *census_way_name(const struct census_way *way, struct machine *m)
{
	struct cache_counts counts = { 0 };
	if (cache_is_none(way->cache) || !m->slab->counts(m->slab_state, way->cache, &counts))
		return NULL;
	return counts.name;
}
