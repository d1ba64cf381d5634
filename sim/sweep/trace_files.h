/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which file a trace's name means, and what a trace's file is called. */
#ifndef SLABYARD_SWEEP_TRACE_FILES_H
#define SLABYARD_SWEEP_TRACE_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/*
 * The bundled recording of that name: kmix-slub, or kmix when only one begins so; as-1 for a .trc.
 * False when there is none.
 */
bool trace_file_bundled(const char *name, char *path, size_t size);

/* The one trace.* in a folder. */
bool trace_file_in_folder(const char *folder, char *path, size_t size);

/* The file's name without its endings; its folder's when the file is called trace. */
char *trace_file_name(const char *path, char *name, size_t size);

/* *err: "no such file, and no bundled trace ..." with the nearest name. Returns -1. */
int trace_file_refuse(const char *name, struct error *err);

#endif
