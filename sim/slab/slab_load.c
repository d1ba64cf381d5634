/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Starting from a recorded state: its caches, slabs and arrays take the place of the fresh ones. */
#include <string.h>

#include "slab/slab_private.h"

static int cache_error(const struct cache_state *cache, const char *what, struct error *err)
{
	return error_set(err, ERROR_INPUT, "cache '%s': %s", cache->name, what);
}

static int slab_error(const struct cache_state *cache, const struct slab_entry *entry,
		      const char *what, struct error *err)
{
	return error_set(err, ERROR_INPUT, "cache '%s': slab at pfn %u: %s", cache->name,
			 entry->pfn, what);
}

static int check_geometry(const struct cache_state *from, struct error *err)
{
	const uint64_t bytes = UINT64_C(4096) << from->gfporder;

	if (from->size == 0 || from->num == 0 || from->num > SLAB_OBJECTS_MAX ||
	    from->num * (uint64_t)from->size > bytes)
		return cache_error(from, "impossible geometry", err);
	if (from->limit == 0 || from->batchcount == 0 || from->batchcount > from->limit)
		return cache_error(from, "impossible limit and batchcount", err);
	if (from->colour && (from->colour - 1) * (uint64_t)from->colour_off >= bytes)
		return cache_error(from, "impossible colours", err);
	return 0;
}

static void load_geometry(struct slab_cache *to, const struct cache_state *from)
{
	*to = (struct slab_cache){
		.size = from->size,
		.num = from->num,
		.gfporder = from->gfporder,
		.reciprocal = (uint32_t)(((UINT64_C(1) << 32) + from->size - 1) / from->size),
		.colour = from->colour,
		.colour_off = from->colour_off,
		.allocflags = from->allocflags,
		.limit = from->limit,
		.batchcount = from->batchcount,
		.shared = from->shared,
		.management = from->off_slab      ? SLAB_OFF_SLAB
			      : from->objfreelist ? SLAB_OBJFREELIST
						  : SLAB_ON_SLAB,
	};
}

static int load_cache(struct slab *slab, const struct cache_state *from, struct error *err)
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

	if (check_geometry(from, err))
		return -1;
	const cache_id cache = cache_table_add(&slab->table, &args, err);

	if (cache_is_none(cache))
		return -1;
	load_geometry(&slab->caches[cache.v], from);
	if (slab_cache_reset(slab, cache, 0, err))
		return -1;
	struct slab_node *node = slab_node(slab, cache.v, 0);

	node->free_objects = from->free_objects;
	node->total_slabs = from->total_slabs;
	node->next_reap = from->next_reap;
	node->free_limit = from->free_limit;
	node->colour_next = from->colour_next;
	node->free_touched = from->free_touched;
	return 0;
}

static int check_entry(const struct slab *slab, const struct cache_state *cache,
		       const struct slab_entry *entry, struct error *err)
{
	const uint64_t end = entry->pfn + (UINT64_C(1) << cache->gfporder);
	const uint64_t bytes = UINT64_C(4096) << cache->gfporder;

	if (end > slab->frames.frames)
		return slab_error(cache, entry, "beyond the machine's memory", err);
	if (entry->mem_offset + (uint64_t)cache->num * cache->size > bytes)
		return slab_error(cache, entry, "its objects do not fit into it", err);
	if (entry->inuse > cache->num || cache->num - entry->inuse != entry->free_count)
		return slab_error(cache, entry, "has another number of free objects than it says",
				  err);
	if (entry->list == SLAB_LIST_FULL      ? entry->free_count != 0
	    : entry->list == SLAB_LIST_PARTIAL ? entry->free_count == 0 || entry->inuse == 0
					       : entry->inuse != 0)
		return slab_error(cache, entry, "cannot be on the list that it is on", err);
	for (uint64_t pfn = entry->pfn; pfn < end; pfn++)
		if (slab->frames.owner[pfn])
			return slab_error(cache, entry, "shares a page with another slab", err);
	return 0;
}

/* Of the indices in use nothing is known, and nothing needs to be. */
static int load_indices(struct slab *slab, const struct cache_state *cache,
			const struct slab_entry *entry, struct slab_slab *s, struct error *err)
{
	for (uint32_t i = entry->inuse; i < cache->num; i++) {
		const uint16_t index = entry->freelist[i - entry->inuse];

		if (index >= cache->num)
			return slab_error(cache, entry, "a free object lies beyond it", err);
		slab->indices[s->indices + i] = (uint8_t)index;
	}
	return 0;
}

static int load_slab(struct slab *slab, cache_id cache, const struct cache_state *from,
		     const struct slab_entry *entry, struct error *err)
{
	struct slab_node *node = slab_node(slab, cache.v, 0);

	if (check_entry(slab, from, entry, err))
		return -1;
	const uint32_t id = slab_number(slab, from->num);
	struct slab_slab *s = &slab->slabs[id];

	s->pfn = entry->pfn;
	s->cache = cache.v;
	s->mem_offset = entry->mem_offset;
	s->active = (uint8_t)entry->inuse;
	s->place = SLAB_FULL;
	slab->management[id] = OBJECT_NONE; /* a state does not tell where it is */
	frame_map_set(&slab->frames, entry->pfn, from->gfporder, id);
	if (entry->list == SLAB_LIST_PARTIAL)
		slab_list_add_tail(slab, node, id, SLAB_PARTIAL);
	else if (entry->list == SLAB_LIST_FREE)
		slab_list_add_tail(slab, node, id, SLAB_FREE);
	return load_indices(slab, from, entry, s, err);
}

static int load_objects(struct slab *slab, cache_id cache, const struct cache_state *from,
			const struct array_state *array, uint64_t page_offset,
			struct slab_array *to, struct error *err)
{
	if (array->count > to->limit)
		return cache_error(from, "an array holds more than its limit", err);
	to->touched = array->touched != 0;
	for (size_t i = 0; i < array->count; i++) {
		const object_t object = array->objects[i] - page_offset;
		const uint32_t id = frame_map_owner(&slab->frames, object);

		if (id == 0 || slab->slabs[id].cache != cache.v)
			return cache_error(from, "an array holds another's object", err);
		slab_push(slab, to, object);
	}
	return 0;
}

static int load_array(struct slab *slab, cache_id cache, const struct cache_state *from,
		      const struct array_state *array, uint64_t page_offset, struct error *err)
{
	struct slab_node *node = slab_node(slab, cache.v, 0);
	struct slab_array *to = slab_shared_array(slab, cache.v, 0);

	if (array->shared ? !node->has_shared : array->cpu >= slab->cpu_count)
		return cache_error(from, "an array belongs to nobody", err);
	if (!array->shared)
		to = slab_cpu_array(slab, cache.v, array->cpu);
	return load_objects(slab, cache, from, array, page_offset, to, err);
}

static int load_all_of(struct slab *slab, const struct slab_state *from,
		       const struct cache_state *cache, struct error *err)
{
	const cache_id id = { slab->table.count };

	if (load_cache(slab, cache, err))
		return -1;
	for (size_t i = 0; i < cache->slab_count; i++)
		if (load_slab(slab, id, cache, &cache->slabs[i], err))
			return -1;
	for (size_t i = 0; i < cache->array_count; i++)
		if (load_array(slab, id, cache, &cache->arrays[i], from->page_offset, err))
			return -1;
	return 0;
}

static void close_fresh(struct slab *slab)
{
	memset(slab->unused_entries, 0, sizeof(slab->unused_entries));
	slab->entries_used = 0;
	cache_table_clear(&slab->table);
}

/* Caches whose slabs are as large as that limit would make them. */
static uint32_t orders_explained(struct slab *slab, uint32_t max_order)
{
	const uint32_t configured = slab->max_order;
	uint32_t explained = 0;

	slab->max_order = max_order;
	for (uint32_t i = 0; i < slab->table.count; i++) {
		struct slab_cache fresh;

		explained += slab_geometry(slab, &fresh, &slab->table.caches[i]) == 0 &&
			     fresh.gfporder == slab->caches[i].gfporder;
	}
	slab->max_order = configured;
	return explained;
}

/* The slab_max_order that the kernel was booted with, unless one is configured. */
static void adopt_boot_order(struct slab *slab)
{
	const uint32_t orders = services_orders(slab->services);
	uint32_t best = slab->max_order, most = orders_explained(slab, best);

	if (slab->params.max_order >= 0)
		return;
	for (uint32_t order = 0; order < orders; order++) {
		const uint32_t explained = orders_explained(slab, order);

		if (explained > most) {
			most = explained;
			best = order;
		}
	}
	slab->max_order = best;
}

static void count_living(void *state, const struct slab_extent *extent)
{
	struct slab *slab = state;

	slab_cpu_array(slab, extent->cache.v, 0)->requested +=
		(uint64_t)extent->inuse * slab->caches[extent->cache.v].unknown_bytes;
}

int slab_load(void *state, const struct slab_state *from, struct error *err)
{
	struct slab *slab = state;

	if (strcmp(from->allocator, "slab") != 0)
		return error_set(err, ERROR_INPUT,
				 "the start state is of a kernel with %s, not with slab",
				 from->allocator);
	if (slab->slab_count > SLAB_NONE + 1)
		return error_set(err, ERROR_INPUT, "a start state needs a machine without slabs");
	if (slab->node_count > 1)
		return error_set(err, ERROR_INPUT,
				 "a start state of slab is of one node, this machine has %u",
				 slab->node_count);
	close_fresh(slab);
	slab->jiffies_begin = from->jiffies;
	if (from->page_offset)
		slab->page_offset = from->page_offset;
	if (slab->params.max_order < 0 && from->ram_pages)
		slab->max_order = slab_default_max_order(from->ram_pages);
	/* The kernel lists the newest cache first, the table the oldest. */
	for (size_t i = from->cache_count; i-- > 0;)
		if (load_all_of(slab, from, &from->caches[i], err))
			return -1;
	kmalloc_caches_find(&slab->kmalloc, &slab->table);
	if (cache_is_none(slab->kmalloc.cache[KMALLOC_NORMAL][KMALLOC_CACHE_SHIFT]))
		return error_set(err, ERROR_INPUT, "the start state has no kmalloc caches");
	slab->params.merge &= cache_table_was_merged(&slab->table);
	adopt_boot_order(slab);
	slab_walk(slab, count_living, slab);
	return slab_check(slab, err) ? 0 : -1;
}
