/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sweep/comparison_row.h"

#include <math.h>

#include "analysis/bootstrap.h"
#include "analysis/hypothesis.h"
#include "analysis/ratio.h"

enum { BOOTSTRAP_RESAMPLES = 9999 };

double comparison_significant(void)
{
	return 0.05;
}

static const struct bootstrap *bootstrap_of(const struct comparison_request *request,
					    struct bootstrap *bootstrap)
{
	*bootstrap =
		(struct bootstrap){ .level = request->level, .resamples = BOOTSTRAP_RESAMPLES };
	return bootstrap;
}

/* Of the mean of one number a recording: ratios' logarithms, or differences. */
static struct interval bootstrap_over(const double *values, size_t count,
				      const struct comparison_request *request)
{
	struct bootstrap bootstrap;
	const struct sample sample = { values, count };
	return bootstrap_interval(bootstrap_of(request, &bootstrap), &sample, 1, bootstrap_mean);
}

static enum interval_method method_over_recordings(const struct pairs *p,
						   const struct comparison_request *request)
{
	if (p->count < COMPARISON_RECORDINGS_MIN)
		return INTERVAL_NONE;
	return request->bootstrap && p->count >= COMPARISON_BOOTSTRAP_MIN ? INTERVAL_BCA
									  : INTERVAL_STUDENT;
}

static void compare_ratios(struct comparison_row *row, const struct pairs *p,
			   const struct comparison_request *request)
{
	struct ratio ratio = ratio_of_pairs(p->baseline, p->value, p->count, request->level);
	struct interval interval = ratio.interval;
	row->relative = true;
	row->change = ratio.mean - 1;
	row->method = method_over_recordings(p, request);
	if (row->method == INTERVAL_NONE)
		return;
	if (row->method == INTERVAL_BCA) {
		for (size_t i = 0; i < p->count; i++)
			p->scratch[i] = log(p->value[i] / p->baseline[i]);
		interval = bootstrap_over(p->scratch, p->count, request);
		interval = (struct interval){ exp(interval.low), exp(interval.high) };
	}
	row->interval = (struct interval){ interval.low - 1, interval.high - 1 };
	row->p = ratio.p;
}

static void compare_differences(struct comparison_row *row, const struct pairs *p,
				const struct comparison_request *request)
{
	struct paired paired = paired_test(p->baseline, p->value, p->count, request->level);
	row->change = paired.difference;
	row->method = method_over_recordings(p, request);
	if (row->method == INTERVAL_NONE)
		return;
	row->interval = paired.interval;
	row->p = paired.p;
	if (row->method != INTERVAL_BCA)
		return;
	for (size_t i = 0; i < p->count; i++)
		p->scratch[i] = p->value[i] - p->baseline[i];
	row->interval = bootstrap_over(p->scratch, p->count, request);
}

/* By ranks: neither means nor variances, and the interval is what the test does not reject. */
static struct interval compare_ranks(struct comparison_row *row, const struct pairs *p,
				     const struct comparison_request *request)
{
	struct hodges_lehmann shift =
		hodges_lehmann_shift(&p->samples[0], &p->samples[1], request->level);
	row->p = mann_whitney_test(&p->samples[0], &p->samples[1]).p;
	row->seed_change = shift.estimate;
	row->method = INTERVAL_HODGES_LEHMANN;
	return shift.interval;
}

static struct interval compare_means(struct comparison_row *row, const struct pairs *p,
				     const struct comparison_request *request)
{
	struct bootstrap bootstrap;
	struct welch welch = welch_test(&p->samples[0], &p->samples[1], request->level);
	row->p = welch.p;
	row->seed_change = welch.difference;
	row->method = INTERVAL_WELCH;
	if (!request->bootstrap || p->seeds_min < COMPARISON_BOOTSTRAP_MIN)
		return welch.interval;
	row->method = INTERVAL_BCA;
	return bootstrap_interval(bootstrap_of(request, &bootstrap), p->samples, 2,
				  bootstrap_mean_difference);
}

/* One recording: what can be said is about its seeds, and is no interval over recordings. */
static void compare_seeds(struct comparison_row *row, const struct pairs *p,
			  const struct comparison_request *request)
{
	struct interval interval = request->mann_whitney ? compare_ranks(row, p, request)
							 : compare_means(row, p, request);
	double unit = row->relative ? p->baseline[0] : 1;
	row->seed_change /= unit;
	if (p->seeds_min < COMPARISON_RECORDINGS_MIN) {
		row->method = INTERVAL_NONE;
		return;
	}
	row->seed_interval = (struct interval){ interval.low / unit, interval.high / unit };
}

static struct quartiles quartiles_of(const struct sample *s)
{
	return (struct quartiles){ sample_quantile(s, 0.25), sample_median(s),
				   sample_quantile(s, 0.75) };
}

/* Of one recording's seeds, or of the recordings. */
static void describe(struct comparison_row *row, const struct pairs *p)
{
	const struct sample baseline = { p->baseline, p->count }, value = { p->value, p->count };
	row->baseline_quartiles = quartiles_of(p->count == 1 ? &p->samples[0] : &baseline);
	row->quartiles = quartiles_of(p->count == 1 ? &p->samples[1] : &value);
}

/* Whether the values have ratios once pairs of zeros are left out, which then is done. */
static bool make_ratios(struct pairs *p)
{
	size_t zeros = 0;
	for (size_t i = 0; i < p->count; i++) {
		if (pairs_is_zero(p, i))
			zeros++;
		else if (!(p->baseline[i] > 0 && p->value[i] > 0))
			return false;
	}
	if (zeros == p->count)
		return false;
	pairs_leave_out_zeros(p);
	return true;
}

void comparison_row_fill(struct comparison_row *row, struct pairs *p,
			 const struct comparison_request *request)
{
	bool alone = p->count == 1;
	row->seeds = p->seeds_min;
	row->random = p->random;
	row->varies = p->varies;
	row->interval = row->seed_interval = interval_unknown();
	row->p = row->p_adjusted = row->effect = row->change = row->seed_change = (double)NAN;
	row->value = row->baseline_value = (double)NAN;
	row->quartiles = row->baseline_quartiles =
		(struct quartiles){ (double)NAN, (double)NAN, (double)NAN };
	if (!p->count)
		return;
	describe(row, p);
	bool ratios = make_ratios(p);
	const struct sample baseline = { p->baseline, p->count }, value = { p->value, p->count };
	row->recordings = p->count;
	row->lower = pairs_lower(p);
	row->higher = pairs_higher(p);
	row->baseline_value = ratios ? sample_geometric_mean(&baseline) : sample_mean(&baseline);
	row->value = ratios ? sample_geometric_mean(&value) : sample_mean(&value);
	if (ratios)
		compare_ratios(row, p, request);
	else
		compare_differences(row, p, request);
	if (alone && p->varies)
		compare_seeds(row, p, request);
	if (!p->varies)
		row->p = (double)NAN;
	else if (p->effect_count)
		row->effect = p->effects / (double)p->effect_count;
}

/* Ranks and means may point different ways: then neither is believed. */
static bool ranks_show(const struct comparison_row *row)
{
	return row->p <= comparison_significant() &&
	       (row->effect > 0 ? row->change > 0 : row->effect < 0 && row->change < 0);
}

/* An interval does, or of few recordings whose figures do not vary with the seed all of them. */
static bool is_shown(const struct comparison_row *row)
{
	const struct interval *interval =
		interval_is_known(row->interval) ? &row->interval : &row->seed_interval;
	if (row->method == INTERVAL_HODGES_LEHMANN)
		return ranks_show(row);
	if (interval_is_known(*interval))
		return !interval_holds(*interval, 0);
	return !row->varies && (row->lower == row->recordings || row->higher == row->recordings);
}

/*
 * What perturbed runs do not bear out is not shown; and of runs of which some did not do what the
 * others did, only what was not done can be judged.
 */
enum comparison_verdict comparison_row_judge(const struct comparison_row *row,
					     const struct pairs *p)
{
	if (!p->count)
		return VERDICT_NONE;
	if (row->parted_unevenly && !row->figure->tells_failure)
		return VERDICT_PAST_HORIZON;
	if (row->stability.kept < row->stability.perturbed)
		return VERDICT_NOT_SHOWN;
	if (pairs_all_equal(p) && !row->varies)
		return VERDICT_SAME;
	if (!is_shown(row))
		return VERDICT_NOT_SHOWN;
	return (row->change > 0) == row->figure->higher_is_better ? VERDICT_BETTER : VERDICT_WORSE;
}
