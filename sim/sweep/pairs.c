/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sweep/pairs.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/hypothesis.h"

bool pairs_create(struct pairs *p, size_t recordings, size_t seeds)
{
	*p = (struct pairs){ .baseline = malloc((recordings + 1) * sizeof(double)),
			     .value = malloc((recordings + 1) * sizeof(double)),
			     .traces = malloc((recordings + 1) * sizeof(size_t)),
			     .scratch = malloc((recordings + 1) * sizeof(double)),
			     .seeds = { malloc((seeds + 1) * sizeof(double)),
					malloc((seeds + 1) * sizeof(double)) } };
	return p->baseline && p->value && p->traces && p->scratch && p->seeds[0] && p->seeds[1];
}

void pairs_free(struct pairs *p)
{
	free(p->baseline);
	free(p->value);
	free(p->traces);
	free(p->scratch);
	free(p->seeds[0]);
	free(p->seeds[1]);
}

static bool is_random(const struct run_cells *cells, const struct run_cell *cell)
{
	return cell->count > 1 || (cell->count && cells->in->runs[cell->runs[0]].random);
}

/* Runs that draw random numbers and agree exactly are no more a matter of chance than others. */
static bool varies(const struct run_cells *cells, const struct run_cell *cell,
		   const struct sample *s)
{
	if (s->count < 2)
		return is_random(cells, cell);
	for (size_t i = 1; i < s->count; i++)
		if (s->values[i] < s->values[0] || s->values[i] > s->values[0])
			return true;
	return false;
}

static void take_effect(struct pairs *p)
{
	double effect = effect_hedges_g(&p->samples[0], &p->samples[1]);
	if (isnan(effect)) /* of too few seeds, or such as do not vary */
		return;
	p->effects += p->by_ranks ? effect_cliffs_delta(&p->samples[0], &p->samples[1]) : effect;
	p->effect_count++;
}

void pairs_take(struct pairs *p, const struct run_cells *cells, size_t column, size_t baseline,
		size_t config, size_t trace)
{
	const struct run_cell *const both[] = { run_cells_plain(cells, baseline, trace),
						run_cells_plain(cells, config, trace) };
	for (size_t i = 0; i < 2; i++)
		if (isnan(run_cells_mean(cells, both[i], column)))
			return;
	for (size_t i = 0; i < 2; i++)
		p->samples[i] =
			(struct sample){ p->seeds[i],
					 run_cells_values(cells, both[i], column, p->seeds[i]) };
	size_t fewest = p->samples[0].count < p->samples[1].count ? p->samples[0].count
								  : p->samples[1].count;
	p->seeds_min = !p->count || fewest < p->seeds_min ? fewest : p->seeds_min;
	for (size_t i = 0; i < 2; i++) {
		p->random = p->random || is_random(cells, both[i]);
		p->varies = p->varies || varies(cells, both[i], &p->samples[i]);
	}
	take_effect(p);
	p->traces[p->count] = trace;
	p->baseline[p->count] = sample_mean(&p->samples[0]);
	p->value[p->count++] = sample_mean(&p->samples[1]);
}

bool pairs_all_equal(const struct pairs *p)
{
	return !pairs_lower(p) && !pairs_higher(p);
}

size_t pairs_lower(const struct pairs *p)
{
	size_t lower = 0;
	for (size_t i = 0; i < p->count; i++)
		lower += p->value[i] < p->baseline[i];
	return lower;
}

size_t pairs_higher(const struct pairs *p)
{
	size_t higher = 0;
	for (size_t i = 0; i < p->count; i++)
		higher += p->value[i] > p->baseline[i];
	return higher;
}

static bool is_zero(double value)
{
	return !(value < 0) && !(value > 0);
}

bool pairs_is_zero(const struct pairs *p, size_t i)
{
	return is_zero(p->baseline[i]) && is_zero(p->value[i]);
}

void pairs_leave_out_zeros(struct pairs *p)
{
	size_t kept = 0;
	for (size_t i = 0; i < p->count; i++) {
		if (pairs_is_zero(p, i))
			continue;
		size_t trace = p->traces[i];
		memmove(&p->traces[kept + 1], &p->traces[kept], (i - kept) * sizeof(trace));
		p->traces[kept] = trace;
		p->baseline[kept] = p->baseline[i];
		p->value[kept++] = p->value[i];
	}
	p->left_out = p->count - kept;
	p->count = kept;
}
