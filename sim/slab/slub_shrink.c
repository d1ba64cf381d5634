/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Giving back what a cache holds in vain, and closing a cache. Reference: mm/slub.c (flush_all,
 * __kmem_cache_do_shrink, __kmem_cache_shutdown, free_partial) and mm/slab_common.c
 * (kmem_cache_destroy).
 */
#include "slab/slub.h"

static void flush_all_cpus(struct slub *slub, const struct request *request, cache_id cache)
{
	for (uint32_t cpu = 0; cpu < slub->cpu_count; cpu++) {
		struct request there = *request;

		there.cpu = cpu;
		slub_cpu_flush(slub, &there, cache, cpu);
		slub_cpu_partial_flush(slub, &there, cache, cpu);
	}
}

/* Takes the empty slabs off a node's list; returns them chained, the last one met first. */
static uint32_t take_empty(struct slub *slub, struct slub_node *node)
{
	uint32_t chain = SLUB_NONE;

	for (uint32_t id = node->head; id != SLUB_NONE;) {
		struct slub_slab *slab = &slub->slabs[id];
		const uint32_t next = slab->next;

		if (slab->inuse == 0) {
			slub_node_remove(slub, id);
			slab->next = chain;
			chain = id;
		}
		id = next;
	}
	return chain;
}

/*
 * Slabs with few free objects come first, so that they fill up and the others empty. Slabs with
 * equally many are turned round on the way, as they are moved to the heads of lists.
 */
static void promote_filled(struct slub *slub, struct slub_node *node)
{
	uint32_t chains[SLUB_SHRINK_PROMOTE] = { SLUB_NONE };
	uint32_t tails[SLUB_SHRINK_PROMOTE] = { SLUB_NONE };

	for (uint32_t id = node->head; id != SLUB_NONE;) {
		struct slub_slab *slab = &slub->slabs[id];
		const uint32_t next = slab->next;
		const uint32_t free = (uint32_t)(slab->objects - slab->inuse);

		if (free <= SLUB_SHRINK_PROMOTE) {
			slub_node_remove(slub, id);
			slab->next = SLUB_NONE;
			if (tails[free - 1] == SLUB_NONE)
				chains[free - 1] = id;
			else
				slub->slabs[tails[free - 1]].next = id;
			tails[free - 1] = id;
		}
		id = next;
	}
	for (uint32_t i = SLUB_SHRINK_PROMOTE; i-- > 0;) {
		for (uint32_t id = chains[i]; id != SLUB_NONE;) {
			const uint32_t next = slub->slabs[id].next;

			slub_node_add_head(slub, id);
			id = next;
		}
	}
}

void slub_cache_shrink(void *state, const struct request *request, cache_id cache)
{
	struct slub *slub = state;

	flush_all_cpus(slub, request, cache);
	for (uint32_t i = 0; i < slub->numa.count; i++) {
		struct slub_node *node = slub_node(slub, cache.v, i);

		slub_list_lock(slub, node);
		const uint32_t empty = take_empty(slub, node);

		promote_filled(slub, node);
		slub_list_unlock(slub, node);
		slub_discard_chain(slub, request, empty);
	}
}

uint64_t slub_cache_destroy(void *state, const struct request *request, cache_id cache)
{
	struct slub *slub = state;
	struct kmem_cache *common = cache_at(&slub->table, cache);
	struct slub_cache *owner = &slub->caches[cache.v];

	if (--common->refcount > 0)
		return 0;
	work_count(slub->work, WORK_cache_destroy);
	flush_all_cpus(slub, request, cache);
	for (uint32_t i = 0; i < slub->numa.count; i++) {
		struct slub_node *node = slub_node(slub, cache.v, i);

		slub_list_lock(slub, node);
		const uint32_t empty = take_empty(slub, node);

		slub_list_unlock(slub, node);
		slub_discard_chain(slub, request, empty);
	}
	common->alive = owner->nr_slabs > 0;
	return owner->nr_objects - owner->partial_free;
}
