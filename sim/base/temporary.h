/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SLABYARD_BASE_TEMPORARY_H
#define SLABYARD_BASE_TEMPORARY_H

#include <stddef.h>

#include "base/error.h"

/* Makes a folder of this process's own in $TMPDIR or /tmp; who asks for it removes it. */
int temporary_folder(char *path, size_t size, struct error *err);

#endif
