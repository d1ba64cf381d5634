/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How a figure grows with another: the power law y = factor * x^exponent. */
#ifndef SLABYARD_ANALYSIS_SCALING_H
#define SLABYARD_ANALYSIS_SCALING_H

#include "analysis/sample.h"

struct scaling {
	double factor, exponent, r_squared; /* of the logarithms */
	struct interval exponent_interval;  /* Student's t, from three points on */
};

/* Least squares on the logarithms. All NaN when some value is not above 0 or x does not vary. */
struct scaling scaling_fit(const double *x, const double *y, size_t count, double level);

#endif
