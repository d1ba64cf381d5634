/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which file a trace's name means, and what a trace's file is called. */
#ifndef SLABYARD_MACHINE_TRACE_FILES_H
#define SLABYARD_MACHINE_TRACE_FILES_H

#include <stddef.h>

#include "base/error.h"

enum trace_file { TRACE_FILE_NONE, TRACE_FILE_PATH, TRACE_FILE_BUNDLED, TRACE_FILE_IN_FOLDER };

/*
 * What a trace's name means: a file that is there (at: the name as seen from where it was written);
 * else the bundled recording of that name (kmix-slub, or kmix, which stands for it; as-1 for a
 * .trc); else the one trace.* in a folder of that name. *path is left alone for TRACE_FILE_NONE.
 */
enum trace_file trace_file_find(const char *name, const char *at, char *path, size_t size);

/* The file's name without its endings; its folder's when the file is called trace. */
char *trace_file_name(const char *path, char *name, size_t size);

/* *err: "no such file, and no bundled trace ..." with the nearest name. Returns -1. */
int trace_file_refuse(const char *name, struct error *err);

/* Calls visit for every bundled recording; `brief` is what it can be called for short, or NULL. */
void trace_files_visit(void (*visit)(void *context, const char *name, const char *brief,
				     const char *path),
		       void *context);

#endif
