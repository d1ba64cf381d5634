/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What an allocation would return now, without making it: the way through arrays and slabs is that
 * of slab_alloc.c. Of a new slab only the place in its pages is known, not the pages.
 */
#include "slab/slab_private.h"

/* The last of `wanted` objects taken from the node's slabs in their order; it has a free object. */
static object_t last_of_node(const struct slab *slab, const struct slab_cache *cache,
			     const struct slab_node *node, uint32_t wanted)
{
	object_t last = OBJECT_NONE;

	for (uint32_t list = 0; list < SLAB_LISTS && wanted > 0; list++) {
		for (uint32_t id = node->head[list]; id != SLAB_NONE && wanted > 0;
		     id = slab->slabs[id].next) {
			const struct slab_slab *s = &slab->slabs[id];
			const uint32_t left = cache->num - s->active;
			const uint32_t count = left < wanted ? left : wanted;

			last = slab_object_at(cache, s,
					      slab->indices[s->indices + s->active + count - 1]);
			wanted -= count;
		}
	}
	return last;
}

/* Pages that nobody has, and the place in them of the last object that a refill would take. */
static bool may_be_of_new_slab(const struct slab *slab, const struct slab_cache *cache,
			       const struct slab_node *node, uint32_t wanted, object_t object)
{
	const uint64_t slab_bytes = (uint64_t)PAGE_SIZE_BYTES << cache->gfporder;
	const struct slab_slab s = { .mem_offset = slab_next_colour(node, cache) };
	const uint32_t last = wanted < cache->num ? wanted : cache->num;

	if (frame_map_owner(&slab->frames, object) != 0)
		return false;
	return slab->random.rng ||
	       (object & (slab_bytes - 1)) == slab_object_at(cache, &s, last - 1);
}

bool slab_would_return(const void *state, const struct request *request, cache_id cache,
		       object_t object)
{
	const struct slab *slab = state;

	if (cache_is_none(cache) && request->bytes - 1 >= KMALLOC_CACHE_BYTES)
		return true;
	if (cache_is_none(cache))
		cache = kmalloc_cache(&slab->kmalloc, request->bytes, request->gfp);
	const struct slab_array *array = slab_cpu_array(slab, cache.v, request->cpu);
	const uint32_t local = slab_nodes_of_cpu(&slab->numa, request->cpu);
	const int32_t asked = slab_nodes_asked(&slab->numa, request->node);
	const struct slab_array *shared = slab_shared_array(slab, cache.v, local);
	const struct slab_node *node = slab_node(slab, cache.v, local);
	const struct slab_cache *owner = &slab->caches[cache.v];
	const uint32_t wanted = slab_refill_count(array);

	/* Past all arrays, and who knows where to in the end. */
	if (asked >= 0 && (uint32_t)asked != local)
		return true;
	if (array->avail)
		return object == slab->entries[array->entries + array->avail - 1];
	if (shared->avail)
		return object == slab->entries[shared->entries + shared->avail - 1];
	if (node->free_objects)
		return object == last_of_node(slab, owner, node, wanted);
	return may_be_of_new_slab(slab, owner, node, wanted, object);
}
