/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A file that appears under its name only when it is whole: written beside it under a temporary
 * name, synced and renamed. Standard output ("-") and what is no regular file (a pipe, a device)
 * are written directly.
 */
#ifndef SLABYARD_TRACE_OUTPUT_H
#define SLABYARD_TRACE_OUTPUT_H

#include <stddef.h>

#include "base/error.h"

struct output_file {
	int fd;
	char *name;      /* for messages, and the final name */
	char *temporary; /* NULL: written directly */
};

int output_open(struct output_file *file, const char *path, struct error *err);
int output_write(struct output_file *file, const void *bytes, size_t size, struct error *err);
/* Both leave the struct empty, whatever is returned; a failed commit removes the file. */
int output_commit(struct output_file *file, struct error *err);
void output_abandon(struct output_file *file);

#endif
