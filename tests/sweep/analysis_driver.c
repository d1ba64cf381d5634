/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The statistics for analysis_oracle_test.py: reads lines "WHAT N VALUE... M VALUE...", prints the
 * figures of each on one line.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/bootstrap.h"
#include "analysis/hypothesis.h"
#include "analysis/ratio.h"
#include "analysis/scaling.h"

enum { VALUES_MAX = 1000 };

static const double level = 0.95;

static void print(const double *figures, size_t count)
{
	for (size_t i = 0; i < count; i++)
		printf("%s%.17g", i ? " " : "", figures[i]);
	putchar('\n');
}

static void answer(const char *what, const struct sample *a, const struct sample *b)
{
	if (strcmp(what, "describe") == 0) {
		struct interval mean = sample_mean_interval(a, level);
		print((double[]){ sample_mean(a), sample_variance(a), sample_median(a),
				  sample_quantile(a, 0.9), mean.low, mean.high },
		      6);
	} else if (strcmp(what, "welch") == 0) {
		struct welch w = welch_test(a, b, level);
		print((double[]){ w.t, w.degrees, w.p, w.interval.low, w.interval.high }, 5);
	} else if (strcmp(what, "paired") == 0) {
		struct paired p = paired_test(a->values, b->values, a->count, level);
		print((double[]){ p.t, p.p, p.interval.low, p.interval.high }, 4);
	} else if (strcmp(what, "mannwhitney") == 0) {
		struct mann_whitney m = mann_whitney_test(a, b);
		print((double[]){ m.u, m.p, m.exact }, 3);
	} else if (strcmp(what, "hodgeslehmann") == 0) {
		struct hodges_lehmann h = hodges_lehmann_shift(a, b, level);
		print((double[]){ h.estimate, h.interval.low, h.interval.high }, 3);
	} else if (strcmp(what, "bootstrap") == 0) {
		const struct bootstrap bootstrap = { level, 20000, 1 };
		struct interval i =
			b->count ? bootstrap_interval(&bootstrap, (struct sample[]){ *a, *b }, 2,
						      bootstrap_mean_difference)
				 : bootstrap_interval(&bootstrap, a, 1, bootstrap_mean);
		print((double[]){ i.low, i.high }, 2);
	} else if (strcmp(what, "ratio") == 0) {
		struct ratio r = ratio_of_pairs(a->values, b->values, a->count, level);
		print((double[]){ r.mean, r.interval.low, r.interval.high, r.p }, 4);
	} else if (strcmp(what, "scaling") == 0) {
		struct scaling s = scaling_fit(a->values, b->values, a->count, level);
		print((double[]){ s.factor, s.exponent, s.r_squared, s.exponent_interval.low,
				  s.exponent_interval.high },
		      5);
	} else if (strcmp(what, "effect") == 0) {
		print((double[]){ effect_hedges_g(a, b), effect_cliffs_delta(a, b) }, 2);
	}
}

static int read_sample(double *values, struct sample *sample)
{
	size_t count;
	if (scanf("%zu", &count) != 1 || count > VALUES_MAX)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (scanf("%lf", &values[i]) != 1)
			return -1;
	*sample = (struct sample){ values, count };
	return 0;
}

int main(void)
{
	static double first[VALUES_MAX], second[VALUES_MAX];
	struct sample a, b;
	char what[32];
	while (scanf("%31s", what) == 1) {
		if (read_sample(first, &a) != 0 || read_sample(second, &b) != 0)
			return 1;
		answer(what, &a, &b);
	}
	return fflush(stdout) ? 1 : 0;
}
