/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bulk allocation and bulk free. Reference: mm/slub.c (kmem_cache_alloc_bulk,
 * build_detached_freelist, slab_free_freelist_hook, kmem_cache_free_bulk).
 */
#include <stdlib.h>
#include <string.h>

#include "core/host_memory.h"
#include "slab/slub.h"

enum {
	LOOK_AHEAD = 3, /* so many objects of other slabs end the search for more of one slab */
	ON_STACK = 64,
};

bool slub_alloc_bulk(void *state, const struct request *request, cache_id cache, size_t count,
		     object_t *out)
{
	struct slub *slub = state;

	for (size_t i = 0; i < count; i++) {
		out[i] = slub_alloc(slub, request, cache);
		if (out[i] == OBJECT_NONE) {
			slub_free_bulk(slub, request, cache, i, out);
			return false;
		}
	}
	return true;
}

static void swap_objects(object_t *a, object_t *b)
{
	const object_t kept = *a;

	*a = *b;
	*b = kept;
}

/*
 * Frees the last object together with others of its slab that stand near before it; returns how
 * many objects are left. They end up on the freelist in the order in which they are found here: the
 * kernel chains them the other way round and its free hook reverses the chain.
 */
static size_t free_one_slab(struct slub *slub, const struct request *request, size_t count,
			    object_t *objects)
{
	const uint32_t id = frame_map_owner(&slub->frames, objects[count - 1]);

	if (id == 0 || (id & FRAME_LARGE)) {
		slub_kfree(slub, request, objects[count - 1]);
		return count - 1;
	}
	const struct slub_slab *slab = &slub->slabs[id];
	const uint32_t reciprocal = slub->caches[slab->cache].reciprocal;
	uint16_t *links = slub->links + slab->links;
	const uint16_t head = slub_index(slab->pfn, reciprocal, objects[count - 1]);
	uint16_t tail = head, found = 1;
	size_t left = count - 1;

	for (size_t i = left, misses = 0; i-- > 0 && misses < LOOK_AHEAD;) {
		if (frame_map_owner(&slub->frames, objects[i]) != id) {
			misses++;
			continue;
		}
		const uint16_t index = slub_index(slab->pfn, reciprocal, objects[i]);

		links[tail] = index;
		tail = index;
		found++;
		swap_objects(&objects[i], &objects[--left]);
	}
	slub_free_chain(slub, request, id, head, tail, found);
	return left;
}

void slub_free_bulk(void *state, const struct request *request, cache_id cache, size_t count,
		    const object_t *objects)
{
	object_t on_stack[ON_STACK];
	object_t *scratch = on_stack;

	(void)cache;
	if (count > ON_STACK)
		scratch = host_memory_need(malloc(count * sizeof(*scratch)), "a bulk free");
	memcpy(scratch, objects, count * sizeof(*scratch));
	for (size_t left = count; left > 0;)
		left = free_one_slab(state, request, left, scratch);
	if (scratch != on_stack)
		free(scratch);
}
