/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * All simulated state of a run lives in one arena, whose pages the host supplies, zeroed, when they
 * are first touched. So an array can be sized for the whole simulated machine and costs only what
 * is used of it, and freeing a run is one call. Address space is taken as arrays are asked for: it
 * may be scarce too (ulimit -v). Not thread-safe; a run has its own arena.
 */
#ifndef SLABYARD_BASE_ARENA_H
#define SLABYARD_BASE_ARENA_H

#include <stddef.h>

#include "base/error.h"

struct arena;

/* An arena that hands out at most `bytes`. NULL and *err when there is no memory for it. */
struct arena *arena_create(size_t bytes, struct error *err);
void arena_destroy(struct arena *arena);

/*
 * `count` zeroed elements of `size` bytes, aligned to a cache line; an array of a page or more
 * starts on a page. The memory belongs to the arena. NULL and *err when the arena's limit is
 * reached or the host refuses.
 */
void *arena_array(struct arena *arena, size_t count, size_t size, struct error *err);

/*
 * Makes an array of a page or more that arena_array returned larger: `count` elements of `size`
 * bytes, the old ones as they are and the new ones zeroed. It may move. NULL and *err when it
 * cannot be; the array is then as it was.
 */
void *arena_grow(struct arena *arena, void *array, size_t count, size_t size, struct error *err);

/* Bytes handed out so far (address space, not resident memory). */
size_t arena_used(const struct arena *arena);

/* Bytes of host memory that stand behind these: of the pages that were touched. */
size_t arena_resident(const struct arena *arena);

#endif
