/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The combinations that an experiment sweeps over: rows of settings, before traces and seeds. */
#ifndef SLABYARD_SWEEP_POINTS_H
#define SLABYARD_SWEEP_POINTS_H

#include "sweep/experiment.h"

struct points {
	struct settings *items; /* what each sets; without a sweep, one that sets nothing */
	size_t count, capacity;
	const char **paths; /* all that any of them sets, in the order of the file */
	size_t path_count, path_capacity;
};

int points_expand(struct points *points, const struct experiment *e, struct error *err);
void points_free(struct points *points);

#endif
