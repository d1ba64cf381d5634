/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Slab numbers, and the lists of partly used and of free slabs that each node has. */
#include "core/assert.h"
#include "slab/slab_private.h"

uint32_t slab_number(struct slab *slab, uint32_t objects)
{
	const uint8_t class = ranges_class(&slab->index_ranges, objects);
	void *indices = slab->indices;
	uint32_t id = slab->unused;

	if (id != SLAB_NONE)
		slab->unused = slab->slabs[id].next;
	else
		id = slab->slab_count++;
	SIM_ASSERT(id < slab->slab_capacity);
	slab->slabs[id] = (struct slab_slab){
		.indices = ranges_take(&slab->index_ranges, slab->services->arena, &indices, class),
		.index_class = class,
	};
	slab->indices = indices;
	return id;
}

void slab_recycle(struct slab *slab, uint32_t id)
{
	struct slab_slab *s = &slab->slabs[id];

	ranges_give(&slab->index_ranges, slab->indices, s->indices, s->index_class);
	s->place = SLAB_UNUSED;
	s->next = slab->unused;
	slab->unused = id;
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
