/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a trace holds, found in one pass. Memory goes with the definitions and with what is alive at
 * once, not with the trace's length.
 */
#ifndef SLABYARD_TRACE_TRACE_INFO_H
#define SLABYARD_TRACE_TRACE_INFO_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"
#include "core/cursor.h"
#include "core/operation.h"
#include "core/record.h"

/* The allocations of one id space. */
struct trace_info_space {
	uint64_t allocated, freed;
	uint64_t failed;
	uint64_t effects; /* of `allocated`: caused by another record's operation */
	uint64_t older;   /* frees of what was allocated before the trace */
	uint64_t live, live_max;
	uint64_t requested_bytes, requested_bytes_max; /* of what is alive */
	uint64_t held_bytes, held_bytes_max; /* as the source gave out; requested if not recorded */
};

struct trace_info_task {
	uint64_t records;
};

struct trace_info_cache {
	uint64_t allocated;
	uint64_t live, live_max;
};

struct trace_info {
	uint64_t records; /* extensions not counted */
	uint64_t operations[OPERATION_COUNT];
	uint64_t first_ns, last_ns;
	uint32_t cpus; /* that have records */
	bool complete; /* syt_is_complete() */
	uint64_t hash;
	struct trace_info_space spaces[SPACE_COUNT];
	struct trace_info_task *tasks;   /* as definitions.tasks */
	struct trace_info_cache *caches; /* as definitions.caches */
};

/* Reads the cursor to its end. On success the caller frees *info with trace_info_free. */
int trace_info_scan(struct trace_info *info, struct trace_cursor *cursor, struct error *err);
void trace_info_free(struct trace_info *info);

/* As aligned tables for people; the cursor is the one that was scanned. */
void trace_info_print(FILE *out, const struct trace_info *info, const struct trace_cursor *cursor);

#endif
