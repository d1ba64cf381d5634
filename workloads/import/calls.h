/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Traces of which each line tells a call of a program: one cursor reads them all, a format parses a
 * line into a call and says what it cannot tell. Memory is that of what is alive.
 */
#ifndef SLABYARD_IMPORT_CALLS_H
#define SLABYARD_IMPORT_CALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "core/cursor.h"
#include "import/import.h"
#include "import/lines.h"

struct calls;

/* A call as it was seen. What an operation does not use is 0. */
struct call {
	uint8_t operation; /* enum operation */
	uint32_t tid;
	uint32_t tgid; /* 0: a thread of the process that was seen first */
	const char *comm;
	uint32_t cpu;
	uint64_t time_ns;
	uint64_t address; /* returned block or mapping, 0: failed; of a free or a fault: which */
	uint64_t old;     /* realloc, mremap: what it was before */
	uint64_t bytes;   /* size or length; of a mallopt and the like record.size */
	uint64_t alignment;
	uint64_t old_bytes;  /* mremap */
	uint64_t prot, word; /* mappings: protection; flags or advice */
	uint32_t detail;
	uint32_t gfp, bytes_alloc; /* kernel objects */
};

enum call_result {
	CALL_GOOD = 0,
	CALL_ERROR = -1,   /* *err says what */
	CALL_DAMAGED = -2, /* likewise, unless it is the last line, which may be cut */
};

struct call_format {
	const char *name;
	/* What is printed of the format, and kept with the trace. */
	const char *cannot_tell, *assumed;
	const char *level; /* "libc" or "slab" */
	/* Addresses are glibc's, and a program is seen from its first call on. */
	bool begins_with_program;
	size_t state_size; /* of what the parser keeps, zeroed */
	enum call_result (*line)(void *state, struct calls *calls, char *line, struct error *err);
	void (*end)(void *state); /* may be NULL */
};

struct trace_cursor *calls_open(const struct call_format *format, struct lines *lines,
				struct import_report *report, struct error *err);

/* For parsers. */
enum call_result calls_put(struct calls *calls, const struct call *call, struct error *err);
/* A call that there is no operation for. */
enum call_result calls_unknown(struct calls *calls, const char *name, size_t length,
			       struct error *err);
enum call_result calls_comment(struct calls *calls);
enum call_result calls_unparsed(struct calls *calls);
enum call_result calls_damaged(struct calls *calls, const char *what, struct error *err);
/* The end of a thread, which is that of its process (0: the first one) when it is its first thread.
 */
enum call_result calls_put_exit(struct calls *calls, uint32_t tid, uint32_t tgid, uint64_t time_ns,
				struct error *err);
/* Whether a block of the first process lives there. */
bool calls_knows_block(const struct calls *calls, uint64_t address);
/* What is counted in the report beside. */
struct import_report *calls_report(struct calls *calls);

#endif
