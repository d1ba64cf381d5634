/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The state as neutral lists, caches newest first as the kernel keeps them; and a walk of slabs. */
#include <stdlib.h>
#include <string.h>

#include "slab/slub.h"

static int no_memory(struct error *err)
{
	return error_set(err, ERROR_RUN, "no memory to describe the slab state");
}

static size_t chain_length(const uint16_t *links, uint16_t head)
{
	size_t count = 0;

	for (uint16_t i = head; i != SLUB_END; i = links[i])
		count++;
	return count;
}

static int dump_chain(const uint16_t *links, uint16_t head, uint16_t **indices, size_t *count)
{
	*count = chain_length(links, head);
	*indices = NULL;
	if (*count == 0)
		return 0;
	*indices = malloc(*count * sizeof(**indices));
	if (!*indices)
		return -1;
	size_t n = 0;

	for (uint16_t i = head; i != SLUB_END; i = links[i])
		(*indices)[n++] = i;
	return 0;
}

static int dump_slab(const struct slub *slub, struct cache_state *to, uint32_t id,
		     enum slab_list list, uint32_t cpu)
{
	const struct slub_slab *slab = &slub->slabs[id];
	struct slab_entry *entry = &to->slabs[to->slab_count++];

	*entry = (struct slab_entry){
		.pfn = slab->pfn,
		.order = slab->order,
		.list = (uint8_t)list,
		.frozen = slub_frozen(slab),
		.cpu = (uint16_t)cpu,
		.inuse = slab->inuse,
		.objects = slab->objects,
		.slabs = list == SLAB_LIST_CPU_PARTIAL ? slab->slabs : 0,
	};
	return dump_chain(slub->links + slab->links, slab->free, &entry->freelist,
			  &entry->free_count);
}

static int dump_cpu(const struct slub *slub, struct cache_state *to, uint32_t cache, uint32_t cpu)
{
	const struct slub_cpu *c = slub_cpu(slub, cache, cpu);

	if (c->slab != SLUB_NONE) {
		struct cpu_freelist *list = &to->cpu_freelists[to->cpu_freelist_count++];

		if (dump_slab(slub, to, c->slab, SLAB_LIST_CPU, cpu))
			return -1;
		list->cpu = (uint16_t)cpu;
		if (dump_chain(slub->links + c->links, c->free, &list->indices, &list->count))
			return -1;
	}
	for (uint32_t id = *slub_cpu_partial(slub, cache, cpu); id != SLUB_NONE;
	     id = slub->slabs[id].next)
		if (dump_slab(slub, to, id, SLAB_LIST_CPU_PARTIAL, cpu))
			return -1;
	return 0;
}

static void dump_parameters(const struct slub *slub, struct cache_state *to, cache_id cache)
{
	const struct kmem_cache *common = &slub->table.caches[cache.v];
	const struct slub_cache *c = &slub->caches[cache.v];

	to->object_size = common->object_size;
	to->size = c->size;
	to->align = common->align;
	to->inuse = c->inuse;
	to->offset = c->offset;
	to->flags = common->flags;
	to->allocflags = c->allocflags;
	to->refcount = common->refcount;
	to->constructor = common->constructor;
	to->oo_order = c->oo_order;
	to->oo_objects = c->oo_objects;
	to->min_order = c->min_order;
	to->min_objects = c->min_objects;
	to->cpu_partial = c->cpu_partial;
	to->cpu_partial_slabs = c->cpu_partial_slabs;
	to->min_partial = c->min_partial;
}

static int dump_cache(const struct slub *slub, struct cache_state *to, cache_id cache)
{
	const struct slub_cache *c = &slub->caches[cache.v];

	dump_parameters(slub, to, cache);
	to->name = strdup(cache_name(&slub->table, cache));
	to->slabs = calloc(c->nr_slabs ? c->nr_slabs : 1, sizeof(*to->slabs));
	to->cpu_freelists = calloc(slub->cpu_count, sizeof(*to->cpu_freelists));
	if (!to->name || !to->slabs || !to->cpu_freelists)
		return -1;
	for (uint32_t cpu = 0; cpu < slub->cpu_count; cpu++)
		if (dump_cpu(slub, to, cache.v, cpu))
			return -1;
	for (uint32_t node = 0; node < slub->numa.count; node++)
		for (uint32_t id = slub_node(slub, cache.v, node)->head; id != SLUB_NONE;
		     id = slub->slabs[id].next)
			if (dump_slab(slub, to, id, SLAB_LIST_PARTIAL, 0))
				return -1;
	return 0;
}

static int compare_pfn(const void *a, const void *b)
{
	const struct slab_entry *x = a, *y = b;

	return x->pfn < y->pfn ? -1 : x->pfn > y->pfn;
}

/* Full slabs are on no list: they follow in the order of their frames. */
static int dump_full(const struct slub *slub, struct cache_state *const *by_cache)
{
	size_t *listed = malloc((slub->table.count + 1) * sizeof(*listed));

	if (!listed)
		return -1;
	for (uint32_t i = 0; i < slub->table.count; i++)
		listed[i] = by_cache[i] ? by_cache[i]->slab_count : 0;
	for (uint32_t id = SLUB_NONE + 1; id < slub->slab_count; id++) {
		const struct slub_slab *slab = &slub->slabs[id];

		if (slab->place == SLUB_FULL)
			dump_slab(slub, by_cache[slab->cache], id, SLAB_LIST_FULL, 0);
	}
	for (uint32_t i = 0; i < slub->table.count; i++)
		if (by_cache[i])
			qsort(by_cache[i]->slabs + listed[i], by_cache[i]->slab_count - listed[i],
			      sizeof(struct slab_entry), compare_pfn);
	free(listed);
	return 0;
}

static int dump_caches(const struct slub *slub, struct slab_state *to,
		       struct cache_state **by_cache)
{
	for (uint32_t i = slub->table.count; i-- > 0;) {
		const cache_id cache = { i };

		if (!cache_alive(&slub->table, cache))
			continue;
		by_cache[i] = &to->caches[to->cache_count++];
		if (dump_cache(slub, by_cache[i], cache))
			return -1;
	}
	return dump_full(slub, by_cache);
}

int slub_dump(const void *state, struct slab_state *to, struct error *err)
{
	const struct slub *slub = state;
	const size_t room = slub->table.count + 1;
	struct cache_state **by_cache = calloc(room, sizeof(struct cache_state *));

	*to = (struct slab_state){
		.allocator = "slub",
		.kmalloc_max_cache = KMALLOC_CACHE_BYTES,
		.kmalloc_max = slub->frames.large_max,
		.kmalloc_min = CACHE_ALIGN_MIN,
		.caches = calloc(room, sizeof(*to->caches)),
	};
	const bool failed = !by_cache || !to->caches || dump_caches(slub, to, by_cache);

	free(by_cache);
	if (!failed)
		return 0;
	slab_state_free(to);
	return no_memory(err);
}

static uint8_t list_of(const struct slub_slab *slab)
{
	switch (slab->place) {
	case SLUB_CPU:
		return SLAB_LIST_CPU;
	case SLUB_CPU_PARTIAL:
		return SLAB_LIST_CPU_PARTIAL;
	case SLUB_NODE:
		return SLAB_LIST_PARTIAL;
	default:
		return SLAB_LIST_FULL;
	}
}

/* Objects on the freelist of the cpu that has this slab. */
static uint32_t cpu_free_objects(const struct slub *slub, uint32_t id)
{
	const uint32_t cache = slub->slabs[id].cache;

	for (uint32_t cpu = 0; cpu < slub->cpu_count; cpu++) {
		const struct slub_cpu *c = slub_cpu(slub, cache, cpu);

		if (c->slab == id)
			return (uint32_t)chain_length(slub->links + c->links, c->free);
	}
	return 0;
}

void slub_walk(const void *state, void (*visit)(void *context, const struct slab_extent *extent),
	       void *context)
{
	const struct slub *slub = state;

	for (uint32_t id = SLUB_NONE + 1; id < slub->slab_count; id++) {
		const struct slub_slab *slab = &slub->slabs[id];

		if (slab->place == SLUB_UNUSED || slab->place == SLUB_RCU)
			continue;
		const uint32_t idle = slab->place == SLUB_CPU ? cpu_free_objects(slub, id) : 0;
		const uint32_t inuse = slab->inuse - idle, size = slub->caches[slab->cache].size;
		const uint32_t free_bytes = (slab->objects - inuse) * size;
		const struct slab_extent extent = {
			.cache = { slab->cache },
			.pfn = { slab->pfn },
			.order = slab->order,
			.list = list_of(slab),
			.objects = slab->objects,
			.inuse = inuse,
			.free_bytes = free_bytes,
			.cached_bytes = slub_frozen(slab) ? free_bytes : 0,
			.tail_bytes =
				((uint32_t)PAGE_SIZE_BYTES << slab->order) - slab->objects * size,
		};

		visit(context, &extent);
	}
}
