/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Giving back what a cache holds in vain, and closing a cache. Reference: mm/slab.c
 * (__kmem_cache_shrink, drain_cpu_caches) and mm/slab_common.c (kmem_cache_destroy).
 */
#include "slab/slab_private.h"

static void empty_cpu_arrays(struct slab *slab, const struct request *request, cache_id cache)
{
	for (uint32_t cpu = 0; cpu < slab->cpu_count; cpu++) {
		struct request there = *request;

		there.cpu = cpu;
		slab_array_empty(slab, &there, cache, slab_nodes_of_cpu(&slab->numa, cpu),
				 slab_cpu_array(slab, cache.v, cpu));
	}
}

void slab_cache_shrink(void *state, const struct request *request, cache_id cache)
{
	struct slab *slab = state;

	empty_cpu_arrays(slab, request, cache);
	slab_aliens_drain(slab, request, cache);
	for (uint32_t node = 0; node < slab->node_count; node++)
		if (slab_node(slab, cache.v, node)->has_shared)
			slab_array_empty(slab, request, cache, node,
					 slab_shared_array(slab, cache.v, node));
	for (uint32_t node = 0; node < slab->node_count; node++)
		slab_drain_free(slab, request, cache, node, UINT64_MAX);
}

static void close_arrays(struct slab *slab, cache_id cache)
{
	for (uint32_t cpu = 0; cpu < slab->cpu_count; cpu++)
		slab_array_close(slab, slab_cpu_array(slab, cache.v, cpu));
	for (uint32_t node = 0; node < slab->node_count; node++)
		if (slab_node(slab, cache.v, node)->has_shared)
			slab_array_close(slab, slab_shared_array(slab, cache.v, node));
	slab_aliens_close(slab, cache);
}

uint64_t slab_cache_destroy(void *state, const struct request *request, cache_id cache)
{
	struct slab *slab = state;
	struct kmem_cache *common = cache_at(&slab->table, cache);
	struct cache_counts counts;

	if (--common->refcount > 0)
		return 0;
	work_count(slab->work, WORK_cache_destroy);
	slab_cache_shrink(slab, request, cache);
	slab_counts(slab, cache, &counts);
	if (counts.slabs == 0) {
		common->alive = false;
		close_arrays(slab, cache);
	}
	return counts.live_objects;
}
