/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bytes of a file in order: a regular file is mapped and handed out in place, anything else is read
 * into a buffer. Memory in use is constant in the length of the file.
 */
#ifndef SLABYARD_TRACE_SOURCE_H
#define SLABYARD_TRACE_SOURCE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct source {
	const char *name; /* the caller's, for messages */
	int fd;           /* owned; -1 when mapped */

	const uint8_t *map; /* NULL: read */
	uint64_t size;      /* of the map */
	uint64_t position;  /* bytes taken */
	uint64_t released;  /* of the map, given back to the host up to here */
	uint64_t populated; /* of the map, asked of the host up to here */

	uint8_t *buffer; /* SOURCE_TAKE_MAX bytes, when read */
};

enum { SOURCE_TAKE_MAX = 1 << 20 };

/* Takes fd over, whatever is returned. */
int source_open(struct source *source, int fd, const char *name, struct error *err);
void source_close(struct source *source);

/*
 * The next `bytes` bytes (at most SOURCE_TAKE_MAX); fewer, as *got says, only at the end. Valid
 * until the next call; aligned to 32 when all takes are multiples of it. -1 and *err when reading
 * fails.
 */
int source_take(struct source *source, size_t bytes, const void **data, size_t *got,
		struct error *err);

/* Where the `bytes` bytes after the last take are, to be fetched early; NULL: not in memory. */
const uint8_t *source_ahead(const struct source *source, size_t bytes);

/* The last `bytes` bytes of a mapped file; NULL when it is shorter or not mapped. */
const void *source_tail(const struct source *source, size_t bytes);

/* Fraction taken, or -1 when the length is not known. */
double source_progress(const struct source *source);

#endif
