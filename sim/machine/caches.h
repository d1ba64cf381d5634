/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Recorded caches and the ones of the slab policy that stand for them. */
#ifndef SLABYARD_MACHINE_CACHES_H
#define SLABYARD_MACHINE_CACHES_H

#include "machine/machine.h"

/*
 * The policy's cache for a recorded one. It is found by name in the start state, or made: from what
 * the recording knows of it, the rest inferred from its recorded size. CACHE_NONE and *err when it
 * cannot be made.
 */
cache_id cache_resolve(struct machine *m, cache_id recorded, struct error *err);

/* Makes it anew, as kmem_cache_create did (merging included). */
cache_id cache_make(struct machine *m, cache_id recorded, struct error *err);

/* The recorded cache is destroyed: the next use makes it again. */
void cache_forget(struct machine *m, cache_id recorded);

#endif
