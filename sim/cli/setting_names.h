/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Labels of settings as short as they can be. */
#ifndef SLABYARD_CLI_SETTING_NAMES_H
#define SLABYARD_CLI_SETTING_NAMES_H

#include <stddef.h>

/*
 * "policy=slob memory=64MiB" of "slab.policy=slob machine.memory=64MiB": without the sections, or
 * as it is where two of its paths end alike, or what is left has no room in `text`.
 */
const char *setting_names_short(const char *label, char *text, size_t size);

#endif
