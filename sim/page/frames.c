/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "page/frames.h"

static int level_create(struct frame_level *level, uint32_t count, uint32_t shift, uint32_t heads,
			struct arena *arena, struct error *err)
{
	uint32_t entries = (uint32_t)(((uint64_t)count + (1u << shift) - 1) >> shift);

	level->shift = shift;
	level->heads = entries;
	level->links = arena_array(arena, (size_t)entries + heads, sizeof(struct frame_link), err);
	level->states = arena_array(arena, entries, sizeof(uint8_t), err);
	return level->links && level->states ? 0 : -1;
}

int frames_create(struct frames *frames, uint32_t count, uint32_t coarse_order, uint32_t heads,
		  struct arena *arena, struct error *err)
{
	frames->count = count;
	frames->coarse_order = coarse_order;
	if (level_create(&frames->level[0], count, 0, heads, arena, err))
		return -1;
	return level_create(&frames->level[1], count, coarse_order, heads, arena, err);
}

struct frame_block frames_find(const struct frames *f, uint32_t pfn, unsigned orders,
			       uint32_t *start)
{
	for (unsigned order = 0; order < orders; order++) {
		uint32_t head = pfn & ~((1u << order) - 1);
		struct frame_block block = frames_block(f, head);
		if (block.state != FRAME_NONE && block.order >= order) {
			*start = head;
			return block;
		}
	}
	*start = pfn;
	return (struct frame_block){ FRAME_NONE, 0 };
}

bool frames_fine_empty(const struct frames *f, uint32_t pfn, uint32_t end)
{
	for (; pfn < end; pfn++) {
		if (f->level[0].states[pfn] != FRAME_NONE)
			return false;
	}
	return true;
}

bool frames_interior_empty(const struct frames *f, uint32_t pfn, unsigned order)
{
	const struct frame_level *coarse = &f->level[1];
	uint32_t end = pfn + (1u << order);

	if (order < coarse->shift)
		return frames_fine_empty(f, pfn + 1, end);
	for (uint32_t chunk = (pfn >> coarse->shift) + 1; chunk < end >> coarse->shift; chunk++) {
		if (coarse->states[chunk] != FRAME_NONE)
			return false;
	}
	return frames_fine_empty(f, pfn, end);
}
