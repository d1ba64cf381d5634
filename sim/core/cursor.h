/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A trace as a stream of batches. Implemented by the .syt reader (workloads/trace), by the text
 * importer (workloads/import) and by generators, so that whatever consumes records takes any of
 * them. Memory is constant in the length of the trace, apart from definitions and live objects.
 */
#ifndef SLABYARD_CORE_CURSOR_H
#define SLABYARD_CORE_CURSOR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "core/definitions.h"
#include "core/record.h"

struct trace_cursor;

struct trace_cursor_ops {
	/*
	 * Fills *batch with the next records (at least one). Returns 1, 0 at the end of the trace,
	 * -1 with *err. The records stay valid until the next call. Times never go back from one
	 * record to the next, whatever the CPU.
	 */
	int (*next)(struct trace_cursor *cursor, struct batch *batch, struct error *err);
	/* Fraction read so far in 0..1, or -1 when the length is not known (a pipe). */
	double (*progress)(const struct trace_cursor *cursor);
	/*
	 * XXH3 over the decoded records (absolute time and the record's other 28 bytes) and the
	 * definitions: equal for a text, the .syt imported from it and a pipe. Valid after next()
	 * returned 0.
	 */
	uint64_t (*hash)(const struct trace_cursor *cursor);
	void (*close)(struct trace_cursor *cursor);
};

struct trace_cursor {
	const struct trace_cursor_ops *ops;
	const struct definitions *definitions;
	const char *name;   /* the input's name for messages; "-" is shown as "standard input" */
	const char *format; /* the importer's name, "syt" for the native format */
	bool has_lines;     /* batches carry line numbers */
};

#endif
