/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Freeing: into the cpu's array. A full array first gives its oldest objects to the shared one or
 * back to their slabs. Reference: mm/slab.c (___cache_free, cache_flusharray, free_block).
 */
#include <string.h>

#include "slab/slab_private.h"

/* An empty slab goes to the head of the free ones, any other to the end: time for it to empty. */
static void object_back(struct slab *slab, struct slab_node *node, object_t object)
{
	const uint32_t id = frame_map_owner(&slab->frames, object);
	struct slab_slab *s = &slab->slabs[id];

	slab_list_remove(slab, node, id);
	s->active--;
	slab->indices[s->indices + s->active] = slab_index(&slab->caches[s->cache], s, object);
	if (s->active == 0)
		slab_list_add_head(slab, node, id, SLAB_FREE);
	else
		slab_list_add_tail(slab, node, id, SLAB_PARTIAL);
}

/* Takes free slabs off the list, the longest unused first, while there are too many free objects.
 */
static uint32_t take_surplus(struct slab *slab, struct slab_node *node, uint32_t num)
{
	uint32_t chain = SLAB_NONE;

	while (node->free_objects > node->free_limit && node->tail[SLAB_FREE] != SLAB_NONE) {
		const uint32_t id = node->tail[SLAB_FREE];

		slab_list_remove(slab, node, id);
		node->free_objects -= num;
		node->total_slabs--;
		slab->slabs[id].next = chain;
		chain = id;
	}
	return chain;
}

uint32_t slab_free_block(struct slab *slab, cache_id cache, uint32_t node_id,
			 const struct slab_array *array, uint32_t count)
{
	struct slab_node *node = slab_node(slab, cache.v, node_id);
	const object_t *objects = slab->entries + array->entries;

	node->free_objects += count;
	for (uint32_t i = 0; i < count; i++)
		object_back(slab, node, objects[i]);
	work_count_n(slab->work, WORK_array_move, count);
	return take_surplus(slab, node, slab->caches[cache.v].num);
}

void slab_array_drop(struct slab *slab, struct slab_array *array, uint32_t count)
{
	object_t *objects = slab->entries + array->entries;

	array->avail -= count;
	memmove(objects, objects + count, array->avail * sizeof(*objects));
}

void slab_array_empty(struct slab *slab, const struct request *request, cache_id cache,
		      uint32_t node_id, struct slab_array *array)
{
	struct slab_node *node = slab_node(slab, cache.v, node_id);

	slab_lock_node(slab, node);
	const uint32_t chain = slab_free_block(slab, cache, node_id, array, array->avail);

	array->avail = 0;
	slab_unlock_node(slab, node);
	slab_destroy_chain(slab, request, chain);
}

/* The oldest objects of an array to the end of the shared one; how many there was room for. */
static uint32_t give_to_shared(struct slab *slab, struct slab_array *shared,
			       const struct slab_array *array, uint32_t count)
{
	if (count > shared->limit - shared->avail)
		count = shared->limit - shared->avail;
	memcpy(slab->entries + shared->entries + shared->avail, slab->entries + array->entries,
	       count * sizeof(*slab->entries));
	shared->avail += count;
	work_count_n(slab->work, WORK_array_move, count);
	return count;
}

/* cache_flusharray. May call back. */
static void flush_array(struct slab *slab, const struct request *request, cache_id cache,
			struct slab_array *array)
{
	const uint32_t local = slab_nodes_of_cpu(&slab->numa, request->cpu);
	struct slab_node *node = slab_node(slab, cache.v, local);
	uint32_t chain = SLAB_NONE, count = 0;

	slab_lock_node(slab, node);
	if (node->has_shared)
		count = give_to_shared(slab, slab_shared_array(slab, cache.v, local), array,
				       array->batchcount);
	if (count == 0) {
		count = array->batchcount;
		chain = slab_free_block(slab, cache, local, array, count);
	}
	slab_unlock_node(slab, node);
	slab_array_drop(slab, array, count);
	slab_destroy_chain(slab, request, chain);
}

/* Who was called back may have filled the array again. */
static __attribute__((noinline)) void make_room(struct slab *slab, const struct request *request,
						cache_id cache, struct slab_array *array)
{
	work_count(slab->work, WORK_slab_slowpath);
	while (array->avail >= array->limit)
		flush_array(slab, request, cache, array);
}

/* Objects of nobody are older than the simulation knows of: there is nothing to give back. */
static __attribute__((noinline)) void free_other(struct slab *slab, const struct request *request,
						 object_t object, uint32_t owner)
{
	if (owner & FRAME_LARGE)
		large_free(&slab->frames, slab->pages, request, object);
}

static inline void free_object(struct slab *slab, const struct request *request, object_t object)
{
	const uint32_t id = frame_map_owner(&slab->frames, object);

	if (__builtin_expect(id - 1 >= FRAME_LARGE - 1, 0)) {
		free_other(slab, request, object, id);
		return;
	}
	const cache_id cache = { slab->slabs[id].cache };
	struct slab_array *array = slab_cpu_array(slab, cache.v, request->cpu);

	array->requested -= __builtin_expect(request->bytes != 0, 1)
				    ? request->bytes
				    : slab->caches[cache.v].unknown_bytes;
	if (__builtin_expect(slab->node_count > 1, 0) &&
	    slab->slabs[id].node != slab_nodes_of_cpu(&slab->numa, request->cpu)) {
		slab_alien_free(slab, request, id, object);
		return;
	}
	if (__builtin_expect(array->avail < array->limit, 1))
		work_count(slab->work, WORK_slab_fastpath);
	else
		make_room(slab, request, cache, array);
	slab_push(slab, array, object);
}

void slab_cache_free(void *state, const struct request *request, cache_id cache, object_t object)
{
	(void)cache; /* the object's slab knows, also where caches were merged */
	free_object(state, request, object);
}

void slab_kfree(void *state, const struct request *request, object_t object)
{
	free_object(state, request, object);
}
