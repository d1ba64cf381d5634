/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { CACHE_LINE = 64, HOST_PAGE = 4096 };

struct arena {
	unsigned char *base;
	size_t size;
	size_t used;
};

struct arena *arena_create(size_t bytes, struct error *err)
{
	struct arena *arena = malloc(sizeof(*arena));

	if (!arena) {
		error_set(err, ERROR_RUN, "no memory for the simulated state");
		return NULL;
	}
	void *base = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (base == MAP_FAILED) {
		error_errno(err, "simulated state", "cannot reserve %zu bytes of address space",
			    bytes);
		free(arena);
		return NULL;
	}
	*arena = (struct arena){ .base = base, .size = bytes };
	return arena;
}

void arena_destroy(struct arena *arena)
{
	if (!arena)
		return;
	munmap(arena->base, arena->size);
	free(arena);
}

static size_t round_up(size_t value, size_t alignment)
{
	return (value + alignment - 1) & ~(alignment - 1);
}

void *arena_array(struct arena *arena, size_t count, size_t size, struct error *err)
{
	size_t bytes;
	size_t overflow = __builtin_mul_overflow(count, size, &bytes);
	size_t start = round_up(arena->used, bytes >= HOST_PAGE ? HOST_PAGE : CACHE_LINE);

	if (overflow || start > arena->size || bytes > arena->size - start) {
		error_set(err, ERROR_RUN,
			  "simulated state needs more than the %zu bytes reserved for it",
			  arena->size);
		return NULL;
	}
	arena->used = start + bytes;
	return arena->base + start;
}

size_t arena_used(const struct arena *arena)
{
	return arena->used;
}
