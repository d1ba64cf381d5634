/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which cache each call site allocates from, learnt from a trace. A kernel that merges caches shows
 * another cache's name for a merged one (maple_node for filp), so this is learnt where none are
 * merged: from a kernel booted with slab_nomerge, or one with SLOB.
 */
#ifndef SLABYARD_TRACE_CALL_SITES_H
#define SLABYARD_TRACE_CALL_SITES_H

#include "base/error.h"
#include "core/cursor.h"
#include "core/slab_state.h"

/*
 * Reads the trace to its end and adds its caches and call sites to `to`; counts of pairs that are
 * there add up. A trace that tells call sites itself is taken at its word. Returns how many sites
 * it has, -1 with *err.
 */
int call_sites_learn(struct definition_table *to, struct trace_cursor *cursor, struct error *err);

/*
 * Adds what a recorded state tells of caches that nothing is merged with: alignment, flags and
 * constructor, caches that no event named, and how many objects of each were alive, as allocations
 * from the call site "" (unknown), less what the allocator had for itself. Returns how many caches
 * it told of, -1 with *err.
 */
int call_sites_complete(struct definition_table *to, const struct slab_state *state,
			struct error *err);

/* Objects of a cache that were alive where the map was learnt, 0: not told. */
uint64_t call_sites_alive(const struct definitions *definitions, uint32_t cache);

/* What a state tells of a cache, as a definition; its name stays the state's. */
struct cache_def call_sites_definition(const struct cache_state *cache);

#endif
