/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Making slabs out of pages and giving them back. Reference: mm/slab.c (cache_grow_begin,
 * cache_grow_end, kmem_getpages, alloc_slabmgmt, slabs_destroy, slab_destroy, kmem_rcu_free).
 */
#include "core/assert.h"
#include "core/gfp.h"
#include "slab/slab_private.h"

/* Of the colours of a cache's slabs, one after another. */
static uint32_t colour_after(uint32_t colour, const struct slab_cache *cache)
{
	return colour + 1 < cache->colour ? colour + 1 : 0;
}

uint32_t slab_next_colour(const struct slab_node *node, const struct slab_cache *cache)
{
	return colour_after(node->colour_next, cache) * cache->colour_off;
}

/* Where the index array is when it is a kmalloc; false: there was no memory for it. */
static bool management_alloc(struct slab *slab, const struct request *cause,
			     const struct slab_cache *cache, uint32_t node, object_t *management)
{
	struct request request = *cause;

	*management = OBJECT_NONE;
	if (cache->management != SLAB_OFF_SLAB)
		return true;
	request.gfp &= GFP_SLAB_RECLAIM;
	if (slab->node_count > 1)
		request.node = (int16_t)node;
	request.bytes = cache->num;
	*management = slab_kmalloc(slab, &request, cache->num);
	if (slab->services->note_own)
		slab->services->note_own(slab->services->engine, *management);
	return *management != OBJECT_NONE;
}

/* shuffle_freelist: the object that would hold the indices is drawn first and goes last. */
static void shuffle_objects(struct slab *slab, const struct slab_slab *s, uint32_t objects)
{
	struct freelist_walk walk = freelist_random_walk(&slab->random, s->cache, objects);
	uint8_t *indices = slab->indices + s->indices;
	uint32_t count = objects;

	if (slab->caches[s->cache].management == SLAB_OBJFREELIST)
		indices[--count] = (uint8_t)freelist_next(&walk, objects);
	for (uint32_t i = 0; i < count; i++)
		indices[i] = (uint8_t)freelist_next(&walk, objects);
}

static void number_objects(struct slab *slab, const struct slab_slab *s, uint32_t objects)
{
	for (uint32_t i = 0; i < objects; i++)
		slab->indices[s->indices + i] = (uint8_t)i;
	if (slab->random.rng && objects > 1)
		shuffle_objects(slab, s, objects);
	work_count(slab->work, WORK_slab_new);
	work_count_n(slab->work, WORK_slab_object_init, objects);
}

uint32_t slab_grow_begin(struct slab *slab, const struct request *request, cache_id cache)
{
	const struct slab_cache *owner = &slab->caches[cache.v];
	const uint32_t gfp = (request->gfp & ~(uint32_t)GFP_BIT_NOFAIL &
			      (GFP_SLAB_RECLAIM | GFP_SLAB_CONSTRAINT)) |
			     owner->allocflags;
	const struct request ask = page_request(request, gfp, owner->gfporder);
	const pfn_t pfn = page_source_alloc(slab->pages, &ask);
	object_t management;

	if (pfn_is_none(pfn))
		return SLAB_NONE;
	const uint32_t node_id = slab_nodes_of_frame(&slab->numa, pfn.v);
	struct slab_node *node = slab_node(slab, cache.v, node_id);
	const uint32_t colour = slab_next_colour(node, owner);

	node->colour_next = colour_after(node->colour_next, owner);
	if (!management_alloc(slab, request, owner, node_id, &management)) {
		page_source_free(slab->pages, &ask, pfn);
		return SLAB_NONE;
	}
	const uint32_t id = slab_number(slab, owner->num);
	struct slab_slab *s = &slab->slabs[id];

	s->pfn = pfn.v;
	s->cache = cache.v;
	s->mem_offset = colour;
	s->active = 0;
	s->place = SLAB_IN_HAND;
	s->node = (uint16_t)node_id;
	if (owner->management == SLAB_OFF_SLAB)
		slab->management[id] = management;
	number_objects(slab, s, owner->num);
	frame_map_set(&slab->frames, pfn.v, owner->gfporder, id);
	return id;
}

void slab_grow_end(struct slab *slab, uint32_t id)
{
	const struct slab_slab *s = &slab->slabs[id];
	struct slab_node *node = slab_node(slab, s->cache, s->node);

	slab_lock_node(slab, node);
	node->total_slabs++;
	if (s->active == 0)
		slab_list_add_tail(slab, node, id, SLAB_FREE);
	else
		slab_fix_list(slab, node, id);
	node->free_objects += slab->caches[s->cache].num - s->active;
	slab_unlock_node(slab, node);
}

static void pages_free(struct slab *slab, const struct request *request, uint32_t id)
{
	const struct slab_slab *s = &slab->slabs[id];
	const pfn_t pfn = { s->pfn };
	const struct request back =
		page_request(request, request->gfp, slab->caches[s->cache].gfporder);

	frame_map_clear(&slab->frames, pfn.v, back.order);
	slab_recycle(slab, id);
	page_source_free(slab->pages, &back, pfn);
}

/* slab_destroy: the pages go, at once or after a grace period, then the index array. */
static void destroy(struct slab *slab, const struct request *request, uint32_t id)
{
	struct slab_slab *s = &slab->slabs[id];
	const uint32_t cache = s->cache;
	object_t management = OBJECT_NONE;

	if (slab->caches[cache].management == SLAB_OFF_SLAB)
		management = slab->management[id];
	work_count(slab->work, WORK_slab_discard);
	if (slab->table.caches[cache].flags & CACHE_TYPESAFE_BY_RCU) {
		s->place = SLAB_RCU;
		s->cpu = (uint16_t)request->cpu;
		services_defer(slab->services, DEFER_SLAB_RCU,
			       request->time_ns + slab->params.rcu_delay_ns, id);
	} else {
		pages_free(slab, request, id);
	}
	if (management == OBJECT_NONE)
		return;
	struct request back = *request;

	back.bytes = slab->caches[cache].num;
	slab_kfree(slab, &back, management);
}

void slab_destroy_chain(struct slab *slab, const struct request *request, uint32_t id)
{
	while (id != SLAB_NONE) {
		const uint32_t next = slab->slabs[id].next;

		destroy(slab, request, id);
		id = next;
	}
}

void slab_pages_expire(struct slab *slab, uint32_t id, uint64_t now_ns)
{
	SIM_ASSERT(id < slab->slab_count && slab->slabs[id].place == SLAB_RCU);
	const struct request request = {
		.time_ns = now_ns,
		.cpu = slab->slabs[id].cpu,
		.zone_hint = -1,
		.node = -1,
	};

	pages_free(slab, &request, id);
}
