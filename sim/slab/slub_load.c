/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Starting from a recorded state: its caches, slabs and lists take the place of the fresh ones. */
#include <string.h>

#include "slab/slub.h"

static int check_header(const struct slub *slub, const struct slab_state *from, struct error *err)
{
	if (strcmp(from->allocator, "slub") != 0)
		return error_set(err, ERROR_INPUT,
				 "the start state is of a kernel with %s, not with slub",
				 from->allocator);
	if (slub->slab_count > SLUB_NONE + 1)
		return error_set(err, ERROR_INPUT, "a start state needs a machine without slabs");
	return 0;
}

static int load_cache(struct slub *slub, const struct cache_state *from, struct error *err)
{
	const struct cache_args args = {
		.name = from->name,
		.object_size = from->object_size,
		.align = from->align,
		.flags = from->flags,
		.refcount = from->refcount,
		.constructor = from->constructor,
		.usercopy = (from->flags & CACHE_KMALLOC) != 0,
	};

	if (from->size == 0 || from->oo_objects == 0 || from->min_objects == 0 ||
	    from->oo_objects > SLUB_OBJECTS_MAX || from->oo_order > 10 || from->min_order > 10)
		return error_set(err, ERROR_INPUT, "cache '%s': impossible geometry", from->name);
	const cache_id cache = cache_table_add(&slub->table, &args, err);

	if (cache_is_none(cache))
		return -1;
	struct slub_cache *c = &slub->caches[cache.v];

	c->size = from->size;
	c->inuse = from->inuse;
	c->offset = from->offset;
	c->reciprocal = (uint32_t)(((UINT64_C(1) << 32) + from->size - 1) / from->size);
	c->allocflags = from->allocflags;
	c->oo_order = from->oo_order;
	c->oo_objects = from->oo_objects;
	c->min_order = from->min_order;
	c->min_objects = from->min_objects;
	c->cpu_partial = from->cpu_partial;
	c->cpu_partial_slabs = from->cpu_partial_slabs;
	c->min_partial = from->min_partial;
	slub_cache_reset(slub, cache);
	return freelist_random_add(&slub->random, cache.v, c->oo_objects, err);
}

static int slab_error(const struct cache_state *cache, const struct slab_entry *entry,
		      const char *what, struct error *err)
{
	return error_set(err, ERROR_INPUT, "cache '%s': slab at pfn %u: %s", cache->name,
			 entry->pfn, what);
}

static int check_entry(const struct slub *slub, const struct cache_state *cache,
		       const struct slab_entry *entry, struct error *err)
{
	const uint64_t end = entry->pfn + (UINT64_C(1) << entry->order);

	if (end > slub->frames.frames)
		return slab_error(cache, entry, "beyond the machine's memory", err);
	if (entry->objects == 0 || entry->objects > SLUB_OBJECTS_MAX ||
	    (uint64_t)entry->objects * cache->size > (UINT64_C(4096) << entry->order))
		return slab_error(cache, entry, "its objects do not fit into it", err);
	if (entry->inuse > entry->objects || entry->objects - entry->inuse != entry->free_count)
		return slab_error(cache, entry, "its freelist has another length than it says",
				  err);
	if (entry->list == SLAB_LIST_FULL      ? entry->free_count != 0
	    : entry->list == SLAB_LIST_PARTIAL ? entry->free_count == 0
					       : entry->cpu >= slub->cpu_count)
		return slab_error(cache, entry, "cannot be on the list that it is on", err);
	for (uint64_t pfn = entry->pfn; pfn < end; pfn++)
		if (slub->frames.owner[pfn])
			return slab_error(cache, entry, "shares a page with another slab", err);
	return 0;
}

/* Chains the indices; *head is the first. Each may stand in one chain once. */
static int load_chain(uint16_t *links, uint32_t objects, const uint16_t *indices, size_t count,
		      uint16_t *head)
{
	uint16_t next = SLUB_END;

	for (size_t i = count; i-- > 0;) {
		if (indices[i] >= objects)
			return -1;
		links[indices[i]] = next;
		next = indices[i];
	}
	*head = next;
	return 0;
}

static const struct cpu_freelist *freelist_of_cpu(const struct cache_state *cache, uint32_t cpu)
{
	for (size_t i = 0; i < cache->cpu_freelist_count; i++)
		if (cache->cpu_freelists[i].cpu == cpu)
			return &cache->cpu_freelists[i];
	return NULL;
}

static int load_cpu_slab(struct slub *slub, cache_id cache, const struct cache_state *from,
			 const struct slab_entry *entry, uint32_t id, struct error *err)
{
	const struct cpu_freelist *list = freelist_of_cpu(from, entry->cpu);
	struct slub_slab *slab = &slub->slabs[id];
	uint16_t head = SLUB_END;

	if (list &&
	    load_chain(slub->links + slab->links, slab->objects, list->indices, list->count, &head))
		return slab_error(from, entry, "the cpu's freelist leaves it", err);
	slub_cpu_install(slub, slub_cpu(slub, cache.v, entry->cpu), id, head);
	return 0;
}

static void load_cpu_partial(struct slub *slub, cache_id cache, const struct slab_entry *entry,
			     uint32_t id)
{
	uint32_t *at = slub_cpu_partial(slub, cache.v, entry->cpu);

	while (*at != SLUB_NONE)
		at = &slub->slabs[*at].next;
	*at = id;
	slub->slabs[id].next = SLUB_NONE;
	slub->slabs[id].slabs = (uint16_t)entry->slabs;
	slub->slabs[id].place = SLUB_CPU_PARTIAL;
}

static int load_slab(struct slub *slub, cache_id cache, const struct cache_state *from,
		     const struct slab_entry *entry, struct error *err)
{
	if (check_entry(slub, from, entry, err))
		return -1;
	const uint32_t id = slub_slab_number(slub, entry->objects);
	struct slub_slab *slab = &slub->slabs[id];
	struct slub_cache *owner = &slub->caches[cache.v];

	slab->pfn = entry->pfn;
	slab->cache = cache.v;
	slab->objects = (uint16_t)entry->objects;
	slab->inuse = (uint16_t)entry->inuse;
	slab->order = entry->order;
	slab->place = SLUB_FULL;
	slab->node = (uint8_t)slab_nodes_of_frame(&slub->numa, entry->pfn);
	frame_map_set(&slub->frames, entry->pfn, entry->order, id);
	owner->nr_slabs++;
	owner->nr_objects += entry->objects;
	owner->nr_pages += 1u << entry->order;
	if (load_chain(slub->links + slab->links, slab->objects, entry->freelist, entry->free_count,
		       &slab->free))
		return slab_error(from, entry, "its freelist leaves it", err);
	if (entry->list == SLAB_LIST_CPU)
		return load_cpu_slab(slub, cache, from, entry, id, err);
	if (entry->list == SLAB_LIST_CPU_PARTIAL)
		load_cpu_partial(slub, cache, entry, id);
	else if (entry->list == SLAB_LIST_PARTIAL)
		slub_node_add_tail(slub, id);
	return 0;
}

/* Caches whose slabs are as large as the parameters would make them. */
static uint32_t orders_explained(const struct slub *slub, const struct slub_params *params)
{
	uint32_t explained = 0;

	for (uint32_t i = 0; i < slub->table.count; i++)
		explained +=
			slub_order(slub, slub->caches[i].size, params) == slub->caches[i].oo_order;
	return explained;
}

static bool is_default_order(const struct slub_params *params)
{
	return params->min_order == 0 && params->max_order == SLUB_MAX_ORDER &&
	       params->min_objects == 0;
}

/*
 * Which slub_min_order, slub_max_order and slub_min_objects the kernel was booted with, unless some
 * are configured: those nearest to none that explain most of its caches, for caches made later.
 */
static void adopt_boot_orders(struct slub *slub)
{
	enum { OBJECTS = 64 };
	const uint32_t orders = services_orders(slub->services);
	struct slub_params best = slub->params, tried = slub->params;
	uint32_t most = orders_explained(slub, &best);

	if (!is_default_order(&slub->params) || most == slub->table.count)
		return;
	for (tried.min_objects = 0; tried.min_objects <= OBJECTS; tried.min_objects++)
		for (tried.max_order = 0; tried.max_order < orders; tried.max_order++)
			for (tried.min_order = 0; tried.min_order <= tried.max_order;
			     tried.min_order++) {
				const uint32_t explained = orders_explained(slub, &tried);

				if (explained <= most)
					continue;
				most = explained;
				best = tried;
			}
	slub->params = best;
}

static void count_living(void *state, const struct slab_extent *extent)
{
	struct slub *slub = state;

	slub_cpu(slub, extent->cache.v, 0)->requested +=
		(uint64_t)extent->inuse * slub->caches[extent->cache.v].unknown_bytes;
}

int slub_load(void *state, const struct slab_state *from, struct error *err)
{
	struct slub *slub = state;

	if (check_header(slub, from, err))
		return -1;
	cache_table_clear(&slub->table);
	slub->has_cpu_partial = false;
	/* The kernel lists the newest cache first, the table the oldest. */
	for (size_t i = from->cache_count; i-- > 0;) {
		const struct cache_state *cache = &from->caches[i];
		const cache_id id = { slub->table.count };

		if (load_cache(slub, cache, err))
			return -1;
		slub->has_cpu_partial |= cache->cpu_partial > 0;
		for (size_t j = 0; j < cache->slab_count; j++)
			if (load_slab(slub, id, cache, &cache->slabs[j], err))
				return -1;
	}
	kmalloc_caches_find(&slub->kmalloc, &slub->table);
	if (cache_is_none(slub->kmalloc.cache[KMALLOC_NORMAL][KMALLOC_CACHE_SHIFT]))
		return error_set(err, ERROR_INPUT, "the start state has no kmalloc caches");
	slub->params.merge &= cache_table_was_merged(&slub->table);
	slub->params.cpu_partial &= slub->has_cpu_partial;
	adopt_boot_orders(slub);
	slub_walk(slub, count_living, slub);
	return slub_check(slub, err) ? 0 : -1;
}
