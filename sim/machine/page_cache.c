/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/page_cache.h"

#include <stdlib.h>

#include "base/ptrmap.h"
#include "core/gfp.h"
#include "core/host_memory.h"
#include "core/reclaim_source.h"
#include "machine/machine.h"

enum {
	CLUSTER = 32, /* SWAP_CLUSTER_MAX: pages that are looked at in one go */
	/* As page cache is asked for, but that nobody is to reclaim for it. */
	CACHE_GFP = (GFP_MASK_HIGHUSER_MOVABLE & ~GFP_MASK_RECLAIM) | GFP_BIT_COMP | GFP_BIT_NOWARN,
};

/* Its pages are a list of their own, so that a short zone's are found among all the others'. */
struct cache_zone {
	uint32_t start, spanned, node, type;
	uint32_t oldest, newest; /* places, if it has pages */
	uint64_t pages;
};

struct page_cache {
	struct machine *m;
	struct reclaim_source source;
	uint32_t *frames; /* by place, oldest first */
	uint32_t *newer;  /* by place: the next of its zone */
	uint32_t count;
	struct ptrmap *places; /* frame -> its place */
	struct cache_zone zones[PAGE_ZONES_MAX];
	uint32_t zone_count;
};

static struct cache_zone *zone_of(struct page_cache *cache, uint32_t pfn)
{
	for (uint32_t i = 0; i < cache->zone_count; i++)
		if (pfn - cache->zones[i].start < cache->zones[i].spanned)
			return &cache->zones[i];
	return NULL;
}

/* --- reclaim --- */

static void give_back(struct page_cache *cache, const struct request *who, uint32_t place)
{
	struct request request = { .gfp = CACHE_GFP,
				   .migratetype = MIGRATE_MOVABLE,
				   .flags = REQUEST_BATCHED,
				   .zone_hint = -1,
				   .node = -1,
				   .time_ns = who->time_ns,
				   .cpu = who->cpu,
				   .task = who->task };
	uint32_t pfn = cache->frames[place];

	ptrmap_take(cache->places, pfn);
	cache->m->page->free(cache->m->page_state, &request, (pfn_t){ pfn });
}

/* The zone that has the oldest page of those that the pass may take; NULL: there is none. */
static struct cache_zone *oldest_zone(struct page_cache *cache, const struct reclaim_pass *pass)
{
	struct cache_zone *oldest = NULL;

	for (uint32_t i = 0; i < cache->zone_count; i++) {
		struct cache_zone *zone = &cache->zones[i];
		if (zone->pages && zone->node == pass->node && zone->type <= pass->highest_type &&
		    (!oldest || zone->oldest < oldest->oldest))
			oldest = zone;
	}
	return oldest;
}

/*
 * The oldest pages that the pass may take. They go in one batch, the last first, as
 * shrink_folio_list() puts each at the head of its list.
 */
static uint32_t take_cluster(struct page_cache *cache, const struct reclaim_pass *pass,
			     uint32_t most)
{
	uint32_t places[CLUSTER], taken = 0;
	struct cache_zone *zone;

	while (taken < most && (zone = oldest_zone(cache, pass))) {
		places[taken++] = zone->oldest;
		zone->oldest = cache->newer[zone->oldest];
		zone->pages--;
	}
	for (uint32_t i = taken; i--;)
		give_back(cache, &pass->request, places[i]);
	return taken;
}

uint64_t page_cache_pages(const struct page_cache *cache, uint32_t node)
{
	uint64_t pages = 0;

	for (uint32_t i = 0; cache && i < cache->zone_count; i++)
		if (cache->zones[i].node == node)
			pages += cache->zones[i].pages;
	return pages;
}

static struct reclaim_progress shrink_node(void *context, const struct reclaim_pass *pass)
{
	struct page_cache *cache = context;
	struct reclaim_progress progress = { 0 };
	uint64_t target = page_cache_pages(cache, pass->node) >> pass->priority;
	/* its first pass goes over all that it meant to look at (proportional_reclaim) */
	bool whole = !pass->kswapd && pass->priority == RECLAIM_PRIORITY_FIRST;

	while (progress.scanned < target && (whole || progress.reclaimed < pass->wanted)) {
		uint64_t left = target - progress.scanned;
		uint32_t taken =
			take_cluster(cache, pass, left < CLUSTER ? (uint32_t)left : CLUSTER);
		if (!taken)
			break;
		progress.scanned += taken;
		progress.reclaimed += taken;
	}
	vm_event_count(&cache->m->work, VM_pgscan_file, progress.scanned);
	vm_event_count(&cache->m->work, VM_pgsteal_file, progress.reclaimed);
	return progress;
}

static uint64_t reclaimable(void *context, uint32_t node, uint32_t zone_type)
{
	const struct page_cache *cache = context;
	uint64_t pages = 0;

	for (uint32_t i = 0; i < cache->zone_count; i++)
		if (cache->zones[i].node == node && cache->zones[i].type == zone_type)
			pages += cache->zones[i].pages;
	return pages;
}

static uint64_t inactive(void *context, uint32_t node)
{
	return page_cache_pages(context, node);
}

/* --- the start --- */

static int learn_zones(struct page_cache *cache, struct error *err)
{
	struct machine *m = cache->m;
	struct page_counts *counts = calloc(1, sizeof(*counts));

	if (!counts)
		return error_set(err, ERROR_RUN, "no memory for the page cache");
	m->page->counts(m->page_state, counts);
	cache->zone_count = counts->zone_count;
	for (uint32_t i = 0; i < counts->zone_count; i++) {
		const struct zone_counts *zone = &counts->zones[i];
		cache->zones[i] = (struct cache_zone){ .start = zone->start_pfn,
						       .spanned = zone->spanned,
						       .node = zone->node,
						       .type = zone->type };
	}
	free(counts);
	return 0;
}

static void add_page(struct page_cache *cache, uint32_t pfn)
{
	struct cache_zone *zone = zone_of(cache, pfn);
	uint32_t place = cache->count++;

	SIM_ASSERT(zone);
	cache->frames[place] = pfn;
	if (zone->pages++)
		cache->newer[zone->newest] = place;
	else
		zone->oldest = place;
	zone->newest = place;
}

/* Node after node in turn, as processes that read files run here and there. */
static int read_pages(struct page_cache *cache, uint32_t wanted, struct error *err)
{
	struct machine *m = cache->m;
	struct request request = { .gfp = CACHE_GFP,
				   .migratetype = MIGRATE_MOVABLE,
				   .zone_hint = -1,
				   .node = -1,
				   .time_ns = m->time_ns };

	while (cache->count < wanted) {
		request.cpu = cache->count % m->cpus;
		pfn_t pfn = m->page->alloc(m->page_state, &request);
		if (pfn_is_none(pfn))
			return 0;
		if (ptrmap_put(cache->places, pfn.v, cache->count, err) != 0)
			return -1;
		add_page(cache, pfn.v);
	}
	return 0;
}

static int fill(struct page_cache *cache, uint32_t wanted, struct error *err)
{
	struct machine *m = cache->m;
	const struct work work = m->work;
	struct lock_table *locks = m->clock.locks;

	cache->places = ptrmap_create(err);
	cache->frames = malloc(wanted * sizeof(*cache->frames));
	cache->newer = calloc(wanted, sizeof(*cache->newer));
	if (!cache->places || !cache->frames || !cache->newer)
		return error_set(err, ERROR_RUN, "no memory for the page cache");
	if (learn_zones(cache, err) != 0)
		return -1;
	m->clock.locks = NULL; /* what was before the start is no work of the run */
	int result = read_pages(cache, wanted, err);
	m->clock.locks = locks;
	m->work = work;
	return result;
}

int page_cache_fill(struct machine *m, struct page_cache **out, struct error *err)
{
	uint64_t wanted = m->params->page_cache_bytes >> PAGE_SHIFT;

	*out = NULL;
	if (!wanted)
		return 0;
	if (wanted > m->memory_bytes >> PAGE_SHIFT)
		return error_set(err, ERROR_INPUT,
				 "machine.page_cache: must be at most machine.memory");
	struct page_cache *cache = calloc(1, sizeof(*cache));
	if (!cache)
		return error_set(err, ERROR_RUN, "no memory for the page cache");
	cache->m = m;
	cache->source = (struct reclaim_source){ .shrink_node = shrink_node,
						 .reclaimable = reclaimable,
						 .inactive = inactive,
						 .context = cache };
	if (fill(cache, (uint32_t)wanted, err) != 0) {
		page_cache_destroy(cache);
		return -1;
	}
	m->services.reclaim = &cache->source;
	*out = cache;
	return 0;
}

void page_cache_destroy(struct page_cache *cache)
{
	if (!cache)
		return;
	if (cache->places)
		ptrmap_destroy(cache->places);
	free(cache->frames);
	free(cache->newer);
	free(cache);
}

bool page_cache_has(const struct page_cache *cache, pfn_t pfn)
{
	return cache && ptrmap_get(cache->places, pfn.v) != PTRMAP_NONE;
}

/* Compaction moves it within its zone (struct compact_control). */
bool page_cache_move(struct page_cache *cache, pfn_t from, pfn_t to)
{
	uint32_t place = cache ? ptrmap_take(cache->places, from.v) : PTRMAP_NONE;

	if (place == PTRMAP_NONE)
		return false;
	host_memory_check(ptrmap_put(cache->places, to.v, place, NULL) == 0, "moved pages");
	SIM_ASSERT(zone_of(cache, from.v) == zone_of(cache, to.v));
	cache->frames[place] = to.v;
	return true;
}
