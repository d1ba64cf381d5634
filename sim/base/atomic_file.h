/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A file that appears under its name only when it is whole: it is written beside it under a
 * temporary name, fsynced and renamed. What stood there before stays until then. "-" is standard
 * output and is written directly, as is what is no regular file (/dev/full, a pipe).
 */
#ifndef SLABYARD_BASE_ATOMIC_FILE_H
#define SLABYARD_BASE_ATOMIC_FILE_H

#include <stdio.h>

#include "base/error.h"

struct atomic_file;

struct atomic_file *atomic_file_open(const char *path, struct error *err);
FILE *atomic_file_stream(struct atomic_file *file);
/* The name that it has until then, or NULL when it is written directly. */
const char *atomic_file_temporary(const struct atomic_file *file);
/* The file is gone afterwards, whatever is returned; on error nothing stands under the name. */
int atomic_file_finish(struct atomic_file *file, struct error *err);
void atomic_file_abandon(struct atomic_file *file);

#endif
