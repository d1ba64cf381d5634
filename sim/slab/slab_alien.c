/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Several nodes: objects of other nodes that are freed here wait in arrays of their own, one for
 * each pair of nodes, until there are enough to be worth the other node's lock. Reference:
 * mm/slab.c (alloc_alien_cache, cache_free_alien, __drain_alien_cache, reap_alien).
 */
#include "slab/slab_private.h"

/* Whether objects of `other` that are freed on `node` have an array. */
static bool has_alien(const struct slab *slab, uint32_t node, uint32_t other)
{
	return node != other && slab->numa.has_memory[node] && slab->numa.has_memory[other];
}

int slab_aliens_open(struct slab *slab, cache_id cache, struct error *err)
{
	for (uint32_t node = 0; slab->node_count > 1 && node < slab->node_count; node++)
		for (uint32_t other = 0; other < slab->node_count; other++)
			if (has_alien(slab, node, other) &&
			    slab_array_open(slab, slab_alien_array(slab, cache.v, node, other),
					    slab->caches[cache.v].limit, 0, err))
				return -1;
	return 0;
}

void slab_aliens_close(struct slab *slab, cache_id cache)
{
	for (uint32_t node = 0; slab->node_count > 1 && node < slab->node_count; node++)
		for (uint32_t other = 0; other < slab->node_count; other++)
			if (has_alien(slab, node, other))
				slab_array_close(slab,
						 slab_alien_array(slab, cache.v, node, other));
}

/* Into the shared array of their node what it has room for, the rest to its slabs. */
static uint32_t drain(struct slab *slab, cache_id cache, uint32_t node_id, struct slab_array *alien)
{
	struct slab_node *node = slab_node(slab, cache.v, node_id);

	if (alien->avail == 0)
		return SLAB_NONE;
	slab_lock_node(slab, node);
	if (node->has_shared)
		slab_transfer(slab, slab_shared_array(slab, cache.v, node_id), alien, alien->limit);
	const uint32_t chain = slab_free_block(slab, cache, node_id, alien, alien->avail);

	alien->avail = 0;
	slab_unlock_node(slab, node);
	return chain;
}

void slab_alien_free(struct slab *slab, const struct request *request, uint32_t id, object_t object)
{
	const struct slab_slab *s = &slab->slabs[id];
	const cache_id cache = { s->cache };
	struct slab_array *alien = slab_alien_array(
		slab, s->cache, slab_nodes_of_cpu(&slab->numa, request->cpu), s->node);
	uint32_t chain = SLAB_NONE;

	work_count(slab->work, WORK_slab_remote_free);
	if (alien->avail == alien->limit)
		chain = drain(slab, cache, s->node, alien);
	slab_push(slab, alien, object);
	slab_destroy_chain(slab, request, chain);
}

void slab_aliens_drain(struct slab *slab, const struct request *request, cache_id cache)
{
	for (uint32_t node = 0; slab->node_count > 1 && node < slab->node_count; node++)
		for (uint32_t other = 0; other < slab->node_count; other++)
			slab_destroy_chain(slab, request,
					   drain(slab, cache, other,
						 slab_alien_array(slab, cache.v, node, other)));
}

void slab_alien_reap(struct slab *slab, const struct request *request, cache_id cache)
{
	if (slab->node_count == 1)
		return;
	const uint32_t here = slab_nodes_of_cpu(&slab->numa, request->cpu);
	const uint32_t other = slab->reap_nodes[request->cpu];

	slab_destroy_chain(slab, request,
			   drain(slab, cache, other, slab_alien_array(slab, cache.v, here, other)));
}

uint64_t slab_aliens_avail(const struct slab *slab, cache_id cache)
{
	uint64_t avail = 0;

	for (uint32_t node = 0; slab->node_count > 1 && node < slab->node_count; node++)
		for (uint32_t other = 0; other < slab->node_count; other++)
			avail += slab_alien_array(slab, cache.v, node, other)->avail;
	return avail;
}
