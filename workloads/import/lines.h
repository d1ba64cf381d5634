/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines of a stream, one after another, out of one large buffer. */
#ifndef SLABYARD_IMPORT_LINES_H
#define SLABYARD_IMPORT_LINES_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum { LINES_LENGTH_MAX = 1 << 26 }; /* longer ones are refused: no tool prints such a line */

struct lines;

struct lines *lines_open(const char *path, struct error *err);
void lines_close(struct lines *lines);

/*
 * Next line without its end ("\n" or "\r\n"), NUL-terminated in place; valid until the next call.
 * Returns 1, 0 at the end, -1 with *err.
 */
int lines_next(struct lines *lines, char **line, size_t *length, struct error *err);

/* 1-based number of the line returned last. */
uint64_t lines_number(const struct lines *lines);

/*
 * The first bytes, not consumed, for recognising a format: up to 64 KiB, as many as there are.
 * Call it before lines_next. -1 with *err.
 */
ptrdiff_t lines_peek(struct lines *lines, const char **bytes, struct error *err);

/* For formats that are no text: the next bytes as they stand. Returns their number, at most `size`,
 * 0 at the end, -1 with *err. */
ptrdiff_t lines_read(struct lines *lines, void *bytes, size_t size, struct error *err);

double lines_progress(const struct lines *lines);
const char *lines_name(const struct lines *lines);

#endif
