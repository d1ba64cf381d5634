/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The state as neutral lists, caches newest first as the kernel keeps them; and a walk of slabs. */
#include <stdlib.h>
#include <string.h>

#include "core/host_memory.h"
#include "slab/slab_private.h"

static const uint8_t state_lists[SLAB_LISTS + 1] = {
	[SLAB_PARTIAL] = SLAB_LIST_PARTIAL,
	[SLAB_FREE] = SLAB_LIST_FREE,
	[SLAB_FULL] = SLAB_LIST_FULL,
};

static int dump_slab(const struct slab *slab, struct cache_state *to, uint32_t id)
{
	const struct slab_slab *s = &slab->slabs[id];
	struct slab_entry *entry = &to->slabs[to->slab_count++];

	*entry = (struct slab_entry){
		.pfn = s->pfn,
		.order = (uint8_t)to->gfporder,
		.list = state_lists[s->place],
		.inuse = s->active,
		.objects = to->num,
		.mem_offset = s->mem_offset,
		.free_count = to->num - s->active,
	};
	if (entry->free_count == 0)
		return 0;
	entry->freelist = malloc(entry->free_count * sizeof(*entry->freelist));
	if (!entry->freelist)
		return -1;
	for (uint32_t i = s->active; i < to->num; i++)
		entry->freelist[i - s->active] = slab->indices[s->indices + i];
	return 0;
}

static int dump_array(const struct slab *slab, struct cache_state *to,
		      const struct slab_array *array, uint32_t cpu, bool shared)
{
	struct array_state *out = &to->arrays[to->array_count++];

	*out = (struct array_state){
		.cpu = (uint16_t)cpu,
		.shared = shared,
		.limit = array->limit,
		.batchcount = array->batchcount,
		.touched = array->touched,
		.count = array->avail,
	};
	if (array->avail == 0)
		return 0;
	out->objects = malloc(array->avail * sizeof(*out->objects));
	if (!out->objects)
		return -1;
	memcpy(out->objects, slab->entries + array->entries, array->avail * sizeof(*out->objects));
	return 0;
}

static int dump_arrays(const struct slab *slab, struct cache_state *to, cache_id cache)
{
	to->arrays = calloc(slab->cpu_count + slab->node_count, sizeof(*to->arrays));
	if (!to->arrays)
		return -1;
	for (uint32_t cpu = 0; cpu < slab->cpu_count; cpu++)
		if (dump_array(slab, to, slab_cpu_array(slab, cache.v, cpu), cpu, false))
			return -1;
	for (uint32_t node = 0; node < slab->node_count; node++)
		if (slab_node(slab, cache.v, node)->has_shared &&
		    dump_array(slab, to, slab_shared_array(slab, cache.v, node), 0, true))
			return -1;
	return 0;
}

static void dump_parameters(const struct slab *slab, struct cache_state *to, cache_id cache)
{
	const struct kmem_cache *common = &slab->table.caches[cache.v];
	const struct slab_cache *c = &slab->caches[cache.v];
	const struct slab_node *node = slab_node(slab, cache.v, 0);

	*to = (struct cache_state){
		.object_size = common->object_size,
		.size = c->size,
		.align = common->align,
		.flags = common->flags,
		.allocflags = c->allocflags,
		.refcount = common->refcount,
		.constructor = common->constructor,
		.num = c->num,
		.gfporder = c->gfporder,
		.limit = c->limit,
		.batchcount = c->batchcount,
		.shared = c->shared,
		.colour = c->colour,
		.colour_off = c->colour_off,
		.colour_next = node->colour_next,
		.free_limit = node->free_limit,
		.total_slabs = node->total_slabs,
		.free_slabs = node->free_slabs,
		.free_objects = node->free_objects,
		.next_reap = node->next_reap,
		.free_touched = node->free_touched,
		.off_slab = c->management == SLAB_OFF_SLAB,
		.objfreelist = c->management == SLAB_OBJFREELIST,
	};
}

/* The state's format knows one node: others' slabs and objects are added to the first's. */
static void add_other_nodes(const struct slab *slab, struct cache_state *to, cache_id cache)
{
	for (uint32_t i = 1; i < slab->node_count; i++) {
		const struct slab_node *node = slab_node(slab, cache.v, i);

		to->total_slabs += node->total_slabs;
		to->free_slabs += node->free_slabs;
		to->free_objects += node->free_objects;
	}
}

static int dump_cache(const struct slab *slab, struct cache_state *to, cache_id cache)
{
	dump_parameters(slab, to, cache);
	add_other_nodes(slab, to, cache);
	to->name = strdup(cache_name(&slab->table, cache));
	to->slabs = calloc(to->total_slabs + 1, sizeof(*to->slabs));
	if (!to->name || !to->slabs || dump_arrays(slab, to, cache))
		return -1;
	for (uint32_t node = 0; node < slab->node_count; node++)
		for (int list = 0; list < SLAB_LISTS; list++)
			for (uint32_t id = slab_node(slab, cache.v, node)->head[list];
			     id != SLAB_NONE; id = slab->slabs[id].next)
				if (dump_slab(slab, to, id))
					return -1;
	return 0;
}

/* Full slabs are on no list here: they follow in the order of their numbers. */
static int dump_full(const struct slab *slab, struct cache_state *const *by_cache)
{
	for (uint32_t id = SLAB_NONE + 1; id < slab->slab_count; id++)
		if (slab->slabs[id].place == SLAB_FULL &&
		    dump_slab(slab, by_cache[slab->slabs[id].cache], id))
			return -1;
	return 0;
}

static int dump_caches(const struct slab *slab, struct slab_state *to,
		       struct cache_state **by_cache)
{
	for (uint32_t i = slab->table.count; i-- > 0;) {
		const cache_id cache = { i };

		if (!cache_alive(&slab->table, cache))
			continue;
		by_cache[i] = &to->caches[to->cache_count++];
		if (dump_cache(slab, by_cache[i], cache))
			return -1;
	}
	return dump_full(slab, by_cache);
}

int slab_dump(const void *state, struct slab_state *to, struct error *err)
{
	const struct slab *slab = state;
	const size_t room = slab->table.count + 1;
	struct cache_state **by_cache = calloc(room, sizeof(struct cache_state *));

	*to = (struct slab_state){
		.allocator = "slab",
		.kmalloc_max_cache = KMALLOC_CACHE_BYTES,
		.kmalloc_max = slab->frames.large_max,
		.kmalloc_min = 1 << SLAB_KMALLOC_SHIFT_LOW,
		.caches = calloc(room, sizeof(*to->caches)),
	};
	const bool failed = !by_cache || !to->caches || dump_caches(slab, to, by_cache);

	free(by_cache);
	if (!failed)
		return 0;
	slab_state_free(to);
	return error_set(err, ERROR_RUN, "no memory to describe the slab state");
}

/* Adds one for each object of an array to its slab. */
static void count_idle(const struct slab *slab, const struct slab_array *array, uint32_t *idle)
{
	for (uint32_t i = 0; i < array->avail; i++)
		idle[frame_map_owner(&slab->frames, slab->entries[array->entries + i])]++;
}

static void count_all_idle(const struct slab *slab, uint32_t *idle)
{
	for (uint32_t i = 0; i < slab->table.count; i++) {
		if (!slab->table.caches[i].alive)
			continue;
		for (uint32_t cpu = 0; cpu < slab->cpu_count; cpu++)
			count_idle(slab, slab_cpu_array(slab, i, cpu), idle);
		for (uint32_t node = 0; node < slab->node_count; node++)
			count_idle(slab, slab_shared_array(slab, i, node), idle);
		/* Every pair of nodes: the second stands in the low bits of the index. */
		for (uint32_t pair = 0; slab->node_count > 1 && pair < 1u << 2 * slab->node_shift;
		     pair++)
			count_idle(slab, slab_alien_array(slab, i, 0, pair), idle);
	}
}

void slab_walk(const void *state, void (*visit)(void *context, const struct slab_extent *extent),
	       void *context)
{
	const struct slab *slab = state;
	uint32_t *idle =
		host_memory_need(calloc(slab->slab_count, sizeof(*idle)), "a list of slabs");

	count_all_idle(slab, idle);
	for (uint32_t id = SLAB_NONE + 1; id < slab->slab_count; id++) {
		const struct slab_slab *s = &slab->slabs[id];

		if (s->place > SLAB_FULL)
			continue;
		const struct slab_cache *cache = &slab->caches[s->cache];
		const uint32_t indices = cache->management == SLAB_ON_SLAB ? cache->num : 0;
		const struct slab_extent extent = {
			.cache = { s->cache },
			.pfn = { s->pfn },
			.order = (uint8_t)cache->gfporder,
			.list = state_lists[s->place],
			.objects = cache->num,
			.inuse = s->active - idle[id],
			.free_bytes = (cache->num - s->active + idle[id]) * cache->size,
			.cached_bytes = idle[id] * cache->size,
			.overhead_bytes = indices,
			.tail_bytes = ((uint32_t)PAGE_SIZE_BYTES << cache->gfporder) -
				      cache->num * cache->size - indices,
		};

		visit(context, &extent);
	}
	free(idle);
}
