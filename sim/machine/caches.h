/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Recorded caches and the ones of the slab policy that stand for them. */
#ifndef SLABYARD_MACHINE_CACHES_H
#define SLABYARD_MACHINE_CACHES_H

#include "machine/machine.h"

/*
 * The policy's cache for what an origin allocates. Its true cache (machine/true_caches.h), or the
 * recorded one, is found by name in the start state, or made: from what is known of it, the rest
 * inferred from its recorded size. CACHE_NONE and *err when it cannot be made.
 */
cache_id cache_resolve(struct machine *m, uint32_t origin, struct error *err);
cache_id cache_of_true(struct machine *m, cache_id cache, struct error *err);

/*
 * One that no origin need name: what is known of the cache of that name, else `def`; found by name,
 * or made.
 */
cache_id cache_of_definition(struct machine *m, const struct cache_def *def, struct error *err);

/* Makes the origin's cache anew, as kmem_cache_create did (merging included). */
cache_id cache_make(struct machine *m, uint32_t origin, struct error *err);

/* The policy's cache is destroyed: the next use of what it stood for makes it again. */
void cache_forget(struct machine *m, cache_id cache);

#endif
