/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sweep/stability.h"

#include <math.h>

/* The value of the run that was perturbed with that seed; NaN: there is none. */
static double value_of_seed(const struct run_cells *cells, const struct run_cell *cell,
			    uint64_t seed, size_t column)
{
	for (size_t i = 0; i < cell->count; i++) {
		const struct compared_run *run = &cells->in->runs[cell->runs[i]];
		if (run->seed == seed)
			return run_table_number(cells->in->table, run->row, column);
	}
	return (double)NAN;
}

/* Both have the figure there, and a ratio where it is of ratios: the row leaves others out too. */
static bool is_compared(const struct run_cells *cells, const struct stability_question *q,
			size_t trace)
{
	double value = run_cells_mean(cells, run_cells_plain(cells, q->config, trace), q->column);
	double baseline =
		run_cells_mean(cells, run_cells_plain(cells, q->baseline, trace), q->column);
	return !isnan(value) && !isnan(baseline) && (!q->relative || value > 0 || baseline > 0);
}

/* Sums over recordings of what one seed gives. */
struct sums {
	double value, baseline, log_ratio;
	size_t count;
};

static double change_of(const struct sums *s, bool relative)
{
	if (!relative)
		return (s->value - s->baseline) / (double)s->count;
	if (isfinite(s->log_ratio))
		return exp(s->log_ratio / (double)s->count) - 1;
	return s->value > 0 || s->baseline > 0 ? s->value / s->baseline - 1 : 0;
}

/* NaN when some recording was not perturbed with that seed. */
static double change_of_seed(const struct run_cells *cells, const struct stability_question *q,
			     uint64_t seed)
{
	struct sums sums = { 0 };
	for (size_t t = q->first; t < q->last; t++) {
		if (!is_compared(cells, q, t))
			continue;
		double value = value_of_seed(cells, run_cells_perturbed(cells, q->config, t), seed,
					     q->column);
		double baseline = value_of_seed(cells, run_cells_perturbed(cells, q->baseline, t),
						seed, q->column);
		if (isnan(value) || isnan(baseline))
			return (double)NAN;
		sums.value += value;
		sums.baseline += baseline;
		sums.log_ratio += log(value / baseline);
		sums.count++;
	}
	return sums.count ? change_of(&sums, q->relative) : (double)NAN;
}

static int sign_of(double change)
{
	return (change > 0) - (change < 0);
}

static void take_change(struct stability *s, double change, double unperturbed)
{
	if (!s->perturbed || change < s->band.low)
		s->band.low = change;
	if (!s->perturbed || change > s->band.high)
		s->band.high = change;
	s->perturbed++;
	s->kept += sign_of(change) == sign_of(unperturbed);
}

void stability_find(const struct run_cells *cells, const struct stability_question *q,
		    struct stability *s)
{
	*s = (struct stability){ .band = interval_unknown() };
	for (size_t t = q->first; t < q->last; t++) {
		const struct run_cell *cell = run_cells_perturbed(cells, q->config, t);
		if (!is_compared(cells, q, t))
			continue;
		for (size_t i = 0; i < cell->count; i++) {
			uint64_t seed = cells->in->runs[cell->runs[i]].seed;
			double change = change_of_seed(cells, q, seed);
			if (!isnan(change))
				take_change(s, change, q->change);
		}
		return;
	}
}
