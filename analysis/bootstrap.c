/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/bootstrap.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"

/* Samples that are drawn anew, or lack one value. */
struct draws {
	const struct sample *original;
	size_t count;
	struct sample *samples;
	double **values; /* that samples point at */
};

static void draws_free(struct draws *d)
{
	for (size_t i = 0; d->values && i < d->count; i++)
		free(d->values[i]);
	free(d->values);
	free(d->samples);
}

static bool draws_create(struct draws *d, const struct sample *samples, size_t count)
{
	*d = (struct draws){ samples, count, calloc(count, sizeof(*d->samples)),
			     calloc(count, sizeof(*d->values)) };
	bool whole = d->samples && d->values;
	for (size_t i = 0; i < count && whole; i++) {
		d->values[i] = malloc((samples[i].count + 1) * sizeof(double));
		d->samples[i] = (struct sample){ d->values[i], samples[i].count };
		whole = d->values[i];
	}
	if (!whole)
		draws_free(d);
	return whole;
}

static void draw(struct draws *d, struct rng *rng)
{
	for (size_t i = 0; i < d->count; i++) {
		const struct sample *from = &d->original[i];
		for (size_t k = 0; k < from->count; k++)
			d->values[i][k] = from->values[rng_below(rng, from->count)];
	}
}

static void restore(struct draws *d)
{
	for (size_t i = 0; i < d->count; i++) {
		const struct sample *from = &d->original[i];
		memcpy(d->values[i], from->values, from->count * sizeof(double));
		d->samples[i].count = from->count;
	}
}

/* The figure without that value of that sample. */
static double figure_without(struct draws *d, size_t sample, size_t value, bootstrap_figure figure)
{
	const struct sample *from = &d->original[sample];
	double *values = d->values[sample];
	memcpy(values, from->values, value * sizeof(*values));
	memcpy(values + value, from->values + value + 1,
	       (from->count - value - 1) * sizeof(*values));
	d->samples[sample].count = from->count - 1;
	return figure(d->samples, d->count);
}

/*
 * The acceleration from the jackknife, over several samples as Davison and Hinkley weigh them
 * (Bootstrap Methods and their Application, 1997, 5.3.2).
 */
static double acceleration(struct draws *d, bootstrap_figure figure)
{
	double above = 0, below = 0;
	for (size_t i = 0; i < d->count; i++) {
		double n = (double)d->original[i].count, mean = 0, cubes = 0, squares = 0;
		for (size_t k = 0; k < d->original[i].count; k++)
			mean += figure_without(d, i, k, figure) / n;
		for (size_t k = 0; k < d->original[i].count; k++) {
			double u = (n - 1) * (mean - figure_without(d, i, k, figure));
			squares += u * u;
			cubes += u * u * u;
		}
		restore(d);
		above += cubes / (n * n * n);
		below += squares / (n * n);
	}
	return below > 0 ? above / (6 * pow(below, 1.5)) : 0;
}

static double adjusted(double z0, double acceleration, double p)
{
	double z = z0 + gsl_cdf_ugaussian_Pinv(p);
	return gsl_cdf_ugaussian_P(z0 + z / (1 - acceleration * z));
}

/* Figures that equal the sample's own count half on each side. */
static double share_below(const double *sorted, size_t count, double figure)
{
	double below = 0;
	for (size_t i = 0; i < count && sorted[i] <= figure; i++)
		below += sorted[i] < figure ? 1 : 0.5;
	return below / (double)count;
}

static struct interval interval_of(const struct bootstrap *b, struct draws *d, double *figures,
				   bootstrap_figure figure)
{
	gsl_sort(figures, 1, b->resamples);
	double share = share_below(figures, b->resamples, figure(d->original, d->count));
	if (!(share > 0 && share < 1) || !(figures[0] < figures[b->resamples - 1]))
		return interval_unknown();
	double z0 = gsl_cdf_ugaussian_Pinv(share), a = acceleration(d, figure);
	return (struct interval){
		gsl_stats_quantile_from_sorted_data(figures, 1, b->resamples,
						    adjusted(z0, a, (1 - b->level) / 2)),
		gsl_stats_quantile_from_sorted_data(figures, 1, b->resamples,
						    adjusted(z0, a, (1 + b->level) / 2)),
	};
}

struct interval bootstrap_interval(const struct bootstrap *b, const struct sample *samples,
				   size_t count, bootstrap_figure figure)
{
	struct interval interval = interval_unknown();
	struct draws d;
	for (size_t i = 0; i < count; i++)
		if (samples[i].count < 2)
			return interval;
	if (!draws_create(&d, samples, count))
		return interval;
	double *figures = malloc(b->resamples * sizeof(*figures));
	struct rng *rng = rng_create(b->seed, "analysis.bootstrap");
	if (figures && rng) {
		for (size_t i = 0; i < b->resamples; i++) {
			draw(&d, rng);
			figures[i] = figure(d.samples, count);
		}
		interval = interval_of(b, &d, figures, figure);
	}
	rng_destroy(rng);
	free(figures);
	draws_free(&d);
	return interval;
}

double bootstrap_mean(const struct sample *samples, size_t count)
{
	(void)count;
	return sample_mean(samples);
}

double bootstrap_mean_difference(const struct sample *samples, size_t count)
{
	(void)count;
	return sample_mean(&samples[1]) - sample_mean(&samples[0]);
}
