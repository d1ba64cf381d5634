/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bytes of a file or of standard input ("-"), decompressed when they are zstd or gzip (told by
 * their first bytes, never by the name). Memory is constant in the length of the input.
 */
#ifndef SLABYARD_IMPORT_STREAM_H
#define SLABYARD_IMPORT_STREAM_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct stream;

/* NULL and *err when the file can't be opened. */
struct stream *stream_open(const char *path, struct error *err);
void stream_close(struct stream *stream);

/* Puts up to `size` bytes into buffer. Returns their number, 0 at the end, -1 with *err. */
ptrdiff_t stream_read(struct stream *stream, char *buffer, size_t size, struct error *err);

/* Fraction of the (compressed) file consumed, -1 when its length is not known. */
double stream_progress(const struct stream *stream);

/* The name for messages: the path, or "standard input". */
const char *stream_name(const struct stream *stream);

#endif
