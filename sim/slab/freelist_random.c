/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "slab/freelist_random.h"

#include "base/rng.h"

enum { INDICES_FIRST = 1 << 16 };

int freelist_random_open(struct freelist_random *random, const struct services *services,
			 const char *stream, uint32_t caches, struct error *err)
{
	random->arena = services->arena;
	random->capacity = INDICES_FIRST;
	random->indices = arena_array(random->arena, INDICES_FIRST, sizeof(*random->indices), err);
	random->first = arena_array(random->arena, caches, sizeof(*random->first), err);
	random->room = arena_array(random->arena, caches, sizeof(*random->room), err);
	if (!random->indices || !random->first || !random->room)
		return -1;
	random->rng = rng_create(services->seed, stream);
	return random->rng ? 0 : error_set(err, ERROR_RUN, "no memory for random free lists");
}

void freelist_random_close(struct freelist_random *random)
{
	if (random->rng)
		rng_destroy(random->rng);
}

static int make_room(struct freelist_random *random, uint32_t count, struct error *err)
{
	uint32_t capacity = random->capacity;

	while (capacity - random->used < count) {
		if (capacity > UINT32_MAX / 2)
			return error_set(err, ERROR_RUN, "no room for more random free lists");
		capacity *= 2;
	}
	if (capacity == random->capacity)
		return 0;
	uint16_t *grown =
		arena_grow(random->arena, random->indices, capacity, sizeof(*random->indices), err);

	if (!grown)
		return -1;
	random->indices = grown;
	random->capacity = capacity;
	return 0;
}

static int reserve(struct freelist_random *random, uint32_t cache, uint32_t count,
		   struct error *err)
{
	if (count <= random->room[cache])
		return 0;
	if (make_room(random, count, err))
		return -1;
	random->first[cache] = random->used;
	random->room[cache] = count;
	random->used += count;
	return 0;
}

int freelist_random_add(struct freelist_random *random, uint32_t cache, uint32_t count,
			struct error *err)
{
	if (!random->rng)
		return 0;
	if (reserve(random, cache, count, err))
		return -1;
	uint16_t *indices = random->indices + random->first[cache];

	for (uint32_t i = 0; i < count; i++)
		indices[i] = (uint16_t)i;
	for (uint32_t i = count; i-- > 1;) {
		const uint32_t other = (uint32_t)rng_below(random->rng, i + 1);
		const uint16_t kept = indices[i];

		indices[i] = indices[other];
		indices[other] = kept;
	}
	return 0;
}

struct freelist_walk freelist_random_walk(struct freelist_random *random, uint32_t cache,
					  uint32_t count)
{
	return (struct freelist_walk){
		.indices = random->indices + random->first[cache],
		.at = (uint32_t)rng_below(random->rng, count),
		.count = count,
	};
}
