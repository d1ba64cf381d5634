/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Recordings of a process's allocator in 32-byte records behind a page with a header ("MTRACE01"):
 * calls of all threads in their order, with what they returned and how the break moved. Little
 * endian. What the format cannot tell: threads' ids and starts (made up: they count on from the
 * process's), the program's own mappings and writes, and a brk that failed (inferred: a block of
 * the main arena lies outside the heap and no movement of the break explains it).
 */
#ifndef SLABYARD_IMPORT_TRC_H
#define SLABYARD_IMPORT_TRC_H

#include <stdbool.h>
#include <stdint.h>

#include "import/event.h"

enum trc_operation {
	TRC_MALLOC = 1,
	TRC_FREE,
	TRC_CALLOC,
	TRC_REALLOC,
	TRC_MEMALIGN,
	TRC_MALLOPT,
	TRC_MALLOC_TRIM,
	TRC_BRK,
	TRC_THREAD_EXIT,
};

struct trc_record {
	uint64_t in, out, what, time;
};

_Static_assert(sizeof(struct trc_record) == 32, "as recorders write it");

static inline enum trc_operation trc_operation(const struct trc_record *r)
{
	return (enum trc_operation)(r->what >> 40 & 15);
}

static inline uint64_t trc_size(const struct trc_record *r)
{
	return r->what & ((UINT64_C(1) << 40) - 1);
}

/* Of the chunk: 1 PREV_INUSE, 2 IS_MMAPPED, 4 NON_MAIN_ARENA. */
static inline uint32_t trc_chunk_bits(const struct trc_record *r)
{
	return (uint32_t)(r->what >> 44 & 7);
}

static inline bool trc_is_foreign(const struct trc_record *r)
{
	return r->what >> 47 & 1;
}

static inline uint32_t trc_thread(const struct trc_record *r)
{
	return (uint32_t)(r->what >> 48);
}

/* Fills everything but time, task and origin; false: there is no such operation. */
bool trc_decode(const struct trc_record *r, struct import_event *event);

#endif
