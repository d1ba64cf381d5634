/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Allocation: the cpu's array, then the shared one, then partly used slabs, free slabs, a new slab.
 * Reference: mm/slab.c (____cache_alloc, cache_alloc_refill, get_first_slab, alloc_block).
 */
#include "slab/slab_private.h"

/* An array that nobody used since the last reaping gets no more than this (BATCHREFILL_LIMIT). */
enum { REFILL_UNTOUCHED_MAX = 16 };

uint32_t slab_refill_count(const struct slab_array *array)
{
	const uint32_t most = array->touched ? array->batchcount : REFILL_UNTOUCHED_MAX;

	return array->batchcount < most ? array->batchcount : most;
}

uint32_t slab_take_objects(struct slab *slab, struct slab_array *array, uint32_t id,
			   uint32_t wanted)
{
	struct slab_slab *s = &slab->slabs[id];
	const struct slab_cache *cache = &slab->caches[s->cache];
	const uint32_t left = cache->num - s->active;
	const uint32_t count = left < wanted ? left : wanted;
	const uint8_t *indices = slab->indices + s->indices + s->active;

	for (uint32_t i = 0; i < count; i++)
		slab_push(slab, array, slab_object_at(cache, s, indices[i]));
	s->active = (uint8_t)(s->active + count);
	work_count_n(slab->work, WORK_array_move, count);
	return wanted - count;
}

void slab_fix_list(struct slab *slab, struct slab_node *node, uint32_t id)
{
	struct slab_slab *s = &slab->slabs[id];

	slab_list_remove(slab, node, id);
	if (s->active == slab->caches[s->cache].num)
		s->place = SLAB_FULL;
	else
		slab_list_add_head(slab, node, id, SLAB_PARTIAL);
}

uint32_t slab_first_slab(struct slab_node *node)
{
	if (node->head[SLAB_PARTIAL] != SLAB_NONE)
		return node->head[SLAB_PARTIAL];
	node->free_touched = true;
	return node->head[SLAB_FREE];
}

uint32_t slab_transfer(struct slab *slab, struct slab_array *to, struct slab_array *from,
		       uint32_t most)
{
	uint32_t count = from->avail < most ? from->avail : most;

	if (count > to->limit - to->avail)
		count = to->limit - to->avail;
	for (uint32_t i = 0; i < count; i++)
		slab_push(slab, to, slab->entries[from->entries + from->avail - count + i]);
	from->avail -= count;
	work_count_n(slab->work, WORK_array_move, count);
	return count;
}

/* Objects of the node's shared array, or of its slabs, into a cpu's empty array. */
static void refill_from_node(struct slab *slab, struct slab_node *node, struct slab_array *shared,
			     struct slab_array *array, uint32_t wanted)
{
	slab_lock_node(slab, node);
	if (node->has_shared && slab_transfer(slab, array, shared, wanted)) {
		shared->touched = true;
	} else {
		while (wanted > 0) {
			const uint32_t id = slab_first_slab(node);

			if (id == SLAB_NONE)
				break;
			wanted = slab_take_objects(slab, array, id, wanted);
			slab_fix_list(slab, node, id);
		}
		node->free_objects -= array->avail;
	}
	slab_unlock_node(slab, node);
}

/* Asking for pages may have let others in, on this cpu too: then its array may have objects now. */
static void refill_from_new_slab(struct slab *slab, const struct request *request, cache_id cache,
				 struct slab_array *array, uint32_t wanted)
{
	struct request ask = *request;

	if (slab->node_count > 1)
		ask = slab_exact_node(request, slab_nodes_of_cpu(&slab->numa, request->cpu));
	const uint32_t id = slab_grow_begin(slab, &ask, cache);

	if (id == SLAB_NONE)
		return;
	if (array->avail == 0)
		slab_take_objects(slab, array, id, wanted);
	slab_grow_end(slab, id);
}

/* cache_alloc_refill: the cpu's array is empty. May call back. */
static __attribute__((noinline)) object_t
alloc_refill(struct slab *slab, const struct request *request, cache_id cache)
{
	struct slab_array *array = slab_cpu_array(slab, cache.v, request->cpu);
	const uint32_t local = slab_nodes_of_cpu(&slab->numa, request->cpu);
	struct slab_array *shared = slab_shared_array(slab, cache.v, local);
	struct slab_node *node = slab_node(slab, cache.v, local);
	const uint32_t wanted = slab_refill_count(array);

	work_count(slab->work, WORK_slab_slowpath);
	if (node->free_objects || shared->avail)
		refill_from_node(slab, node, shared, array, wanted);
	if (array->avail == 0)
		refill_from_new_slab(slab, request, cache, array, wanted);
	if (array->avail == 0)
		return slab->node_count > 1 ? slab_alloc_on_node(slab, request, cache, local)
					    : OBJECT_NONE;
	array->touched = true;
	array->requested += request->bytes;
	return slab_pop(slab, array);
}

/* The node that an object is asked of past the cpu's array, -1: the array will do. */
static int32_t remote_node(const struct slab *slab, const struct request *request)
{
	const int32_t asked = slab_nodes_asked(&slab->numa, request->node);

	return asked >= 0 && (uint32_t)asked != slab_nodes_of_cpu(&slab->numa, request->cpu) ? asked
											     : -1;
}

static inline object_t alloc_from(struct slab *slab, const struct request *request, cache_id cache)
{
	struct slab_array *array = slab_cpu_array(slab, cache.v, request->cpu);

	if (__builtin_expect(request->node >= 0, 0) && remote_node(slab, request) >= 0)
		return slab_alloc_on_node(slab, request, cache, (uint32_t)request->node);
	if (__builtin_expect(array->avail == 0, 0))
		return alloc_refill(slab, request, cache);
	work_count(slab->work, WORK_slab_fastpath);
	array->touched = true;
	array->requested += request->bytes;
	return slab_pop(slab, array);
}

object_t slab_cache_alloc(void *state, const struct request *request, cache_id cache)
{
	return alloc_from(state, request, cache);
}

object_t slab_kmalloc(void *state, const struct request *request, uint32_t bytes)
{
	struct slab *slab = state;

	if (__builtin_expect(bytes - 1 >= KMALLOC_CACHE_BYTES, 0))
		return large_alloc(&slab->frames, slab->pages, request, bytes);
	return alloc_from(slab, request, kmalloc_cache(&slab->kmalloc, bytes, request->gfp));
}
