/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Slab numbers, and the lists of partly used and of free slabs that each node has. */
#include "core/assert.h"
#include "core/host_memory.h"
#include "slab/slab_private.h"

static uint8_t index_class_for(uint32_t objects)
{
	return (uint8_t)(objects > 1 ? 32 - __builtin_clz(objects - 1) : 0);
}

/* Indices are many: their array grows with what slabs use of it. */
static void reserve_indices(struct slab *slab, uint64_t wanted)
{
	if (wanted <= slab->indices_capacity)
		return;
	SIM_ASSERT(slab->indices_capacity < UINT32_MAX);
	slab->indices_capacity *= 2;
	slab->indices = host_memory_need(
		arena_grow(slab->services->arena, slab->indices, slab->indices_capacity, 1, NULL),
		"free lists");
}

uint32_t slab_number(struct slab *slab, uint32_t objects)
{
	const uint8_t class = index_class_for(objects);
	uint32_t id = slab->unused[class];

	if (id != SLAB_NONE) {
		slab->unused[class] = slab->slabs[id].next;
		return id;
	}
	SIM_ASSERT(slab->slab_count < slab->slab_capacity);
	reserve_indices(slab, slab->indices_used + (1u << class));
	id = slab->slab_count++;
	slab->slabs[id] =
		(struct slab_slab){ .indices = (uint32_t)slab->indices_used, .index_class = class };
	slab->indices_used += 1u << class;
	return id;
}

void slab_recycle(struct slab *slab, uint32_t id)
{
	struct slab_slab *s = &slab->slabs[id];

	s->place = SLAB_UNUSED;
	s->next = slab->unused[s->index_class];
	slab->unused[s->index_class] = id;
}

static void entered(struct slab *slab, struct slab_node *node, uint32_t id, enum slab_place list)
{
	slab->slabs[id].place = (uint8_t)list;
	node->free_slabs += list == SLAB_FREE;
	work_count(slab->work, WORK_partial_list_move);
}

void slab_list_add_head(struct slab *slab, struct slab_node *node, uint32_t id,
			enum slab_place list)
{
	struct slab_slab *s = &slab->slabs[id];

	s->prev = SLAB_NONE;
	s->next = node->head[list];
	if (s->next == SLAB_NONE)
		node->tail[list] = id;
	else
		slab->slabs[s->next].prev = id;
	node->head[list] = id;
	entered(slab, node, id, list);
}

void slab_list_add_tail(struct slab *slab, struct slab_node *node, uint32_t id,
			enum slab_place list)
{
	struct slab_slab *s = &slab->slabs[id];

	s->next = SLAB_NONE;
	s->prev = node->tail[list];
	if (s->prev == SLAB_NONE)
		node->head[list] = id;
	else
		slab->slabs[s->prev].next = id;
	node->tail[list] = id;
	entered(slab, node, id, list);
}

void slab_list_remove(struct slab *slab, struct slab_node *node, uint32_t id)
{
	struct slab_slab *s = &slab->slabs[id];
	const uint8_t list = s->place;

	s->place = SLAB_IN_HAND;
	if (list >= SLAB_LISTS)
		return;
	if (s->prev == SLAB_NONE)
		node->head[list] = s->next;
	else
		slab->slabs[s->prev].next = s->next;
	if (s->next == SLAB_NONE)
		node->tail[list] = s->prev;
	else
		slab->slabs[s->next].prev = s->prev;
	node->free_slabs -= list == SLAB_FREE;
	work_count(slab->work, WORK_partial_list_move);
}
