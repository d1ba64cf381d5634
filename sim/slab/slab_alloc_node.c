/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Several nodes: an object of a certain one, past all arrays, and of any when that has none.
 * Reference: mm/slab.c (____cache_alloc_node, fallback_alloc, gfp_exact_node).
 */
#include "slab/slab_private.h"

struct request slab_exact_node(const struct request *request, uint32_t node)
{
	struct request exact = *request;

	exact.node = (int16_t)node;
	exact.gfp |= GFP_BIT_THISNODE | GFP_BIT_NOWARN;
	exact.gfp &= ~(uint32_t)(GFP_MASK_RECLAIM | GFP_BIT_NOFAIL);
	return exact;
}

static object_t take_one(struct slab *slab, uint32_t id)
{
	struct slab_slab *s = &slab->slabs[id];
	const uint8_t index = slab->indices[s->indices + s->active++];

	return slab_object_at(&slab->caches[s->cache], s, index);
}

static object_t of_listed_slab(struct slab *slab, cache_id cache, uint32_t node_id)
{
	struct slab_node *node = slab_node(slab, cache.v, node_id);
	object_t object = OBJECT_NONE;

	slab_lock_node(slab, node);
	const uint32_t id = slab_first_slab(node);

	if (id != SLAB_NONE) {
		object = take_one(slab, id);
		node->free_objects--;
		slab_fix_list(slab, node, id);
	}
	slab_unlock_node(slab, node);
	return object;
}

static object_t of_node_alone(struct slab *slab, const struct request *request, cache_id cache,
			      uint32_t node)
{
	object_t object = of_listed_slab(slab, cache, node);

	if (object != OBJECT_NONE)
		return object;
	const struct request exact = slab_exact_node(request, node);
	const uint32_t id = slab_grow_begin(slab, &exact, cache);

	if (id == SLAB_NONE)
		return OBJECT_NONE;
	object = take_one(slab, id);
	slab_grow_end(slab, id);
	return object;
}

/* The nearest node that has free objects, else a new slab wherever there are pages. */
static object_t of_any_node(struct slab *slab, const struct request *request, cache_id cache)
{
	const uint32_t local = slab_nodes_of_cpu(&slab->numa, request->cpu);
	struct request near = *request;

	near.node = (int16_t)local;
	for (;;) {
		for (uint32_t i = 0; i < slab->numa.with_memory; i++) {
			const uint32_t node = slab->numa.nearest[local][i];
			const object_t object = slab_node(slab, cache.v, node)->free_objects
							? of_node_alone(slab, request, cache, node)
							: OBJECT_NONE;

			if (object != OBJECT_NONE)
				return object;
		}
		const uint32_t id = slab_grow_begin(slab, &near, cache);

		if (id == SLAB_NONE)
			return OBJECT_NONE;
		slab_grow_end(slab, id);
	}
}

object_t slab_alloc_on_node(struct slab *slab, const struct request *request, cache_id cache,
			    uint32_t node)
{
	work_count(slab->work, WORK_slab_slowpath);
	object_t object = of_node_alone(slab, request, cache, node);

	if (object == OBJECT_NONE && !(request->gfp & GFP_BIT_THISNODE))
		object = of_any_node(slab, request, cache);
	if (object != OBJECT_NONE)
		slab_cpu_array(slab, cache.v, request->cpu)->requested += request->bytes;
	return object;
}
