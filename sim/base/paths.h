/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SLABYARD_BASE_PATHS_H
#define SLABYARD_BASE_PATHS_H

#include <stddef.h>

/* `name` as seen from the folder that `file` stands in; itself when it is absolute. */
char *path_beside(const char *file, const char *name, char *buffer, size_t size);

/* Behind the last slash. */
const char *path_base(const char *path);

#endif
