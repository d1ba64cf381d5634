/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/ptrmap.h"

#include <stdlib.h>

enum { FIRST_BITS = 10 };

struct slot {
	uint64_t key;
	uint32_t value; /* PTRMAP_NONE: empty */
};

struct ptrmap {
	struct slot *slots;
	size_t mask;
	unsigned shift; /* 64 - log2 of the number of slots */
	size_t count;
};

/* Fibonacci hashing: the high bits of the product depend on all bits of the key. */
static size_t home(const struct ptrmap *map, uint64_t key)
{
	return (size_t)((key * 0x9e3779b97f4a7c15u) >> map->shift);
}

static struct slot *make_slots(size_t count)
{
	struct slot *slots = malloc(count * sizeof(*slots));

	if (!slots)
		return NULL;
	for (size_t i = 0; i < count; i++)
		slots[i] = (struct slot){ .value = PTRMAP_NONE };
	return slots;
}

struct ptrmap *ptrmap_create(struct error *err)
{
	struct ptrmap *map = malloc(sizeof(*map));
	struct slot *slots = make_slots((size_t)1 << FIRST_BITS);

	if (!map || !slots) {
		error_set(err, ERROR_RUN, "no memory for a pointer map");
		free(map);
		free(slots);
		return NULL;
	}
	*map = (struct ptrmap){
		.slots = slots,
		.mask = ((size_t)1 << FIRST_BITS) - 1,
		.shift = 64 - FIRST_BITS,
	};
	return map;
}

void ptrmap_destroy(struct ptrmap *map)
{
	if (!map)
		return;
	free(map->slots);
	free(map);
}

/* Where the key is, or the empty slot where it would go. */
static size_t find(const struct ptrmap *map, uint64_t key)
{
	size_t at = home(map, key);

	while (map->slots[at].value != PTRMAP_NONE && map->slots[at].key != key)
		at = (at + 1) & map->mask;
	return at;
}

uint32_t ptrmap_get(const struct ptrmap *map, uint64_t key)
{
	return map->slots[find(map, key)].value;
}

static int grow(struct ptrmap *map, struct error *err)
{
	struct slot *old = map->slots;
	size_t old_count = map->mask + 1;
	struct slot *slots = make_slots(2 * old_count);

	if (!slots)
		return error_set(err, ERROR_RUN, "no memory for %zu live pointers", map->count);
	map->slots = slots;
	map->mask = 2 * old_count - 1;
	map->shift--;
	for (size_t i = 0; i < old_count; i++)
		if (old[i].value != PTRMAP_NONE)
			slots[find(map, old[i].key)] = old[i];
	free(old);
	return 0;
}

uint32_t *ptrmap_at(struct ptrmap *map, uint64_t key, struct error *err)
{
	size_t at = find(map, key);

	if (map->slots[at].value == PTRMAP_NONE) {
		/* At most half full, so that runs of occupied slots stay short. */
		if (2 * (map->count + 1) > map->mask + 1) {
			if (grow(map, err))
				return NULL;
			at = find(map, key);
		}
		map->count++;
		map->slots[at].key = key;
	}
	return &map->slots[at].value;
}

int ptrmap_put(struct ptrmap *map, uint64_t key, uint32_t value, struct error *err)
{
	uint32_t *at = ptrmap_at(map, key, err);

	if (!at)
		return -1;
	*at = value;
	return 0;
}

/* Fills the hole with the next entry of the cluster that may stand there, and so on. */
static void close_hole(struct ptrmap *map, size_t hole)
{
	size_t at = hole;

	for (;;) {
		at = (at + 1) & map->mask;
		if (map->slots[at].value == PTRMAP_NONE)
			break;
		size_t from_home = (at - home(map, map->slots[at].key)) & map->mask;
		size_t from_hole = (at - hole) & map->mask;
		if (from_home >= from_hole) {
			map->slots[hole] = map->slots[at];
			hole = at;
		}
	}
	map->slots[hole].value = PTRMAP_NONE;
}

uint32_t ptrmap_take(struct ptrmap *map, uint64_t key)
{
	size_t at = find(map, key);
	uint32_t value = map->slots[at].value;

	if (value == PTRMAP_NONE)
		return value;
	close_hole(map, at);
	map->count--;
	return value;
}

void ptrmap_expect(const struct ptrmap *map, uint64_t key)
{
	__builtin_prefetch(&map->slots[home(map, key)]);
}

size_t ptrmap_count(const struct ptrmap *map)
{
	return map->count;
}
