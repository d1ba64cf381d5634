/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whether a difference outlasts what is chance in a run. Configuration and baseline are perturbed
 * alike (`perturb` in the experiment), seed by seed, and each seed's difference is set beside the
 * unperturbed one: what is no more than luck of the moment changes its sign.
 */
#ifndef SLABYARD_SWEEP_STABILITY_H
#define SLABYARD_SWEEP_STABILITY_H

#include "sweep/run_cells.h"

/* Two configurations, on the recordings from `first` up to `last`. */
struct stability_question {
	size_t config, baseline;
	size_t first, last;
	size_t column;
	bool relative; /* change is a part of the baseline's value */
	double change; /* unperturbed */
};

/* Seeds count that both have for every recording that they are compared on. */
void stability_find(const struct run_cells *cells, const struct stability_question *question,
		    struct stability *stability);

#endif
