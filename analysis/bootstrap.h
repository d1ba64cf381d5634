/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bias-corrected and accelerated bootstrap intervals (BCa; Efron, Better bootstrap confidence
 * intervals, 1987) of any figure of one or more independent samples.
 */
#ifndef SLABYARD_ANALYSIS_BOOTSTRAP_H
#define SLABYARD_ANALYSIS_BOOTSTRAP_H

#include <stdint.h>

#include "analysis/sample.h"

/* The figure of `count` samples. */
typedef double (*bootstrap_figure)(const struct sample *samples, size_t count);

struct bootstrap {
	double level;     /* 0.95 */
	size_t resamples; /* 9999 */
	uint64_t seed;
};

/*
 * The same seed gives the same interval on every machine. Unknown when some sample has fewer than
 * two values, when the figure does not vary, or memory is out.
 */
struct interval bootstrap_interval(const struct bootstrap *bootstrap, const struct sample *samples,
				   size_t count, bootstrap_figure figure);

/* Figures: of one sample, and the difference of two (second less first). */
double bootstrap_mean(const struct sample *samples, size_t count);
double bootstrap_mean_difference(const struct sample *samples, size_t count);

#endif
