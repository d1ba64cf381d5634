/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The `machine`, `process`, `sample`, `blame` and `results` sections of a configuration. */
#ifndef SLABYARD_MACHINE_MACHINE_OPTIONS_H
#define SLABYARD_MACHINE_MACHINE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"

struct machine_params {
	uint64_t memory_bytes, reserved_bytes, kernel_bytes, lowmem_bytes;
	uint64_t cpus, nodes, orders, pageblock_order;
	bool root_in_memory;
	uint64_t page_cache_bytes;
	int arch;                                             /* enum machine_arch */
	const char *node_memory, *node_cpus, *node_distances; /* "": evenly, and 20 */
};

struct sample_params {
	uint64_t every_records;
	uint64_t every_time_ns;
	uint64_t keep;
	uint64_t map_keep, map_pieces;
};

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
