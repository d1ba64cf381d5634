/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/census.h"

#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "machine/caches.h"
#include "machine/frame_pool.h"
#include "machine/start.h"
#include "trace/call_sites.h"

/* How objects of one recorded cache are asked for. */
struct way {
	cache_id cache;     /* CACHE_NONE: kmalloc */
	uint32_t low, high; /* more than low bytes are asked for, and at most high */
	uint32_t gfp;
	bool left_out; /* the recorded allocator's own */
};

struct census {
	struct machine *m;
	const struct slab_state *state;
	struct older *older;
	struct frame_pool *pool;
	struct rng *rng;
	struct way *ways; /* by recorded cache */
	object_t *holes;  /* allocated only for the place that they take */
	size_t hole_count, hole_capacity;
	size_t next_older; /* first object of `older` behind those that were placed */
};

/* --- pages --- */

pfn_t census_page_alloc(struct census *c, struct machine *m, const struct request *request)
{
	pfn_t pfn = frame_pool_take(c->pool, request->order);
	return pfn_is_none(pfn) ? m->page->alloc(m->page_state, request) : pfn;
}

void census_page_free(struct census *c, struct machine *m, const struct request *request, pfn_t pfn)
{
	(void)m;
	frame_pool_give(c->pool, pfn.v, request->order);
}

static struct request census_request(const struct machine *m, uint32_t gfp)
{
	return (struct request){
		.gfp = gfp,
		.migratetype = (uint8_t)gfp_migratetype(gfp),
		.time_ns = m->time_ns,
		.zone_hint = -1,
		.node = -1,
	};
}

/* What the policy did not need goes back, in blocks as large as they are. */
static void free_the_rest(struct census *c)
{
	struct machine *m = c->m;
	const struct page_state *pages = start_pages(m->start);
	struct request request = census_request(m, GFP_MASK_KERNEL);
	unsigned order;
	for (;;) {
		pfn_t pfn = frame_pool_take_any(c->pool, pages->orders - 1, &order);
		if (pfn_is_none(pfn))
			return;
		request.order = (uint8_t)order;
		m->page->free(m->page_state, &request, pfn);
	}
}

/* --- what is asked for --- */

static const struct {
	const char *prefix;
	uint32_t gfp;
} kmalloc_sets[] = {
	{ "kmalloc-rcl-", GFP_BIT_RECLAIMABLE },
	{ "kmalloc-cg-", GFP_BIT_ACCOUNT },
	{ "dma-kmalloc-", GFP_BIT_DMA },
	{ "kmalloc-", 0 },
};

static const uint32_t kmalloc_classes[] = { 8,   16,  32,   64,   96,   128, 192,
					    256, 512, 1024, 2048, 4096, 8192 };

enum { KMALLOC_CLASSES_COUNT = sizeof(kmalloc_classes) / sizeof(kmalloc_classes[0]) };

/* The smallest size of a state's kmalloc caches is served down to 1 byte. */
static uint32_t class_below(const struct slab_state *state, uint32_t bytes)
{
	uint32_t below = 0;
	for (size_t i = 0; i < KMALLOC_CLASSES_COUNT && kmalloc_classes[i] < bytes; i++)
		below = kmalloc_classes[i];
	return below < state->kmalloc_min ? 0 : below;
}

static bool kmalloc_way(const struct slab_state *state, const struct cache_state *cache,
			struct way *way)
{
	for (size_t i = 0; i < sizeof(kmalloc_sets) / sizeof(kmalloc_sets[0]); i++) {
		const char *prefix = kmalloc_sets[i].prefix;
		if (strncmp(cache->name, prefix, strlen(prefix)) != 0)
			continue;
		way->cache = CACHE_NONE;
		way->high = cache->object_size;
		way->low = class_below(state, way->high);
		way->gfp = GFP_MASK_KERNEL | kmalloc_sets[i].gfp;
		return true;
	}
	return false;
}

/* struct kmem_cache and its node: each allocator has its own kind of these. */
static bool is_allocators_own(const struct cache_state *cache)
{
	return strcmp(cache->name, "kmem_cache") == 0 ||
	       strcmp(cache->name, "kmem_cache_node") == 0;
}

static int find_way(struct census *c, const struct cache_state *cache, struct way *way,
		    struct error *err)
{
	way->left_out = is_allocators_own(cache);
	if (way->left_out || kmalloc_way(c->state, cache, way))
		return 0;
	const struct cache_def def = call_sites_definition(cache);
	way->gfp =
		GFP_MASK_KERNEL | (cache->flags & CACHE_RECLAIM_ACCOUNT ? GFP_BIT_RECLAIMABLE : 0u);
	way->high = def.object_size ? def.object_size : 1;
	way->low = way->high - 1;
	way->cache = cache_of_definition(c->m, &def, err);
	return cache_is_none(way->cache) ? -1 : 0;
}

/* Oldest first, as the kernel created them: merging goes by that. */
static int find_ways(struct census *c, struct error *err)
{
	c->ways = calloc(c->state->cache_count + 1, sizeof(*c->ways));
	if (!c->ways)
		return error_set(err, ERROR_RUN, "no memory for the start state");
	for (size_t i = c->state->cache_count; i-- > 0;)
		if (find_way(c, &c->state->caches[i], &c->ways[i], err) != 0)
			return -1;
	return 0;
}

/* --- one place after another --- */

static object_t allocate(struct census *c, const struct way *way)
{
	struct machine *m = c->m;
	struct request request = census_request(m, way->gfp);
	request.bytes = way->low + 1 + (uint32_t)rng_below(c->rng, way->high - way->low);
	if (!cache_is_none(way->cache))
		return m->slab->alloc(m->slab_state, &request, way->cache);
	return m->slab->kmalloc(m->slab_state, &request, request.bytes);
}

static int note_hole(struct census *c, object_t object, struct error *err)
{
	if (c->hole_count == c->hole_capacity) {
		size_t capacity = c->hole_capacity ? 2 * c->hole_capacity : 4096;
		object_t *grown = realloc(c->holes, capacity * sizeof(*grown));
		if (!grown)
			return error_set(err, ERROR_RUN, "no memory for the start state");
		c->holes = grown;
		c->hole_capacity = capacity;
	}
	c->holes[c->hole_count++] = object;
	return 0;
}

static int fill_place(struct census *c, const struct way *way, uint64_t address, struct error *err)
{
	const size_t next = c->next_older;
	const bool live = next < older_count(c->older) && older_address(c->older, next) == address;
	object_t object = OBJECT_NONE;
	if (!way->left_out)
		object = allocate(c, way);
	if (live) {
		older_place(c->older, next, object);
		c->next_older++;
	} else if (object != OBJECT_NONE) {
		return note_hole(c, object, err);
	}
	return 0;
}

struct recorded_slab {
	const struct slab_entry *entry;
	uint32_t cache;
};

static int compare_slabs(const void *a, const void *b)
{
	uint32_t x = ((const struct recorded_slab *)a)->entry->pfn;
	uint32_t y = ((const struct recorded_slab *)b)->entry->pfn;
	return (x > y) - (x < y);
}

static struct recorded_slab *sort_slabs(const struct slab_state *state, size_t *count)
{
	*count = 0;
	for (size_t i = 0; i < state->cache_count; i++)
		*count += state->caches[i].slab_count;
	struct recorded_slab *slabs = malloc((*count + 1) * sizeof(*slabs));
	size_t n = 0;
	for (uint32_t i = 0; slabs && i < state->cache_count; i++)
		for (size_t k = 0; k < state->caches[i].slab_count; k++)
			slabs[n++] = (struct recorded_slab){ &state->caches[i].slabs[k], i };
	if (slabs && *count)
		qsort(slabs, *count, sizeof(*slabs), compare_slabs);
	return slabs;
}

static int fill_places(struct census *c, struct error *err)
{
	size_t count;
	struct recorded_slab *slabs = sort_slabs(c->state, &count);
	int result = slabs ? 0 : error_set(err, ERROR_RUN, "no memory for the start state");
	for (size_t i = 0; result == 0 && i < count; i++) {
		const struct cache_state *cache = &c->state->caches[slabs[i].cache];
		const struct slab_entry *slab = slabs[i].entry;
		for (uint32_t k = 0; result == 0 && k < slab->objects; k++)
			result = fill_place(c, &c->ways[slabs[i].cache],
					    slab_entry_object(cache, slab, k), err);
	}
	free(slabs);
	return result;
}

static void free_holes(struct census *c)
{
	struct machine *m = c->m;
	const struct request request = census_request(m, GFP_MASK_KERNEL);
	for (size_t left = c->hole_count; left > 0; left--) {
		const size_t drawn = (size_t)rng_below(c->rng, left);
		m->slab->kfree(m->slab_state, &request, c->holes[drawn]);
		c->holes[drawn] = c->holes[left - 1];
	}
}

/* --- the whole --- */

static void give_recorded_frames(struct census *c)
{
	for (size_t i = 0; i < c->state->cache_count; i++) {
		const struct cache_state *cache = &c->state->caches[i];
		for (size_t k = 0; k < cache->slab_count; k++)
			frame_pool_give(c->pool, cache->slabs[k].pfn, cache->slabs[k].order);
	}
	for (size_t i = 0; i < c->state->slab_count; i++)
		frame_pool_give(c->pool, c->state->slabs[i].pfn, 0);
}

static int lay_out(struct census *c, struct error *err)
{
	c->pool = frame_pool_create(c->m->services.frames, err);
	c->rng = rng_create(c->m->run->seed, "machine.census");
	if (!c->pool || !c->rng || find_ways(c, err) != 0)
		return c->pool && c->rng ? -1 : error_set(err, ERROR_RUN, "no memory for a census");
	give_recorded_frames(c);
	if (fill_places(c, err) != 0)
		return -1;
	free_holes(c);
	free_the_rest(c);
	return 0;
}

/* All that was before the start cost nothing. */
static void forget_work(struct machine *m)
{
	m->work.cost_ps = 0;
	memset(m->work.count, 0, sizeof(m->work.count));
}

int census_lay_out(struct machine *m, const struct slab_state *state, struct older *older,
		   struct error *err)
{
	struct census c = { .m = m, .state = state, .older = older };
	m->census = &c;
	int result = lay_out(&c, err);
	m->census = NULL;
	forget_work(m);
	frame_pool_destroy(c.pool);
	if (c.rng)
		rng_destroy(c.rng);
	free(c.ways);
	free(c.holes);
	return result;
}
