/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which figures are compared, and of which more is better. */
#ifndef SLABYARD_SWEEP_COMPARISON_FIGURES_H
#define SLABYARD_SWEEP_COMPARISON_FIGURES_H

#include "sweep/comparison.h"

/*
 * Those of `report`, else (NULL) those that the manifest asks for, else those of a few usual ones
 * that are not 0 everywhere. A name stands for the shortest column that has all its words:
 * held_bytes for slab_bytes_held.
 */
int comparison_choose_figures(struct comparison *comparison, const struct comparison_input *input,
			      const char *const *report, size_t count, struct error *err);

/* Whether all words of a name, between underscores, are words of the figure's. */
bool comparison_name_has(const char *figure, const char *name);

/* The column that a name stands for; columns() with *err when there is none, or more than one. */
size_t comparison_column(const struct run_table *table, const char *name, struct error *err);

#endif
