/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/hypothesis.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sf_gamma.h>
#include <math.h>
#include <stdlib.h>

static double two_sided_t(double t, double degrees)
{
	return 2 * gsl_cdf_tdist_Q(fabs(t), degrees);
}

struct welch welch_test(const struct sample *first, const struct sample *second, double level)
{
	struct welch w = { .difference = sample_mean(second) - sample_mean(first),
			   .t = (double)NAN,
			   .degrees = (double)NAN,
			   .p = (double)NAN,
			   .interval = interval_unknown() };
	if (first->count < 2 || second->count < 2)
		return w;
	double a = sample_variance(first) / (double)first->count;
	double b = sample_variance(second) / (double)second->count;
	double error = sqrt(a + b);
	if (!(error > 0))
		return w;
	w.t = w.difference / error;
	w.degrees = (a + b) * (a + b) /
		    (a * a / (double)(first->count - 1) + b * b / (double)(second->count - 1));
	w.p = two_sided_t(w.t, w.degrees);
	double reach = gsl_cdf_tdist_Pinv((1 + level) / 2, w.degrees) * error;
	w.interval = (struct interval){ w.difference - reach, w.difference + reach };
	return w;
}

struct paired paired_test(const double *first, const double *second, size_t pairs, double level)
{
	struct paired result = { (double)NAN, (double)NAN, (double)NAN, interval_unknown() };
	double *differences = malloc((pairs + 1) * sizeof(*differences));
	if (!differences)
		return result;
	for (size_t i = 0; i < pairs; i++)
		differences[i] = second[i] - first[i];
	struct sample sample = { differences, pairs };
	result.difference = sample_mean(&sample);
	result.interval = sample_mean_interval(&sample, level);
	double error = sqrt(sample_variance(&sample) / (double)pairs);
	if (error > 0) {
		result.t = result.difference / error;
		result.p = two_sided_t(result.t, (double)pairs - 1);
	}
	free(differences);
	return result;
}

/* Pairs in which the second is larger, less those in which it is smaller; equal ones in *ties. */
static double count_pairs(const struct sample *first, const struct sample *second, double *ties)
{
	double balance = 0;
	*ties = 0;
	for (size_t i = 0; i < first->count; i++)
		for (size_t k = 0; k < second->count; k++) {
			double a = first->values[i], b = second->values[k];
			balance += (double)(b > a) - (double)(b < a);
			*ties += !(b > a) && !(b < a);
		}
	return balance;
}

/*
 * How many of all orders of the n + m values give each u: the coefficients of the Gaussian binomial
 * (n + m choose n), built by multiplying by (1 - x^(m+i)) and dividing by (1 - x^i). Exact in
 * doubles as far as MANN_WHITNEY_EXACT_MAX goes, to their precision.
 */
static double *count_orders(size_t n, size_t m)
{
	size_t most = n * m;
	double *orders = calloc(most + 1, sizeof(*orders));
	if (!orders)
		return NULL;
	orders[0] = 1;
	for (size_t i = 1; i <= n; i++) {
		for (size_t u = most; u >= m + i; u--)
			orders[u] -= orders[u - m - i];
		for (size_t u = i; u <= most; u++)
			orders[u] += orders[u - i];
	}
	return orders;
}

static double exact_p(double u, size_t n, size_t m)
{
	double *orders = count_orders(n, m), total = 0, below = 0;
	size_t most = n * m, least = (size_t)(u < (double)most - u ? u : (double)most - u);
	if (!orders)
		return (double)NAN;
	for (size_t i = 0; i <= most; i++) {
		total += orders[i];
		below += i <= least ? orders[i] : 0;
	}
	free(orders);
	double p = 2 * below / total;
	return p < 1 ? p : 1;
}

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* The sum of t^3 - t over groups of t equal values of both samples; NaN when memory is out. */
static double tie_term(const struct sample *first, const struct sample *second)
{
	size_t count = first->count + second->count;
	double *all = malloc((count + 1) * sizeof(*all)), term = 0;
	if (!all)
		return (double)NAN;
	for (size_t i = 0; i < count; i++)
		all[i] = i < first->count ? first->values[i] : second->values[i - first->count];
	qsort(all, count, sizeof(*all), compare_doubles);
	for (size_t i = 0, end; i < count; i = end) {
		for (end = i; end < count && !(all[end] > all[i]);)
			end++;
		double t = (double)(end - i);
		term += t * t * t - t;
	}
	free(all);
	return term;
}

static double approximate_p(double u, const struct sample *first, const struct sample *second)
{
	double n = (double)first->count, m = (double)second->count, all = n + m;
	double ties = tie_term(first, second);
	double variance = n * m / 12 * (all + 1 - ties / (all * (all - 1)));
	if (!(variance > 0))
		return isnan(variance) ? variance : 1;
	double distance = fabs(u - n * m / 2) - 0.5;
	return distance > 0 ? 2 * gsl_cdf_ugaussian_Q(distance / sqrt(variance)) : 1;
}

struct mann_whitney mann_whitney_test(const struct sample *first, const struct sample *second)
{
	double ties, pairs = (double)first->count * (double)second->count;
	double balance = count_pairs(first, second, &ties);
	struct mann_whitney result = { .u = (pairs + balance) / 2, .p = (double)NAN };
	if (!first->count || !second->count)
		return result;
	result.exact = !(ties > 0) && first->count <= MANN_WHITNEY_EXACT_MAX &&
		       second->count <= MANN_WHITNEY_EXACT_MAX && !(tie_term(first, second) > 0);
	result.p = result.exact ? exact_p(result.u, first->count, second->count)
				: approximate_p(result.u, first, second);
	return result;
}

/*
 * How many of the n m differences lie outside the interval at either end: with one more, u would be
 * likelier than what the level leaves. 0: even all of them hold too little.
 */
static size_t count_outside(size_t n, size_t m, double tail)
{
	double *orders = count_orders(n, m), total = 0, below = 0;
	size_t outside = 0;
	if (!orders)
		return 0;
	for (size_t i = 0; i <= n * m; i++)
		total += orders[i];
	for (; outside < n * m && below + orders[outside] <= tail * total; outside++)
		below += orders[outside];
	free(orders);
	return outside;
}

/* Likewise by the normal approximation, rounded to the wider side. */
static size_t approximate_outside(double n, double m, double tail)
{
	double reach = gsl_cdf_ugaussian_Qinv(tail) * sqrt(n * m * (n + m + 1) / 12);
	double outside = floor(n * m / 2 - reach);
	return outside > 0 ? (size_t)outside : 0;
}

struct hodges_lehmann hodges_lehmann_shift(const struct sample *first, const struct sample *second,
					   double level)
{
	struct hodges_lehmann shift = { (double)NAN, interval_unknown() };
	size_t n = first->count, m = second->count, pairs = n * m;
	double *differences = malloc((pairs + 1) * sizeof(*differences));
	if (!differences || !pairs) {
		free(differences);
		return shift;
	}
	for (size_t i = 0; i < pairs; i++)
		differences[i] = second->values[i % m] - first->values[i / m];
	qsort(differences, pairs, sizeof(*differences), compare_doubles);
	double tail = (1 - level) / 2;
	size_t outside = n <= MANN_WHITNEY_EXACT_MAX && m <= MANN_WHITNEY_EXACT_MAX
				 ? count_outside(n, m, tail)
				 : approximate_outside((double)n, (double)m, tail);
	shift.estimate = (differences[(pairs - 1) / 2] + differences[pairs / 2]) / 2;
	if (outside)
		shift.interval =
			(struct interval){ differences[outside - 1], differences[pairs - outside] };
	free(differences);
	return shift;
}

double effect_hedges_g(const struct sample *first, const struct sample *second)
{
	if (first->count < 2 || second->count < 2)
		return (double)NAN;
	double n = (double)first->count - 1, m = (double)second->count - 1;
	double pooled = (n * sample_variance(first) + m * sample_variance(second)) / (n + m);
	double degrees = n + m;
	if (!(pooled > 0))
		return (double)NAN;
	/* Hedges' exact correction; gammas of halves. */
	double correction = exp(gsl_sf_lngamma(degrees / 2) - gsl_sf_lngamma((degrees - 1) / 2)) /
			    sqrt(degrees / 2);
	return (sample_mean(second) - sample_mean(first)) / sqrt(pooled) * correction;
}

double effect_cliffs_delta(const struct sample *first, const struct sample *second)
{
	double ties, pairs = (double)first->count * (double)second->count;
	return pairs > 0 ? count_pairs(first, second, &ties) / pairs : (double)NAN;
}

struct ranked {
	double p;
	size_t at;
};

static int compare_ranked(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;
	int order = compare_doubles(&x->p, &y->p);
	return order ? order : (x->at > y->at) - (x->at < y->at);
}

int holm_adjust(const double *p, size_t count, double *adjusted)
{
	struct ranked *ranks = calloc(count + 1, sizeof(*ranks));
	size_t known = 0;
	double least = 0;
	if (!ranks)
		return -1;
	for (size_t i = 0; i < count; i++) {
		adjusted[i] = p[i];
		if (!isnan(p[i]))
			ranks[known++] = (struct ranked){ p[i], i };
	}
	qsort(ranks, known, sizeof(*ranks), compare_ranked);
	for (size_t i = 0; i < known; i++) {
		double value = (double)(known - i) * ranks[i].p;
		least = value > least ? value : least;
		adjusted[ranks[i].at] = least < 1 ? least : 1;
	}
	free(ranks);
	return 0;
}
