/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How many times as much: geometric means of ratios, paired. */
#ifndef SLABYARD_ANALYSIS_RATIO_H
#define SLABYARD_ANALYSIS_RATIO_H

#include "analysis/sample.h"

struct ratio {
	double mean;              /* geometric, of second / first */
	struct interval interval; /* Student's t on the logarithms */
	double p;                 /* two-sided, that the mean is 1 */
};

/* All NaN when some value is not above 0; interval and p from two pairs on. */
struct ratio ratio_of_pairs(const double *first, const double *second, size_t pairs, double level);

#endif
