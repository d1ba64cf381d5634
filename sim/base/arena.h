/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * All simulated state of a run lives in one arena: a reserved range of address space whose pages
 * the host supplies, zeroed, when they are first touched. So an array can be sized for the whole
 * simulated machine and costs only what is used of it, nothing is ever moved, and freeing a run is
 * one call. Not thread-safe; a run has its own arena.
 */
#ifndef SLABYARD_BASE_ARENA_H
#define SLABYARD_BASE_ARENA_H

#include <stddef.h>

#include "base/error.h"

struct arena;

/* Reserves `bytes` of address space. NULL and *err when the host refuses. */
struct arena *arena_create(size_t bytes, struct error *err);
void arena_destroy(struct arena *arena);

/*
 * `count` zeroed elements of `size` bytes, aligned to a cache line; an array of a page or more
 * starts on a page. The memory belongs to the arena. NULL and *err when the reservation is spent.
 */
void *arena_array(struct arena *arena, size_t count, size_t size, struct error *err);

/* Bytes handed out so far (address space, not resident memory). */
size_t arena_used(const struct arena *arena);

#endif
