/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The names of the figures that results have, before there is one: of a run of one allocation, at
 * the level that has most of them. What an operation tells, any operation can tell.
 */
#ifndef SLABYARD_SWEEP_FIGURE_NAMES_H
#define SLABYARD_SWEEP_FIGURE_NAMES_H

#include <stdbool.h>

#include "base/error.h"

struct figure_names;

/* NULL with *err: no such run could be made. */
struct figure_names *figure_names_create(struct error *err);
void figure_names_destroy(struct figure_names *names);

/*
 * Whether a result may have a figure that this means, by its whole name or by words of it; else
 * *near is the nearest name, NULL: none is near. Of locks, which caches and zones have, any may be.
 */
bool figure_names_has(const struct figure_names *names, const char *asked, const char **near);

#endif
