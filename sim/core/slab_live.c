/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/ids.h"
#include "core/slab_state.h"

uint64_t slab_entry_object(const struct cache_state *cache, const struct slab_entry *slab,
			   uint32_t i)
{
	return ((uint64_t)slab->pfn << PAGE_SHIFT) + slab->mem_offset + (uint64_t)i * cache->size;
}

static void mark_free(bool *live, uint32_t objects, const uint16_t *indices, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (indices[i] < objects)
			live[indices[i]] = false;
}

/* What an array holds is free, whatever its slab says. */
static void mark_array(const struct slab_state *state, const struct cache_state *cache,
		       const struct slab_entry *slab, const struct array_state *array, bool *live)
{
	const uint64_t first = slab_entry_object(cache, slab, 0);
	for (size_t i = 0; i < array->count; i++) {
		const uint64_t offset = array->objects[i] - state->page_offset - first;
		if (offset / cache->size < slab->objects)
			live[offset / cache->size] = false;
	}
}

void slab_entry_live(const struct slab_state *state, const struct cache_state *cache,
		     const struct slab_entry *slab, bool *live)
{
	for (uint32_t i = 0; i < slab->objects; i++)
		live[i] = true;
	mark_free(live, slab->objects, slab->freelist, slab->free_count);
	for (size_t i = 0; slab->list == SLAB_LIST_CPU && i < cache->cpu_freelist_count; i++)
		if (cache->cpu_freelists[i].cpu == slab->cpu)
			mark_free(live, slab->objects, cache->cpu_freelists[i].indices,
				  cache->cpu_freelists[i].count);
	for (size_t i = 0; i < cache->array_count && cache->size; i++)
		mark_array(state, cache, slab, &cache->arrays[i], live);
}
