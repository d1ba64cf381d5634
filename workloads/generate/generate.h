/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Traces that are made up: mixes of operations from a seed, and repetitions of a trace. For
 * benchmarks and tests; the same parameters give the same trace everywhere.
 */
#ifndef SLABYARD_GENERATE_GENERATE_H
#define SLABYARD_GENERATE_GENERATE_H

#include <stdint.h>

#include "base/error.h"
#include "core/cursor.h"
#include "core/option.h"

enum generate_mix {
	GENERATE_KMALLOC, /* kmalloc and kfree, random sizes and lifetimes */
	GENERATE_CACHE,   /* the same from kmem_caches of a few object sizes */
	GENERATE_RUNS,    /* kmalloc of one size and kfree, each in runs */
	GENERATE_PAGES,   /* page blocks of random orders, lifetimes and mobility */
};

struct generate_params {
	int mix; /* enum generate_mix */
	uint64_t records;
	uint64_t seed;
	uint64_t live;       /* allocations alive at once, at most */
	uint64_t size_max;   /* bytes of the largest object */
	uint64_t order_max;  /* of the largest page block; 0: single pages only */
	uint64_t run_length; /* of GENERATE_RUNS */
	uint64_t cpus;       /* records go to a random one of them */
	uint64_t gap_ns;     /* from record to record */
};

/* The table that fills struct generate_params. */
extern const struct option_spec generate_options[];

/*
 * `records` records: first only allocations until half of `live` are alive, then allocations and
 * frees at random between that and `live`. What is alive at the end stays so.
 */
struct trace_cursor *generate_open(const struct generate_params *params, struct error *err);

/* Opens the trace that is repeated, from its beginning; the same trace each time. */
struct trace_source {
	struct trace_cursor *(*open)(void *context, struct error *err);
	void *context;
};

/*
 * The trace `times` times over, one after the other in time, ids as they are. Behind each
 * repetition, what it left alive is freed in order of ids, so that ids can start again.
 */
struct trace_cursor *generate_repeat(const struct trace_source *source, uint64_t times,
				     struct error *err);

#endif
