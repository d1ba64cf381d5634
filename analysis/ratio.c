/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/ratio.h"

#include <math.h>
#include <stdlib.h>

#include "analysis/hypothesis.h"

struct ratio ratio_of_pairs(const double *first, const double *second, size_t pairs, double level)
{
	struct ratio ratio = { (double)NAN, interval_unknown(), (double)NAN };
	double *logs = malloc((2 * pairs + 1) * sizeof(*logs));
	bool positive = logs && pairs;
	for (size_t i = 0; i < pairs && positive; i++) {
		logs[i] = log(first[i]);
		logs[pairs + i] = log(second[i]);
		positive = first[i] > 0 && second[i] > 0;
	}
	if (positive) {
		struct paired paired = paired_test(logs, logs + pairs, pairs, level);
		ratio.mean = exp(paired.difference);
		ratio.interval.low = exp(paired.interval.low);
		ratio.interval.high = exp(paired.interval.high);
		ratio.p = paired.p;
	}
	free(logs);
	return ratio;
}
