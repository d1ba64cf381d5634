/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/frame_pool.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct frame_pool {
	uint32_t frames;
	uint32_t lowest; /* no frame below is in the pool */
	bool has[];      /* by frame */
};

struct frame_pool *frame_pool_create(uint32_t frames, struct error *err)
{
	struct frame_pool *pool = calloc(1, sizeof(*pool) + frames * sizeof(pool->has[0]));
	if (!pool) {
		error_set(err, ERROR_RUN, "no memory for the start state");
		return NULL;
	}
	pool->frames = pool->lowest = frames;
	return pool;
}

void frame_pool_destroy(struct frame_pool *pool)
{
	free(pool);
}

void frame_pool_give(struct frame_pool *pool, uint32_t pfn, unsigned order)
{
	if (pfn >= pool->frames || 1u << order > pool->frames - pfn)
		return;
	memset(&pool->has[pfn], true, (size_t)1 << order);
	if (pfn < pool->lowest)
		pool->lowest = pfn;
}

static bool has_block(const struct frame_pool *pool, uint32_t pfn, unsigned order)
{
	return pool->frames - pfn >= 1u << order &&
	       memchr(&pool->has[pfn], false, (size_t)1 << order) == NULL;
}

static pfn_t take(struct frame_pool *pool, uint32_t pfn, unsigned order)
{
	memset(&pool->has[pfn], false, (size_t)1 << order);
	while (pool->lowest < pool->frames && !pool->has[pool->lowest])
		pool->lowest++;
	return (pfn_t){ pfn };
}

pfn_t frame_pool_take(struct frame_pool *pool, unsigned order)
{
	const uint32_t step = 1u << order;
	for (uint32_t pfn = pool->lowest & ~(step - 1); pfn < pool->frames; pfn += step)
		if (has_block(pool, pfn, order))
			return take(pool, pfn, order);
	return PFN_NONE;
}

pfn_t frame_pool_take_any(struct frame_pool *pool, unsigned order, unsigned *taken)
{
	if (pool->lowest == pool->frames)
		return PFN_NONE;
	for (*taken = order; *taken > 0; --*taken)
		if (!(pool->lowest & ((1u << *taken) - 1)) && has_block(pool, pool->lowest, *taken))
			break;
	return take(pool, pool->lowest, *taken);
}
