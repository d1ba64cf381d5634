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
 * there add up. A trace that tells call sites itself is taken at its word. -1 with *err.
 */
int call_sites_learn(struct definition_table *to, struct trace_cursor *cursor, struct error *err);

/*
 * Adds what a recorded state tells of caches that nothing is merged with: alignment, flags and
 * constructor, and caches that no event named. Returns how many it told of, -1 with *err.
 */
int call_sites_complete(struct definition_table *to, const struct slab_state *state,
			struct error *err);

/* What a state tells of a cache, as a definition; its name stays the state's. */
struct cache_def call_sites_definition(const struct cache_state *cache);

#endif
