/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/ids.h"
#include "core/slab_state.h"

uint64_t slab_entry_object(const struct cache_state *cache, const struct slab_entry *slab,
			   uint32_t i)
{
	return ((uint64_t)slab->pfn << PAGE_SHIFT) + slab->mem_offset + (uint64_t)i * cache->size;
}

/*
 * A list of free objects. What was never handed out is at its end, counting up to the slab's last
 * object: so SLUB links a new slab, and so SLAB numbers one.
 */
static void mark_free(uint8_t *places, uint32_t objects, const uint16_t *indices, size_t count)
{
	uint32_t expected = objects;
	for (size_t i = count; i-- > 0;) {
		if (indices[i] >= objects)
			continue;
		const bool in_order = expected > 0 && indices[i] == expected - 1;
		places[indices[i]] = in_order ? PLACE_NEW : PLACE_FREED;
		expected = in_order ? expected - 1 : 0;
	}
}

/*
 * What an array holds is free, whatever its slab says. Objects come to it in the slab's order and
 * leave from its top: as long as they count up from the bottom, they never left.
 */
static void mark_array(const struct slab_state *state, const struct cache_state *cache,
		       const struct slab_entry *slab, const struct array_state *array,
		       uint8_t *places)
{
	const uint64_t first = state->page_offset + slab_entry_object(cache, slab, 0);
	bool in_order = true;
	for (size_t i = 0; i < array->count; i++) {
		const uint64_t index = (array->objects[i] - first) / cache->size;
		in_order = in_order &&
			   (i == 0 || array->objects[i] == array->objects[i - 1] + cache->size);
		if (array->objects[i] >= first && index < slab->objects)
			places[index] = in_order ? PLACE_NEW : PLACE_FREED;
	}
}

/* A slab is made for an object: where no place shows one, it was the first that was handed out. */
static void mark_first(uint8_t *places, uint32_t objects)
{
	for (uint32_t i = 0; i < objects; i++)
		if (places[i] != PLACE_NEW)
			return;
	if (objects)
		places[0] = PLACE_FREED;
}

void slab_entry_places(const struct slab_state *state, const struct cache_state *cache,
		       const struct slab_entry *slab, uint8_t *places)
{
	for (uint32_t i = 0; i < slab->objects; i++)
		places[i] = PLACE_LIVE;
	mark_free(places, slab->objects, slab->freelist, slab->free_count);
	for (size_t i = 0; slab->list == SLAB_LIST_CPU && i < cache->cpu_freelist_count; i++)
		if (cache->cpu_freelists[i].cpu == slab->cpu)
			mark_free(places, slab->objects, cache->cpu_freelists[i].indices,
				  cache->cpu_freelists[i].count);
	for (size_t i = 0; i < cache->array_count && cache->size; i++)
		mark_array(state, cache, slab, &cache->arrays[i], places);
	mark_first(places, slab->objects);
}
