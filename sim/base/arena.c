/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { CACHE_LINE = 64, HOST_PAGE = 4096, CHUNK_BYTES = 1 << 16 };

struct mapping {
	unsigned char *base;
	size_t bytes;
};

/* Arrays of a page or more are mappings of their own, smaller ones are cut from chunks. */
struct arena {
	size_t limit, used;
	unsigned char *chunk;
	size_t chunk_left;
	struct mapping *mappings;
	size_t mapping_count, mapping_capacity;
};

struct arena *arena_create(size_t bytes, struct error *err)
{
	struct arena *arena = calloc(1, sizeof(*arena));

	if (!arena) {
		error_set(err, ERROR_RUN, "no memory for the simulated state");
		return NULL;
	}
	arena->limit = bytes;
	return arena;
}

void arena_destroy(struct arena *arena)
{
	if (!arena)
		return;
	for (size_t i = 0; i < arena->mapping_count; i++)
		munmap(arena->mappings[i].base, arena->mappings[i].bytes);
	free(arena->mappings);
	free(arena);
}

static size_t round_up(size_t value, size_t alignment)
{
	return (value + alignment - 1) & ~(alignment - 1);
}

static void *refused(size_t bytes, struct error *err)
{
	error_errno(err, "simulated state", "cannot reserve %zu bytes of address space", bytes);
	return NULL;
}

/* Room to remember one mapping more. */
static int reserve_mapping(struct arena *arena, struct error *err)
{
	size_t capacity = arena->mapping_capacity ? 2 * arena->mapping_capacity : 64;
	struct mapping *grown;

	if (arena->mapping_count < arena->mapping_capacity)
		return 0;
	grown = realloc(arena->mappings, capacity * sizeof(*grown));
	if (!grown)
		return error_set(err, ERROR_RUN, "no memory for the simulated state");
	arena->mappings = grown;
	arena->mapping_capacity = capacity;
	return 0;
}

static void *map(struct arena *arena, size_t bytes, struct error *err)
{
	void *base;

	if (reserve_mapping(arena, err))
		return NULL;
	base = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (base == MAP_FAILED)
		return refused(bytes, err);
	arena->mappings[arena->mapping_count++] = (struct mapping){ base, bytes };
	return base;
}

static void *cut(struct arena *arena, size_t bytes, struct error *err)
{
	void *array;

	if (bytes > arena->chunk_left) {
		array = map(arena, CHUNK_BYTES, err);
		if (!array)
			return NULL;
		arena->chunk = array;
		arena->chunk_left = CHUNK_BYTES;
	}
	array = arena->chunk;
	arena->chunk += bytes;
	arena->chunk_left -= bytes;
	return array;
}

/* The bytes that an array takes of the arena, 0 when there are not so many left. */
static size_t array_bytes(const struct arena *arena, size_t count, size_t size, size_t given_back,
			  struct error *err)
{
	size_t bytes, left = arena->limit - arena->used + given_back;

	if (!__builtin_mul_overflow(count, size, &bytes) && bytes <= left) {
		bytes = round_up(bytes ? bytes : 1, bytes < HOST_PAGE ? CACHE_LINE : HOST_PAGE);
		if (bytes <= left)
			return bytes;
	}
	error_set(err, ERROR_RUN, "simulated state needs more than the %zu bytes it may have",
		  arena->limit);
	return 0;
}

void *arena_array(struct arena *arena, size_t count, size_t size, struct error *err)
{
	size_t bytes = array_bytes(arena, count, size, 0, err);
	void *array;

	if (!bytes)
		return NULL;
	array = bytes < HOST_PAGE ? cut(arena, bytes, err) : map(arena, bytes, err);
	if (array)
		arena->used += bytes;
	return array;
}

static struct mapping *mapping_of(const struct arena *arena, const void *array)
{
	size_t i = arena->mapping_count;

	while (i-- > 0) {
		if (arena->mappings[i].base == array)
			return &arena->mappings[i];
	}
	return NULL;
}

void *arena_grow(struct arena *arena, void *array, size_t count, size_t size, struct error *err)
{
	struct mapping *old = mapping_of(arena, array);
	size_t bytes;
	void *base;

	if (!old) {
		error_set(err, ERROR_RUN, "simulated state: no array of a page or more to grow");
		return NULL;
	}
	bytes = array_bytes(arena, count, size, old->bytes, err);
	if (!bytes)
		return NULL;
	if (bytes <= old->bytes)
		return array;
	base = mremap(array, old->bytes, bytes, MREMAP_MAYMOVE);
	if (base == MAP_FAILED)
		return refused(bytes, err);
	arena->used += bytes - old->bytes;
	*old = (struct mapping){ base, bytes };
	return base;
}

size_t arena_used(const struct arena *arena)
{
	return arena->used;
}

static size_t resident(const struct mapping *mapping)
{
	unsigned char present[CHUNK_BYTES];
	size_t pages = 0;

	for (size_t at = 0; at < mapping->bytes; at += sizeof(present) * HOST_PAGE) {
		const size_t left = (mapping->bytes - at + HOST_PAGE - 1) / HOST_PAGE;
		const size_t count = left < sizeof(present) ? left : sizeof(present);

		if (mincore(mapping->base + at, count * HOST_PAGE, present) != 0)
			continue; /* it is not there */
		for (size_t i = 0; i < count; i++)
			pages += present[i] & 1;
	}
	return pages * HOST_PAGE;
}

size_t arena_resident(const struct arena *arena)
{
	size_t bytes = 0;

	for (size_t i = 0; i < arena->mapping_count; i++)
		bytes += resident(&arena->mappings[i]);
	return bytes;
}
