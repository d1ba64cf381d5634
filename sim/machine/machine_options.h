/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The `machine`, `process`, `sample`, `blame` and `results` sections of a configuration. */
#ifndef SLABYARD_MACHINE_MACHINE_OPTIONS_H
#define SLABYARD_MACHINE_MACHINE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"

struct machine_params {
	uint64_t memory_bytes, reserved_bytes, kernel_bytes, lowmem_bytes;
	uint64_t cpus, nodes, orders, pageblock_order, hz;
	bool root_in_memory;
	uint64_t page_cache_bytes;
	uint64_t slab_cache_bytes;
	int arch;                                             /* enum machine_arch */
	const char *node_memory, *node_cpus, *node_distances; /* "": evenly, and 20 */
};

/*
 * Unless something else is asked for: so close that a trace of some thousand records shows what
 * happened, and wider the longer the trace is, so that samples cost a long run next to nothing.
 */
enum {
	SAMPLE_EVERY_RECORDS = 256,
	SAMPLE_EVERY_RECORDS_MAX = 65536,
	SAMPLE_KEEP_BELOW_MAX = 32, /* samples while they are closer than that */
};

struct sample_params {
	uint64_t every_records;
	uint64_t every_time_ns;
	uint64_t keep;
	uint64_t map_keep, map_pieces;
};

/* Nobody said how far apart samples are. */
static inline bool sample_by_default(const struct sample_params *p, uint64_t run_sample_every)
{
	return !run_sample_every && !p->every_time_ns && p->every_records == SAMPLE_EVERY_RECORDS;
}

enum blame_at { BLAME_NONE, BLAME_END, BLAME_MARKS };

struct blame_params {
	int at;         /* enum blame_at */
	uint64_t order; /* 0: that of pageblocks */
};

enum process_touch { TOUCH_AUTO, TOUCH_NONE, TOUCH_RECORDED, TOUCH_ALL, TOUCH_HEADER };

struct process_params {
	int touch; /* enum process_touch */
	bool mlockall;
};

extern const struct config_schema machine_schema;

#endif
