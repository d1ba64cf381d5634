/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Partial lists: one for each node, one for each cpu. Reference: mm/slub.c (add_partial,
 * remove_partial, put_cpu_partial, __unfreeze_partials).
 */
#include "slab/slub.h"

static struct slub_cache *owner_of(struct slub *slub, uint32_t id)
{
	return &slub->caches[slub->slabs[id].cache];
}

static void node_entered(struct slub *slub, struct slub_node *node, uint32_t id)
{
	struct slub_slab *slab = &slub->slabs[id];

	slab->place = SLUB_NODE;
	node->nr_partial++;
	owner_of(slub, id)->partial_free += (uint32_t)(slab->objects - slab->inuse);
	work_count(slub->work, WORK_partial_list_move);
}

void slub_node_add_head(struct slub *slub, uint32_t id)
{
	struct slub_node *node = slub_node_of(slub, id);
	struct slub_slab *slab = &slub->slabs[id];

	slab->prev = SLUB_NONE;
	slab->next = node->head;
	if (node->head == SLUB_NONE)
		node->tail = id;
	else
		slub->slabs[node->head].prev = id;
	node->head = id;
	node_entered(slub, node, id);
}

void slub_node_add_tail(struct slub *slub, uint32_t id)
{
	struct slub_node *node = slub_node_of(slub, id);
	struct slub_slab *slab = &slub->slabs[id];

	slab->next = SLUB_NONE;
	slab->prev = node->tail;
	if (node->tail == SLUB_NONE)
		node->head = id;
	else
		slub->slabs[node->tail].next = id;
	node->tail = id;
	node_entered(slub, node, id);
}

void slub_node_remove(struct slub *slub, uint32_t id)
{
	struct slub_node *node = slub_node_of(slub, id);
	struct slub_slab *slab = &slub->slabs[id];

	if (slab->prev == SLUB_NONE)
		node->head = slab->next;
	else
		slub->slabs[slab->prev].next = slab->next;
	if (slab->next == SLUB_NONE)
		node->tail = slab->prev;
	else
		slub->slabs[slab->next].prev = slab->prev;
	slab->place = SLUB_IN_HAND;
	node->nr_partial--;
	owner_of(slub, id)->partial_free -= (uint32_t)(slab->objects - slab->inuse);
	work_count(slub->work, WORK_partial_list_move);
}

void slub_discard_chain(struct slub *slub, const struct request *request, uint32_t id)
{
	while (id != SLUB_NONE) {
		const uint32_t next = slub->slabs[id].next;

		slub_slab_discard(slub, request, id);
		id = next;
	}
}

/* Empty slabs are given back once the node has enough, the last one met first. */
static void unfreeze(struct slub *slub, const struct request *request, uint32_t id)
{
	const uint32_t min_partial = owner_of(slub, id)->min_partial;
	struct slub_node *node = slub_node_of(slub, id);
	uint32_t empty = SLUB_NONE;

	slub_list_lock(slub, node);
	while (id != SLUB_NONE) {
		struct slub_slab *slab = &slub->slabs[id];
		const uint32_t next = slab->next;

		if (slub_node_of(slub, id) != node) {
			slub_list_unlock(slub, node);
			node = slub_node_of(slub, id);
			slub_list_lock(slub, node);
		}
		if (slab->inuse == 0 && node->nr_partial >= min_partial) {
			slab->place = SLUB_IN_HAND;
			slab->next = empty;
			empty = id;
		} else {
			slub_node_add_tail(slub, id);
		}
		id = next;
	}
	slub_list_unlock(slub, node);
	slub_discard_chain(slub, request, empty);
}

void slub_cpu_partial_put(struct slub *slub, const struct request *request, uint32_t cpu,
			  uint32_t id, bool drain)
{
	struct slub_slab *slab = &slub->slabs[id];
	uint32_t *list = slub_cpu_partial(slub, slab->cache, cpu);
	const uint32_t old = *list;
	const uint32_t length = old == SLUB_NONE ? 0 : slub->slabs[old].slabs;
	const bool full =
		old != SLUB_NONE && drain && length >= slub->caches[slab->cache].cpu_partial_slabs;

	slab->place = SLUB_CPU_PARTIAL;
	slab->slabs = (uint16_t)(full ? 1 : length + 1);
	slab->next = full ? SLUB_NONE : old;
	*list = id;
	if (full)
		unfreeze(slub, request, old);
}

void slub_cpu_partial_flush(struct slub *slub, const struct request *request, cache_id cache,
			    uint32_t cpu)
{
	uint32_t *list = slub_cpu_partial(slub, cache.v, cpu);
	const uint32_t id = *list;

	*list = SLUB_NONE;
	if (id != SLUB_NONE)
		unfreeze(slub, request, id);
}
