/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SLABYARD_CLI_PLUGINS_H
#define SLABYARD_CLI_PLUGINS_H

#include "slabyard.h"

/* Loads a plugin; -1 when it is there, else it has complained and returns the exit code. */
int plugin_load_now(const char *path);

/* What was loaded so far, as it was named. */
const char *const *plugins_loaded(size_t *count);

#endif
