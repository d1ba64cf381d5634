/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numbers that were measured alike, what describes them, and intervals. */
#ifndef SLABYARD_ANALYSIS_SAMPLE_H
#define SLABYARD_ANALYSIS_SAMPLE_H

#include <stdbool.h>
#include <stddef.h>

struct sample {
	const double *values;
	size_t count;
};

/* Both ends are NaN when nothing can be said. */
struct interval {
	double low, high;
};

bool interval_is_known(struct interval interval);
bool interval_holds(struct interval interval, double value);
struct interval interval_unknown(void);

/* NaN for too few values. */
double sample_mean(const struct sample *sample);
/* NaN when some value is not above 0. */
double sample_geometric_mean(const struct sample *sample);
/* With n - 1. */
double sample_variance(const struct sample *sample);
double sample_median(const struct sample *sample);
/*
 * Linear between the two values around (n - 1) p: Hyndman and Fan's type 7, the default of R and
 * numpy. NaN when memory is out.
 */
double sample_quantile(const struct sample *sample, double p);

/* The mean with Student's t. */
struct interval sample_mean_interval(const struct sample *sample, double level);

#endif
