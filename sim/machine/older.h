/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Objects that were alive at the start, by the address that the recording knows them by. In a run
 * from a state of its own allocator that is where they are; a census has put them elsewhere. Where
 * the trace was recorded under another allocator than the state, its addresses mean nothing here,
 * and an object of the same cache stands for the one that is freed: the youngest as far as
 * addresses tell, since slabs are taken from low to high and what is freed first after a start is
 * mostly what was allocated last before it.
 */
#ifndef SLABYARD_MACHINE_OLDER_H
#define SLABYARD_MACHINE_OLDER_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "core/slab_state.h"
#include "slab/slab.h"

struct older;

/* All that callers hold in a state of slabs; each is where it was. NULL and *err. */
struct older *older_create(const struct slab_state *state, struct error *err);
void older_destroy(struct older *older);

/* By number, in the order of recorded addresses. */
size_t older_count(const struct older *older);
uint64_t older_address(const struct older *older, size_t number);
uint32_t older_cache(const struct older *older, size_t number); /* index in state->caches */
/* One more, whose recorded address nobody knows, of the cache of that name, which
 * outlives older. */
int older_add(struct older *older, const char *name, object_t object, struct error *err);
/* A census has put it there; OBJECT_NONE: nowhere. */
void older_place(struct older *older, size_t number, object_t object);

/* Where the object that was at this address is, OBJECT_NONE when there was none or it is gone. */
object_t older_object(const struct older *older, uint64_t address);
/* The same, and it is gone. */
object_t older_take(struct older *older, uint64_t address);
/* The youngest that is left of the cache of that name. */
object_t older_take_alike(struct older *older, const char *name);
/* In the run, the state's cache goes by this name, which outlives older. */
void older_name_cache(struct older *older, uint32_t cache, const char *name);

#endif
