/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/slab_state.h"

#include <stdlib.h>

static void free_slabs(struct slab_entry *slabs, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(slabs[i].freelist);
	free(slabs);
}

static void free_cache(struct cache_state *cache)
{
	free_slabs(cache->slabs, cache->slab_count);
	for (size_t i = 0; i < cache->cpu_freelist_count; i++)
		free(cache->cpu_freelists[i].indices);
	for (size_t i = 0; i < cache->array_count; i++)
		free(cache->arrays[i].objects);
	free(cache->cpu_freelists);
	free(cache->arrays);
	free(cache->name);
}

void slab_state_free(struct slab_state *state)
{
	for (size_t i = 0; i < state->cache_count; i++)
		free_cache(&state->caches[i]);
	free(state->caches);
	free_slabs(state->slabs, state->slab_count);
	*state = (struct slab_state){ 0 };
}
