/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The native trace format .syt: a file header, then blocks. Each block has a header, a payload and
 * an XXH3 checksum over both; a payload may be zstd-compressed. Definitions stand before the first
 * record that uses them, so that the file can be written as a stream, and a killed recorder leaves
 * a file that can be read up to its last whole block. The optional trailer holds totals and the
 * trace hash. Layout: workloads/README.md.
 */
#ifndef SLABYARD_TRACE_SYT_H
#define SLABYARD_TRACE_SYT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"
#include "core/cursor.h"

/*
 * Opens path ("-": standard input) and checks its header; each block is checked when next() comes
 * to it, and a damaged one is an error "FILE: block N: what", N from 1. Records are checked to
 * refer to what is defined only, so that consumers can index by task, origin and id; an extension
 * is always in the batch of its record. A file that another process cuts short while it is read is
 * not caught (it is mapped).
 */
struct trace_cursor *syt_open(const char *path, struct error *err);

/*
 * Whether path ("-": standard input) begins like a .syt trace. Nothing is taken from it, even if it
 * is a pipe (but then this waits for its first bytes).
 */
bool syt_recognise(const char *path);

/*
 * Once next() returned 0: whether the trace has its trailer. A recorder that was killed leaves a
 * trace without one, which ends with its last whole block. True for cursors of other formats.
 */
bool syt_is_complete(const struct trace_cursor *cursor);

struct syt_writer;

struct syt_writer_options {
	int compression_level; /* zstd level, 0: stored */
};

/* Opens path under a temporary name beside it; syt_writer_finish renames. "-" is standard output.
 */
struct syt_writer *syt_writer_open(const char *path, const struct syt_writer_options *options,
				   struct error *err);
/*
 * Appends the batch's records, and before them every definition that is new in `definitions`. A
 * record that no reader would accept is an error. After an error only abandon is left to do.
 */
int syt_writer_append(struct syt_writer *writer, const struct definitions *definitions,
		      const struct batch *batch, struct error *err);
/*
 * Writes what was appended as a block of its own, however short, so that a reader of
 * syt_writer_file() finds it, even after this process was killed.
 */
int syt_writer_flush(struct syt_writer *writer, const struct definitions *definitions,
		     struct error *err);
/* The file as it stands until it is finished; NULL when it is no regular file. */
const char *syt_writer_file(const struct syt_writer *writer);
/* Writes the trailer, fsyncs, renames. The writer is gone afterwards, whatever is returned. */
int syt_writer_finish(struct syt_writer *writer, const struct definitions *definitions,
		      struct error *err);
/* Removes the temporary file. */
void syt_writer_abandon(struct syt_writer *writer);

/*
 * The whole trace as text (workloads/README.md), from where the cursor stands to its end: reading
 * it back gives the same trace hash. Control characters in names and values become blanks.
 */
int trace_dump(struct trace_cursor *cursor, FILE *out, struct error *err);

/* A dump of a trace that has definitions and no records. */
int trace_dump_definitions(const struct definitions *definitions, FILE *out, struct error *err);

#endif
