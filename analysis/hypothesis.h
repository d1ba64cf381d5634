/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether two samples differ, by how much, and what many such questions do to the answers. */
#ifndef SLABYARD_ANALYSIS_HYPOTHESIS_H
#define SLABYARD_ANALYSIS_HYPOTHESIS_H

#include "analysis/sample.h"

/* Of the second sample's mean less the first's. NaN with fewer than two values in either. */
struct welch {
	double difference, t, degrees, p; /* p: two-sided */
	struct interval interval;
};

/* B. L. Welch, The generalization of "Student's" problem, 1947. */
struct welch welch_test(const struct sample *first, const struct sample *second, double level);

/* Of values that belong together in pairs. */
struct paired {
	double difference, t, p;
	struct interval interval;
};

struct paired paired_test(const double *first, const double *second, size_t pairs, double level);

/* u: pairs in which the second sample's value is the larger, equal ones count half. */
struct mann_whitney {
	double u, p; /* p: two-sided */
	bool exact;  /* else the normal approximation, corrected for ties and continuity */
};

/* Exact without ties and with up to MANN_WHITNEY_EXACT_MAX values in each. p is NaN without values.
 */
enum { MANN_WHITNEY_EXACT_MAX = 40 };
struct mann_whitney mann_whitney_test(const struct sample *first, const struct sample *second);

/*
 * How far the second sample lies above the first, as J. L. Hodges and E. L. Lehmann estimate it
 * (Estimates of location based on rank tests, 1963): the median of all differences between a value
 * of the one and a value of the other. The interval holds the shifts that the exact test of Mann
 * and Whitney does not reject, with more than MANN_WHITNEY_EXACT_MAX values in either those that
 * its normal approximation does not; unknown where so few values reach no such level. NaN without
 * values, or when memory is out.
 */
struct hodges_lehmann {
	double estimate;
	struct interval interval;
};
struct hodges_lehmann hodges_lehmann_shift(const struct sample *first, const struct sample *second,
					   double level);

/*
 * Hedges' g: the difference of means in pooled standard deviations, corrected for small samples.
 * NaN with fewer than two values in either, and where no value of a sample differs from another.
 */
double effect_hedges_g(const struct sample *first, const struct sample *second);
/* Cliff's delta: how much likelier the second's value is the larger than the smaller, -1 to 1. */
double effect_cliffs_delta(const struct sample *first, const struct sample *second);

/*
 * Holm's step-down correction (A simple sequentially rejective multiple test procedure, 1979):
 * adjusted p-values in the order of p. NaN stays and does not count. -1 when memory is out.
 */
int holm_adjust(const double *p, size_t count, double *adjusted);

#endif
