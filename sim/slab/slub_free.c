/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Freeing: onto the cpu's freelist when the object is of the cpu's slab, else onto the slab's own
 * freelist, which may put the slab on a list or give its pages back. Reference: mm/slub.c
 * (do_slab_free, __slab_free).
 */
#include "slab/slub.h"

/* A slab that was full goes to the cpu's partial list, or to the node's where cpus have none. */
static void full_slab_freed(struct slub *slub, const struct request *request, uint32_t id)
{
	struct slub_slab *slab = &slub->slabs[id];
	struct slub_node *node = slub_node_of(slub, id);

	if (slub->has_cpu_partial) {
		slub_cpu_partial_put(slub, request, request->cpu, id, true);
		return;
	}
	slub_list_lock(slub, node);
	const bool discard =
		slab->inuse == 0 && node->nr_partial >= slub->caches[slab->cache].min_partial;

	if (discard)
		slab->place = SLUB_IN_HAND;
	else
		slub_node_add_tail(slub, id);
	slub_list_unlock(slub, node);
	if (discard)
		slub_slab_discard(slub, request, id);
}

/* The last object of a slab on the node's list: its pages go back if enough others are there. */
static void node_slab_emptied(struct slub *slub, const struct request *request, uint32_t id)
{
	struct slub_node *node = slub_node_of(slub, id);

	slub_list_lock(slub, node);
	const bool discard = node->nr_partial >= slub->caches[slub->slabs[id].cache].min_partial;

	if (discard)
		slub_node_remove(slub, id);
	slub_list_unlock(slub, node);
	if (discard)
		slub_slab_discard(slub, request, id);
}

static __attribute__((noinline)) void free_to_slab(struct slub *slub, const struct request *request,
						   uint32_t id, uint16_t head, uint16_t tail,
						   uint16_t count)
{
	struct slub_slab *slab = &slub->slabs[id];

	work_count(slub->work, WORK_slab_remote_free);
	slub_coded(slub, count);
	slub->links[slab->links + tail] = slab->free;
	slab->free = head;
	slab->inuse = (uint16_t)(slab->inuse - count);
	if (slab->place == SLUB_FULL) {
		full_slab_freed(slub, request, id);
	} else if (slab->place == SLUB_NODE) {
		slub->caches[slab->cache].partial_free += count;
		if (slab->inuse == 0)
			node_slab_emptied(slub, request, id);
	}
}

void slub_free_chain(struct slub *slub, const struct request *request, uint32_t id, uint16_t head,
		     uint16_t tail, uint16_t count)
{
	const uint32_t cache = slub->slabs[id].cache;
	struct slub_cpu *c = slub_cpu(slub, cache, request->cpu);

	c->requested -= count * slub_freed_bytes(slub, cache, request);
	if (c->slab != id) {
		free_to_slab(slub, request, id, head, tail, count);
		return;
	}
	work_count(slub->work, WORK_slab_fastpath);
	slub_coded(slub, count);
	slub->links[c->links + tail] = c->free;
	c->free = head;
}

/* Objects of nobody are older than the simulation knows of: there is nothing to give back. */
static __attribute__((noinline)) void free_other(struct slub *slub, const struct request *request,
						 object_t object, uint32_t owner)
{
	if (owner & FRAME_LARGE)
		large_free(&slub->frames, slub->pages, request, object);
}

static inline void free_object(struct slub *slub, const struct request *request, object_t object)
{
	const uint32_t id = frame_map_owner(&slub->frames, object);

	if (__builtin_expect(id - 1 >= FRAME_LARGE - 1, 0)) {
		free_other(slub, request, object, id);
		return;
	}
	struct slub_slab *slab = &slub->slabs[id];
	struct slub_cpu *c = slub_cpu(slub, slab->cache, request->cpu);
	const uint16_t index = slub_index(slab->pfn, c->reciprocal, object);

	c->requested -= slub_freed_bytes(slub, slab->cache, request);
	if (__builtin_expect(c->slab != id, 0)) {
		free_to_slab(slub, request, id, index, index, 1);
		return;
	}
	work_count(slub->work, WORK_slab_fastpath);
	slub_coded(slub, 1);
	slub->links[c->links + index] = c->free;
	c->free = index;
}

void slub_free(void *state, const struct request *request, cache_id cache, object_t object)
{
	(void)cache; /* the object's slab knows, also where caches were merged */
	free_object(state, request, object);
}

void slub_kfree(void *state, const struct request *request, object_t object)
{
	free_object(state, request, object);
}
