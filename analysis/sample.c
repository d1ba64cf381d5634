/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/sample.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

bool interval_is_known(struct interval interval)
{
	return !isnan(interval.low) && !isnan(interval.high);
}

bool interval_holds(struct interval interval, double value)
{
	return interval.low <= value && value <= interval.high;
}

struct interval interval_unknown(void)
{
	return (struct interval){ (double)NAN, (double)NAN };
}

double sample_mean(const struct sample *s)
{
	return s->count ? gsl_stats_mean(s->values, 1, s->count) : (double)NAN;
}

double sample_geometric_mean(const struct sample *s)
{
	double sum = 0;
	for (size_t i = 0; i < s->count; i++)
		sum += s->values[i] > 0 ? log(s->values[i]) : (double)NAN;
	return s->count ? exp(sum / (double)s->count) : (double)NAN;
}

double sample_variance(const struct sample *s)
{
	return s->count > 1 ? gsl_stats_variance(s->values, 1, s->count) : (double)NAN;
}

double sample_quantile(const struct sample *s, double p)
{
	double *sorted = malloc((s->count + 1) * sizeof(*sorted));
	if (!sorted || !s->count) {
		free(sorted);
		return (double)NAN;
	}
	memcpy(sorted, s->values, s->count * sizeof(*sorted));
	gsl_sort(sorted, 1, s->count);
	double quantile = gsl_stats_quantile_from_sorted_data(sorted, 1, s->count, p);
	free(sorted);
	return quantile;
}

double sample_median(const struct sample *s)
{
	return sample_quantile(s, 0.5);
}

struct interval sample_mean_interval(const struct sample *s, double level)
{
	if (s->count < 2)
		return interval_unknown();
	double n = (double)s->count, mean = sample_mean(s);
	double reach = gsl_cdf_tdist_Pinv((1 + level) / 2, n - 1) * sqrt(sample_variance(s) / n);
	return (struct interval){ mean - reach, mean + reach };
}
