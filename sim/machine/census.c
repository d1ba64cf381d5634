/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/census.h"

#include <stdlib.h>
#include <string.h>

#include "machine/census_ways.h"
#include "machine/frame_pool.h"
#include "machine/own_records.h"
#include "machine/start.h"
#include "trace/call_sites.h"

struct census {
	struct machine *m;
	const struct slab_state *state;
	struct older *older;
	struct frame_pool *pool;
	struct rng *rng;
	struct census_way *ways; /* by recorded cache */
	bool *allocators_own;    /* the same: nothing but the recorded allocator's own */
	object_t *holes;         /* allocated only for the place that they take */
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

static int no_memory(struct error *err)
{
	return error_set(err, ERROR_RUN, "no memory for the start state");
}

/* Oldest first, as the kernel created them: merging goes by that. */
static int find_ways(struct census *c, struct error *err)
{
	c->ways = calloc(c->state->cache_count + 1, sizeof(*c->ways));
	c->allocators_own = calloc(c->state->cache_count + 1, sizeof(*c->allocators_own));
	if (!c->ways || !c->allocators_own)
		return no_memory(err);
	for (size_t i = c->state->cache_count; i-- > 0;) {
		const struct cache_def def = call_sites_definition(&c->state->caches[i]);
		const int found =
			census_way_find(&c->ways[i], c->m, &def, c->state->kmalloc_min, err);
		if (found < 0)
			return -1;
		c->allocators_own[i] = !found;
		const char *name = found ? census_way_name(&c->ways[i], c->m) : NULL;
		if (name)
			older_name_cache(c->older, (uint32_t)i, name);
	}
	return 0;
}

/* What the caches' names say of a kernel with cgroup accounting: 1, 0, or -1 for nothing. */
static int cgroups_by_name(int known, const char *name)
{
	if (strncmp(name, "kmalloc-cg-", 11) == 0)
		return 1;
	return known < 0 && strncmp(name, "kmalloc-", 8) == 0 ? 0 : known;
}

/* SLOB has no kmalloc caches that would tell, but the map may be of the same kernel. */
static bool has_no_cgroups(const struct census *c)
{
	const struct true_caches *map = c->m->true_caches;
	int known = -1;
	for (size_t i = 0; i < c->state->cache_count; i++)
		known = cgroups_by_name(known, c->state->caches[i].name);
	if (known >= 0 || !map)
		return known == 0;
	for (uint32_t i = 0; i < true_caches_count(map); i++)
		known = cgroups_by_name(known, true_caches_at(map, i)->name);
	return known == 0;
}

/* --- what allocators have for themselves --- */

static bool serves(const struct cache_state *cache, const struct own_request *own)
{
	const uint32_t agree = CACHE_RECLAIM_ACCOUNT | CACHE_CACHE_DMA | CACHE_ACCOUNT;
	const uint32_t bytes = (own->bytes + 7) & ~7u;
	if (!own->cache)
		return strncmp(cache->name, "kmalloc-", 8) == 0 && cache->name[8] >= '0' &&
		       cache->name[8] <= '9' && cache->object_size >= own->bytes;
	if (strcmp(cache->name, own->cache) == 0)
		return true;
	return cache->refcount > 1 && !cache->constructor &&
	       !((cache->flags ^ own->flags) & agree) && cache->size >= bytes &&
	       cache->size - bytes < 8;
}

/* The recorded cache that serves such a request: the smallest that can. */
static size_t serving_cache(const struct slab_state *state, const struct own_request *own)
{
	size_t found = state->cache_count;
	for (size_t i = 0; i < state->cache_count; i++)
		if (serves(&state->caches[i], own) &&
		    (found == state->cache_count ||
		     state->caches[i].size < state->caches[found].size))
			found = i;
	return found;
}

/* Which objects are the recorded allocator's own is not known, how many is. */
static void count_left_out(struct census *c)
{
	const struct own_request *own = own_requests_of(c->state->allocator);
	for (; own && own->count; own++) {
		const size_t cache = serving_cache(c->state, own);
		if (cache < c->state->cache_count)
			c->ways[cache].left_out += own->count * c->state->cache_count;
	}
}

static int add_policys_own(struct census *c, struct error *err)
{
	struct machine *m = c->m;
	const struct request request = census_request(m, GFP_MASK_KERNEL);
	const uint32_t caches = m->slab->cache_count(m->slab_state);
	object_t objects[OWN_OBJECTS_MAX];
	size_t count;
	for (uint32_t i = 0; i < caches; i++) {
		struct cache_counts counts = { 0 };
		if (m->slab->counts(m->slab_state, (cache_id){ i }, &counts) &&
		    own_objects_make(m, &request, objects, &count, err) != 0)
			return -1;
	}
	return 0;
}

/* --- one place after another --- */

static int note_hole(struct census *c, object_t object, struct error *err)
{
	if (c->hole_count == c->hole_capacity) {
		size_t capacity = c->hole_capacity ? 2 * c->hole_capacity : 4096;
		object_t *grown = realloc(c->holes, capacity * sizeof(*grown));
		if (!grown)
			return no_memory(err);
		c->holes = grown;
		c->hole_capacity = capacity;
	}
	c->holes[c->hole_count++] = object;
	return 0;
}

/* The object of the place that comes next, if a caller holds it. */
static void place_next(struct census *c, object_t object)
{
	older_place(c->older, c->next_older++, object);
}

static int fill_place(struct census *c, const struct census_way *way, enum object_place place,
		      struct error *err)
{
	if (place == PLACE_NEW)
		return 0;
	const object_t object = census_way_ask(way, c->m, c->rng);
	if (place == PLACE_LIVE)
		place_next(c, object);
	else if (object != OBJECT_NONE)
		return note_hole(c, object, err);
	return 0;
}

static bool is_full(const uint8_t *places, uint32_t objects)
{
	for (uint32_t i = 0; i < objects; i++)
		if (places[i] != PLACE_LIVE)
			return false;
	return true;
}

/* Objects of the recorded allocator itself are taken to fill slabs, those that come first. */
static uint32_t own_in_slab(struct census *c, uint32_t cache, const uint8_t *places,
			    uint32_t objects)
{
	struct census_way *way = &c->ways[cache];
	if (c->allocators_own[cache])
		return objects;
	if (!way->left_out || !is_full(places, objects))
		return 0;
	const uint32_t own = way->left_out < objects ? (uint32_t)way->left_out : objects;
	way->left_out -= own;
	return own;
}

static int fill_slab(struct census *c, uint32_t cache, const struct slab_entry *slab,
		     struct error *err)
{
	uint8_t *places = malloc(slab->objects + 1);
	if (!places)
		return no_memory(err);
	slab_entry_places(c->state, &c->state->caches[cache], slab, places);
	const uint32_t own = own_in_slab(c, cache, places, slab->objects);
	int result = 0;
	for (uint32_t i = 0; result == 0 && i < slab->objects; i++) {
		if (i >= own)
			result = fill_place(c, &c->ways[cache], places[i], err);
		else if (places[i] == PLACE_LIVE)
			place_next(c, OBJECT_NONE);
	}
	free(places);
	return result;
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

static int fill_slabs(struct census *c, struct error *err)
{
	size_t count;
	struct recorded_slab *slabs = sort_slabs(c->state, &count);
	int result = slabs ? 0 : no_memory(err);
	for (size_t i = 0; result == 0 && i < count; i++)
		result = fill_slab(c, slabs[i].cache, slabs[i].entry, err);
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

/* --- a state that does not tell which object is where --- */

static uint64_t used_bytes(const struct slab_state *state)
{
	uint64_t used = state->slab_count * (uint64_t)PAGE_SIZE_BYTES;
	for (size_t i = 0; i < state->slab_count; i++)
		used -= (uint64_t)state->slabs[i].units * 2;
	return used;
}

/* What an object takes in SLOB's pages, with what stands in front of a kmalloc; 0: a page. */
static uint64_t slob_bytes(const struct cache_def *def, const struct census_way *way)
{
	const uint64_t head = 8;
	if (def->object_size >= PAGE_SIZE_BYTES)
		return 0;
	if (!cache_is_none(way->cache))
		return def->object_size;
	return (uint64_t)def->object_size * 3 / 4 + head;
}

static int draw_objects(struct census *c, const struct census_way *way, uint64_t count,
			struct error *err)
{
	const char *name = census_way_name(way, c->m);
	for (uint64_t i = 0; i < count; i++) {
		const object_t object = census_way_ask(way, c->m, c->rng);
		if (name && object != OBJECT_NONE && older_add(c->older, name, object, err) != 0)
			return -1;
	}
	return 0;
}

/*
 * As many objects as fill what SLOB has in use, in the proportions that the map tells of that
 * kernel. Two passes: what they would take, and then their share of what is taken.
 */
static int draw_by_map(struct census *c, struct error *err)
{
	const struct true_caches *known = c->m->true_caches;
	const struct definitions *told = known ? true_caches_definitions(known) : NULL;
	uint64_t whole = 0;
	for (int pass = 0; told && pass < 2; pass++)
		for (uint32_t i = 0; i < told->cache_count; i++) {
			struct census_way way;
			const uint64_t alive = call_sites_alive(told, i);
			const int found =
				alive ? census_way_find(&way, c->m, &told->caches[i], 8, err) : 0;
			if (found < 0)
				return -1;
			if (found && pass == 0)
				whole += alive * slob_bytes(&told->caches[i], &way);
			else if (found &&
				 draw_objects(c, &way, alive * used_bytes(c->state) / whole, err) !=
					 0)
				return -1;
		}
	if (whole)
		return 0;
	return error_set(err, ERROR_INPUT,
			 "--start census: a state of slob does not tell which object is where; "
			 "--caches with a map that tells how many of each cache were alive "
			 "(slabyard caches --state MMSTATE) would do");
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
	if (!c->pool || !c->rng)
		return no_memory(err);
	if (has_no_cgroups(c))
		c->m->gfp_ignored = GFP_BIT_ACCOUNT;
	give_recorded_frames(c);
	if (find_ways(c, err) != 0 || add_policys_own(c, err) != 0)
		return -1;
	count_left_out(c);
	if ((c->state->slab_count ? draw_by_map(c, err) : fill_slabs(c, err)) != 0)
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
	free(c.allocators_own);
	free(c.holes);
	return result;
}
