/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The statistics against values that were published, or follow by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <math.h>

#include "analysis/bootstrap.h"
#include "analysis/hypothesis.h"
#include "analysis/pareto.h"
#include "analysis/ratio.h"
#include "analysis/scaling.h"

#define SAMPLE(array) ((struct sample){ array, sizeof(array) / sizeof((array)[0]) })

/* To as many digits as were published. */
static void assert_close(double value, double published, double tolerance)
{
	if (!(fabs(value - published) <= tolerance))
		fail_msg("%.9g, published is %.9g", value, published);
}

/* Student, The probable error of a mean, 1908: hours of sleep gained by two drugs. */
static const double drug1[] = { 0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0 };
static const double drug2[] = { 1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4 };

static void test_describe(void **state)
{
	(void)state;
	static const double values[] = { 7, 1, 5, 3 };
	struct sample sample = SAMPLE(values), none = { values, 0 };
	assert_close(sample_mean(&sample), 4, 0);
	assert_close(sample_variance(&sample), 20.0 / 3, 1e-15);
	assert_close(sample_median(&sample), 4, 0);
	assert_close(sample_quantile(&sample, 0), 1, 0);
	assert_close(sample_quantile(&sample, 1), 7, 0);
	assert_close(sample_quantile(&sample, 0.9), 6.4, 1e-15);
	assert_true(isnan(sample_mean(&none)) && isnan(sample_median(&none)));
	assert_false(interval_is_known(sample_mean_interval(&none, 0.95)));
}

/* R's documentation prints these of Student's data (t.test). */
static void test_welch(void **state)
{
	(void)state;
	struct sample first = SAMPLE(drug1), second = SAMPLE(drug2);
	struct welch w = welch_test(&first, &second, 0.95);
	assert_close(w.difference, 1.58, 1e-12);
	assert_close(w.t, 1.8608, 5e-5);
	assert_close(w.degrees, 17.776, 5e-4);
	assert_close(w.p, 0.07939, 5e-6);
	assert_close(w.interval.low, -0.2054832, 5e-8);
	assert_close(w.interval.high, 3.3654832, 5e-8);
}

static void test_paired(void **state)
{
	(void)state;
	struct paired p = paired_test(drug1, drug2, 10, 0.95);
	assert_close(p.difference, 1.58, 1e-12);
	assert_close(p.t, 4.0621, 5e-5);
	assert_close(p.p, 0.002833, 5e-7);
	assert_close(p.interval.low, 0.7001142, 5e-8);
	assert_close(p.interval.high, 2.4598858, 5e-8);
}

/*
 * Hollander and Wolfe, Nonparametric Statistical Methods, 1973, p. 69: permeability of the human
 * chorioamnion at term and before. 0.1272 is the published one-sided p.
 */
static void test_mann_whitney(void **state)
{
	(void)state;
	static const double term[] = { 0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46 };
	static const double before[] = { 1.15, 0.88, 0.90, 0.74, 1.21 };
	struct sample first = SAMPLE(before), second = SAMPLE(term);
	struct mann_whitney m = mann_whitney_test(&first, &second);
	assert_close(m.u, 35, 0);
	assert_true(m.exact);
	assert_close(m.p, 2 * 0.1272, 1e-4);
	assert_close(effect_cliffs_delta(&first, &second), 2 * 35.0 / 50 - 1, 1e-15);
	/* Of the same data: the estimate 0.305, the interval -0.15 to 0.76. */
	struct hodges_lehmann shift = hodges_lehmann_shift(&first, &second, 0.95);
	assert_close(shift.estimate, 0.305, 1e-12);
	assert_close(shift.interval.low, -0.15, 1e-12);
	assert_close(shift.interval.high, 0.76, 1e-12);
}

static void test_hodges_lehmann_of_few(void **state)
{
	(void)state;
	static const double low[] = { 1, 2, 3 }, high[] = { 5, 6, 8, 9 };
	struct sample first = SAMPLE(low), second = SAMPLE(high), none = { low, 0 };
	/* One of 35 orders at either end is more than 2.5 %. */
	struct hodges_lehmann shift = hodges_lehmann_shift(&first, &second, 0.95);
	assert_close(shift.estimate, 5, 0);
	assert_false(interval_is_known(shift.interval));
	shift = hodges_lehmann_shift(&first, &second, 0.9);
	assert_close(shift.interval.low, 2, 0);
	assert_close(shift.interval.high, 8, 0);
	assert_true(isnan(hodges_lehmann_shift(&first, &none, 0.9).estimate));
}

static void test_mann_whitney_extremes(void **state)
{
	(void)state;
	static const double low[] = { 1, 2, 3, 4 }, high[] = { 5, 6, 7, 8 }, same[] = { 2, 2, 2 };
	struct sample first = SAMPLE(low), second = SAMPLE(high), equal = SAMPLE(same);
	/* One of the 70 orders, and its mirror. */
	assert_close(mann_whitney_test(&first, &second).p, 2.0 / 70, 1e-15);
	assert_close(mann_whitney_test(&second, &first).u, 0, 0);
	assert_close(mann_whitney_test(&equal, &equal).p, 1, 0);
	assert_false(mann_whitney_test(&equal, &equal).exact);
}

/*
 * Efron and Tibshirani, An Introduction to the Bootstrap, 1993, table 14.2: the variance of the
 * spatial test data A is 171.5, its 90% BCa interval (115.8, 259.6) with 2000 resamples.
 */
static double plain_variance(const struct sample *samples, size_t count)
{
	(void)count;
	double n = (double)samples->count;
	return sample_variance(samples) * (n - 1) / n;
}

static void test_bootstrap(void **state)
{
	(void)state;
	static const double spatial[] = { 48, 36, 20, 29, 42, 42, 20, 42, 22, 41, 45, 14, 6,
					  0,  33, 28, 34, 4,  32, 24, 47, 41, 24, 26, 30, 41 };
	struct sample sample = SAMPLE(spatial);
	struct bootstrap bootstrap = { .level = 0.90, .resamples = 100000, .seed = 1 };
	assert_close(plain_variance(&sample, 1), 171.5, 0.05);
	struct interval interval = bootstrap_interval(&bootstrap, &sample, 1, plain_variance);
	assert_close(interval.low, 115.8, 2);
	assert_close(interval.high, 259.6, 3);
}

static void test_bootstrap_is_seeded(void **state)
{
	(void)state;
	struct sample samples[] = { SAMPLE(drug1), SAMPLE(drug2) };
	struct bootstrap bootstrap = { .level = 0.95, .resamples = 999, .seed = 7 };
	struct interval a = bootstrap_interval(&bootstrap, samples, 2, bootstrap_mean_difference);
	struct interval b = bootstrap_interval(&bootstrap, samples, 2, bootstrap_mean_difference);
	assert_memory_equal(&a, &b, sizeof(a));
	bootstrap.seed = 8;
	b = bootstrap_interval(&bootstrap, samples, 2, bootstrap_mean_difference);
	assert_memory_not_equal(&a, &b, sizeof(a));
	assert_true(interval_holds(a, 1.58));
	assert_false(interval_holds(a, 4));
}

static void test_bootstrap_of_what_does_not_vary(void **state)
{
	(void)state;
	static const double same[] = { 3, 3, 3, 3 }, one[] = { 3 };
	struct sample sample = SAMPLE(same), single = SAMPLE(one);
	struct bootstrap bootstrap = { .level = 0.95, .resamples = 999, .seed = 1 };
	assert_false(interval_is_known(bootstrap_interval(&bootstrap, &sample, 1, bootstrap_mean)));
	assert_false(interval_is_known(bootstrap_interval(&bootstrap, &single, 1, bootstrap_mean)));
}

/* Hedges and Olkin, Statistical Methods for Meta-Analysis, 1985: J(8) is 0.9027, J(2) 0.5642. */
static void test_hedges_g(void **state)
{
	(void)state;
	static const double a[] = { 1, 2, 3, 4, 5 }, b[] = { 2, 3, 4, 5, 6 };
	struct sample first = SAMPLE(a), second = SAMPLE(b);
	assert_close(effect_hedges_g(&first, &second), 0.9027 / sqrt(2.5), 5e-5);
	first.count = second.count = 2;
	assert_close(effect_hedges_g(&first, &second), 0.5642 / sqrt(0.5), 5e-5);
}

/* 0.01, 0.04, 0.03, 0.005 at 5%: the textbook example, of which the first and last are rejected. */
static void test_holm(void **state)
{
	(void)state;
	const double p[] = { 0.01, 0.04, (double)NAN, 0.03, 0.005 };
	double adjusted[5];
	assert_int_equal(holm_adjust(p, 5, adjusted), 0);
	assert_close(adjusted[0], 0.03, 1e-15);
	assert_close(adjusted[1], 0.06, 1e-15);
	assert_true(isnan(adjusted[2]));
	assert_close(adjusted[3], 0.06, 1e-15);
	assert_close(adjusted[4], 0.02, 1e-15);
}

static void test_ratio(void **state)
{
	(void)state;
	static const double first[] = { 1, 10, 100 }, second[] = { 2, 20, 200 };
	static const double third[] = { 2, 10, 50 }, zero[] = { 1, 0, 1 };
	assert_close(ratio_of_pairs(first, second, 3, 0.95).mean, 2, 1e-12);
	assert_close(ratio_of_pairs(first, third, 3, 0.95).mean, 1, 1e-12);
	struct interval interval = ratio_of_pairs(first, third, 3, 0.95).interval;
	/* t(0.975, 2) is 4.302653; the logarithms are +-log 2 and 0. */
	assert_close(log(interval.high), 4.302653 * log(2) / sqrt(3), 1e-5);
	assert_close(interval.low * interval.high, 1, 1e-12);
	assert_true(isnan(ratio_of_pairs(first, zero, 3, 0.95).mean));
}

/* Kepler, Harmonices mundi, 1619: periods (years) go with the 3/2 power of mean distances (AU). */
static void test_scaling(void **state)
{
	(void)state;
	static const double distance[] = { 0.389, 0.724, 1.000, 1.524, 5.200, 9.510 };
	static const double period[] = { 0.241, 0.615, 1.000, 1.881, 11.862, 29.457 };
	struct scaling s = scaling_fit(distance, period, 6, 0.95);
	assert_close(s.exponent, 1.5, 0.005);
	assert_close(s.factor, 1, 0.005);
	assert_true(s.r_squared > 0.9999);
	/* t(0.975, 4) is 2.776445; the standard error is 0.000708607 by another program (scipy). */
	assert_close(s.exponent_interval.low, 1.502598285 - 2.776445 * 0.000708607, 1e-8);
	assert_close(s.exponent_interval.high, 1.502598285 + 2.776445 * 0.000708607, 1e-8);
	s = scaling_fit(distance, distance, 2, 0.95);
	assert_close(s.exponent, 1, 1e-12);
	assert_false(interval_is_known(s.exponent_interval));
	static const double level[] = { 3, 3 };
	assert_true(isnan(scaling_fit(level, distance, 2, 0.95).exponent));
}

static void test_pareto(void **state)
{
	(void)state;
	const double x[] = { 1, 2, 3, 2, 1, 4, 2, (double)NAN }, y[] = { 5, 3, 3, 3, 6, 1, 4, 0 };
	const bool expected[] = { true, true, false, true, false, true, false, false };
	bool front[8];
	assert_int_equal(pareto_front(x, y, 8, front), 0);
	for (size_t i = 0; i < 8; i++)
		assert_int_equal(front[i], expected[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_describe),
		cmocka_unit_test(test_welch),
		cmocka_unit_test(test_paired),
		cmocka_unit_test(test_mann_whitney),
		cmocka_unit_test(test_mann_whitney_extremes),
		cmocka_unit_test(test_hodges_lehmann_of_few),
		cmocka_unit_test(test_bootstrap),
		cmocka_unit_test(test_bootstrap_is_seeded),
		cmocka_unit_test(test_bootstrap_of_what_does_not_vary),
		cmocka_unit_test(test_hedges_g),
		cmocka_unit_test(test_holm),
		cmocka_unit_test(test_ratio),
		cmocka_unit_test(test_scaling),
		cmocka_unit_test(test_pareto),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
