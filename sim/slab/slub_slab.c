/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Making slabs out of pages and giving them back. Reference: mm/slub.c (allocate_slab, new_slab,
 * discard_slab, free_slab).
 */
#include "core/assert.h"
#include "slab/slub.h"

uint32_t slub_slab_number(struct slub *slub, uint32_t objects)
{
	const uint8_t class = ranges_class(&slub->link_ranges, objects);
	void *links = slub->links;
	uint32_t id = slub->unused;

	if (id != SLUB_NONE)
		slub->unused = slub->slabs[id].next;
	else
		id = slub->slab_count++;
	SIM_ASSERT(id < slub->slab_capacity);
	slub->slabs[id] = (struct slub_slab){
		.links = ranges_take(&slub->link_ranges, slub->services->arena, &links, class),
		.link_class = class,
	};
	slub->links = links;
	return id;
}

void slub_slab_recycle(struct slub *slub, uint32_t id)
{
	struct slub_slab *slab = &slub->slabs[id];

	ranges_give(&slub->link_ranges, slub->links, slab->links, slab->link_class);
	slab->place = SLUB_UNUSED;
	slab->next = slub->unused;
	slub->unused = id;
}

/*
 * The preferred order first, without effort when a smaller one would do; then the smallest order
 * with all that the caller allows.
 */
static pfn_t slab_pages(struct slub *slub, const struct request *cause,
			const struct slub_cache *cache, bool *smallest)
{
	const uint32_t gfp =
		(cause->gfp & (GFP_SLAB_RECLAIM | GFP_SLAB_CONSTRAINT)) | cache->allocflags;
	uint32_t eager = (gfp | GFP_BIT_NOWARN | GFP_BIT_NORETRY) & ~(uint32_t)GFP_BIT_NOFAIL;

	if ((eager & GFP_BIT_DIRECT_RECLAIM) && cache->oo_order > cache->min_order)
		eager = (eager | GFP_BIT_NOMEMALLOC) & ~(uint32_t)GFP_MASK_RECLAIM;
	const struct request preferred = page_request(cause, eager, cache->oo_order);
	/* who has been waiting had no luck with it long before */
	const pfn_t pfn = cause->flags & REQUEST_WAITED
				  ? PFN_NONE
				  : page_source_alloc(slub->pages, &preferred);

	*smallest = pfn_is_none(pfn);
	if (!*smallest)
		return pfn;
	const struct request fallback = page_request(cause, gfp, cache->min_order);

	return page_source_alloc(slub->pages, &fallback);
}

static void chain_in_address_order(uint16_t *links, uint32_t objects)
{
	for (uint32_t i = 0; i + 1 < objects; i++)
		links[i] = (uint16_t)(i + 1);
	links[objects - 1] = SLUB_END;
}

/* The free objects' chain; its first one. */
static uint16_t chain_at_random(struct slub *slub, uint32_t cache, uint16_t *links,
				uint32_t objects)
{
	struct freelist_walk walk =
		freelist_random_walk(&slub->random, cache, slub->caches[cache].oo_objects);
	const uint16_t head = freelist_next(&walk, objects);
	uint16_t last = head;

	for (uint32_t i = 1; i < objects; i++) {
		links[last] = freelist_next(&walk, objects);
		last = links[last];
	}
	links[last] = SLUB_END;
	return head;
}

static uint16_t chain_objects(struct slub *slub, uint32_t cache, uint16_t *links, uint32_t objects)
{
	slub_coded(slub, objects);
	if (slub->random.rng && objects > 1)
		return chain_at_random(slub, cache, links, objects);
	chain_in_address_order(links, objects);
	return 0;
}

uint32_t slub_slab_new(struct slub *slub, const struct request *request, cache_id cache)
{
	struct slub_cache *owner = &slub->caches[cache.v];
	bool smallest;
	const pfn_t pfn = slab_pages(slub, request, owner, &smallest);

	if (pfn_is_none(pfn))
		return SLUB_NONE;
	const uint32_t objects = smallest ? owner->min_objects : owner->oo_objects;
	const uint32_t id = slub_slab_number(slub, objects);
	struct slub_slab *slab = &slub->slabs[id];

	slab->pfn = pfn.v;
	slab->cache = cache.v;
	slab->objects = (uint16_t)objects;
	slab->inuse = 0;
	slab->order = (uint8_t)(smallest ? owner->min_order : owner->oo_order);
	slab->place = SLUB_IN_HAND;
	slab->node = (uint8_t)slab_nodes_of_frame(&slub->numa, pfn.v);
	slab->free = chain_objects(slub, cache.v, slub->links + slab->links, objects);
	frame_map_set(&slub->frames, pfn.v, slab->order, id);
	owner->nr_slabs++;
	owner->nr_objects += objects;
	owner->nr_pages += 1u << slab->order;
	work_count(slub->work, WORK_slab_new);
	work_count_n(slub->work, WORK_slab_object_init, objects);
	return id;
}

static void slab_pages_free(struct slub *slub, const struct request *request, uint32_t id)
{
	const pfn_t pfn = { slub->slabs[id].pfn };
	const struct request back = page_request(request, request->gfp, slub->slabs[id].order);

	frame_map_clear(&slub->frames, pfn.v, back.order);
	slub_slab_recycle(slub, id);
	page_source_free(slub->pages, &back, pfn);
}

void slub_slab_discard(struct slub *slub, const struct request *request, uint32_t id)
{
	struct slub_slab *slab = &slub->slabs[id];
	struct slub_cache *owner = &slub->caches[slab->cache];

	owner->nr_slabs--;
	owner->nr_objects -= slab->objects;
	owner->nr_pages -= 1u << slab->order;
	work_count(slub->work, WORK_slab_discard);
	if (!(slub->table.caches[slab->cache].flags & CACHE_TYPESAFE_BY_RCU)) {
		slab_pages_free(slub, request, id);
		return;
	}
	slab->place = SLUB_RCU;
	slab->slabs = (uint16_t)request->cpu;
	services_defer(slub->services, DEFER_SLAB_RCU, request->time_ns + slub->params.rcu_delay_ns,
		       id);
}

void slub_expire(void *state, uint64_t token, uint64_t now_ns)
{
	struct slub *slub = state;
	const uint32_t id = (uint32_t)token;

	SIM_ASSERT(id < slub->slab_count && slub->slabs[id].place == SLUB_RCU);
	const struct request request = {
		.time_ns = now_ns,
		.cpu = slub->slabs[id].slabs,
		.zone_hint = -1,
		.node = -1,
	};

	slab_pages_free(slub, &request, id);
}
