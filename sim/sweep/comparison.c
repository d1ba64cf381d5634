/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sweep/comparison.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/bootstrap.h"
#include "analysis/hypothesis.h"
#include "analysis/ratio.h"
#include "base/grow.h"
#include "sweep/comparison_figures.h"
#include "sweep/run_cells.h"
#include "sweep/stability.h"

enum { BOOTSTRAP_RESAMPLES = 9999 };

static const double significant = 0.05;

struct comparing {
	struct comparison *c;
	struct run_cells cells;
	const struct comparison_request *request;
	const struct manifest_setting *baseline;
	size_t baseline_count;
	size_t *baseline_of; /* by configuration; config_count: none */
	bool *told;          /* by parameter: labels say it */
	const char **labels; /* by configuration */
	struct error *err;
};

static int no_memory(struct comparing *k)
{
	return error_set(k->err, ERROR_RUN, "out of memory for the comparison");
}

const char *comparison_verdict_name(enum comparison_verdict verdict)
{
	static const char *const names[] = {
		[VERDICT_SAME] = "the same",
		[VERDICT_BETTER] = "better",
		[VERDICT_WORSE] = "worse",
		[VERDICT_NOT_SHOWN] = "no difference shown",
		[VERDICT_NONE] = "nothing to compare",
	};
	return names[verdict];
}

static int check_baseline(struct comparing *k)
{
	const struct run_cells *cells = &k->cells;
	if (!k->baseline_count)
		return error_set(k->err, ERROR_INPUT,
				 "no baseline: give one with --baseline PATH=VALUE");
	for (size_t i = 0; i < k->baseline_count; i++) {
		const struct manifest_setting *s = &k->baseline[i];
		size_t parameter = run_cells_parameter(cells, s->path);
		bool found = false;
		if (parameter == cells->in->parameter_count)
			return error_set(k->err, ERROR_INPUT,
					 "baseline %s=%s: %s is the same in all runs", s->path,
					 s->value, s->path);
		for (size_t c = 0; c < k->cells.config_count && !found; c++)
			found = strcmp(k->cells.configs[c]->values[parameter], s->value) == 0;
		if (!found)
			return error_set(k->err, ERROR_INPUT, "baseline %s=%s: no run has that",
					 s->path, s->value);
	}
	return 0;
}

/* What the baseline sets for a parameter; NULL: nothing. */
static const char *baseline_value(const struct comparing *k, size_t parameter)
{
	for (size_t i = 0; i < k->baseline_count; i++)
		if (strcmp(k->baseline[i].path, k->cells.in->parameters[parameter]) == 0)
			return k->baseline[i].value;
	return NULL;
}

/* An option of another policy, which a configuration does not have, does not tell it apart. */
static bool agree(const char *a, const char *b)
{
	return !*a || !*b || strcmp(a, b) == 0;
}

/* The configuration that has the baseline's settings and is the same otherwise. */
static size_t baseline_of(const struct comparing *k, size_t config)
{
	for (size_t i = 0; i < k->cells.config_count; i++) {
		bool found = true;
		for (size_t p = 0; p < k->cells.in->parameter_count && found; p++) {
			const char *wanted = baseline_value(k, p),
				   *is = k->cells.configs[i]->values[p];
			found = wanted ? strcmp(is, wanted) == 0
				       : agree(is, k->cells.configs[config]->values[p]);
		}
		if (found)
			return i;
	}
	return k->cells.config_count;
}

/* Parameters that are the same in all that is compared need not be said. */
static bool is_told(const struct comparing *k, size_t parameter)
{
	const char *first = NULL;
	for (size_t i = 0; i < k->cells.config_count; i++) {
		size_t baseline = k->baseline_of[i];
		if (baseline == i || baseline == k->cells.config_count)
			continue;
		const char *value = k->cells.configs[i]->values[parameter];
		first = first && *first ? first : value;
		if (!agree(value, first) ||
		    !agree(k->cells.configs[baseline]->values[parameter], first))
			return true;
	}
	return false;
}

static int pair_configs(struct comparing *k)
{
	k->baseline_of = calloc(k->cells.config_count + 1, sizeof(*k->baseline_of));
	k->told = calloc(k->cells.in->parameter_count + 1, sizeof(*k->told));
	k->labels = calloc(k->cells.config_count + 1, sizeof(*k->labels));
	if (!k->baseline_of || !k->told || !k->labels)
		return no_memory(k);
	for (size_t i = 0; i < k->cells.config_count; i++)
		k->baseline_of[i] = baseline_of(k, i);
	for (size_t i = 0; i < k->cells.in->parameter_count; i++)
		k->told[i] = is_told(k, i);
	for (size_t i = 0; i < k->cells.config_count; i++) {
		k->labels[i] =
			run_cells_label(&k->cells, k->cells.configs[i], k->told, &k->c->text);
		if (!k->labels[i])
			return no_memory(k);
	}
	return 0;
}

/* Two configurations on the recordings that both have, seeds and all. */
struct pairs {
	double *baseline, *value; /* means over seeds, by recording */
	double *seeds[2];         /* of the recording that was taken last */
	double *scratch;
	struct sample samples[2]; /* of these */
	double effects;           /* sum over recordings that have one */
	size_t count, seeds_min, effect_count;
	bool random, varies;
};

static bool pairs_create(struct pairs *p, size_t recordings, size_t seeds)
{
	*p = (struct pairs){ .baseline = malloc((recordings + 1) * sizeof(double)),
			     .value = malloc((recordings + 1) * sizeof(double)),
			     .scratch = malloc((recordings + 1) * sizeof(double)),
			     .seeds = { malloc((seeds + 1) * sizeof(double)),
					malloc((seeds + 1) * sizeof(double)) } };
	return p->baseline && p->value && p->scratch && p->seeds[0] && p->seeds[1];
}

static void pairs_free(struct pairs *p)
{
	free(p->baseline);
	free(p->value);
	free(p->scratch);
	free(p->seeds[0]);
	free(p->seeds[1]);
}

static bool is_random(const struct comparing *k, const struct run_cell *cell)
{
	return cell->count > 1 || (cell->count && k->cells.in->runs[cell->runs[0]].random);
}

/* Runs that draw random numbers and agree exactly are no more a matter of chance than others. */
static bool varies(const struct comparing *k, const struct run_cell *cell, const struct sample *s)
{
	if (s->count < 2)
		return is_random(k, cell);
	for (size_t i = 1; i < s->count; i++)
		if (s->values[i] < s->values[0] || s->values[i] > s->values[0])
			return true;
	return false;
}

static void take_effect(struct pairs *p)
{
	double effect = effect_hedges_g(&p->samples[0], &p->samples[1]);
	if (isnan(effect))
		return;
	p->effects += effect;
	p->effect_count++;
}

static void take_trace(struct pairs *p, const struct comparing *k, size_t column,
		       const struct run_cell *baseline, const struct run_cell *value)
{
	const struct run_cell *const cells[] = { baseline, value };
	for (size_t i = 0; i < 2; i++) {
		size_t count = run_cells_values(&k->cells, cells[i], column, p->seeds[i]);
		p->samples[i] = (struct sample){ p->seeds[i], count };
		if (!count)
			return;
	}
	size_t fewest = p->samples[0].count < p->samples[1].count ? p->samples[0].count
								  : p->samples[1].count;
	p->seeds_min = !p->count || fewest < p->seeds_min ? fewest : p->seeds_min;
	p->random = p->random || is_random(k, baseline) || is_random(k, value);
	p->varies = p->varies || varies(k, baseline, &p->samples[0]) ||
		    varies(k, value, &p->samples[1]);
	take_effect(p);
	p->baseline[p->count] = sample_mean(&p->samples[0]);
	p->value[p->count++] = sample_mean(&p->samples[1]);
}

/* Of the mean of one number a recording: ratios' logarithms, or differences. */
static struct interval bootstrap_over(double *values, size_t count, double level)
{
	const struct bootstrap bootstrap = { .level = level, .resamples = BOOTSTRAP_RESAMPLES };
	const struct sample sample = { values, count };
	return bootstrap_interval(&bootstrap, &sample, 1, bootstrap_mean);
}

static void compare_ratios(struct comparison_row *row, const struct pairs *p,
			   const struct comparison_request *request)
{
	struct ratio ratio = ratio_of_pairs(p->baseline, p->value, p->count, request->level);
	struct interval interval = ratio.interval;
	row->relative = true;
	row->change = ratio.mean - 1;
	if (p->count < COMPARISON_RECORDINGS_MIN)
		return;
	if (request->bootstrap) {
		for (size_t i = 0; i < p->count; i++)
			p->scratch[i] = log(p->value[i] / p->baseline[i]);
		interval = bootstrap_over(p->scratch, p->count, request->level);
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
	if (p->count < COMPARISON_RECORDINGS_MIN)
		return;
	row->interval = paired.interval;
	row->p = paired.p;
	if (!request->bootstrap)
		return;
	for (size_t i = 0; i < p->count; i++)
		p->scratch[i] = p->value[i] - p->baseline[i];
	row->interval = bootstrap_over(p->scratch, p->count, request->level);
}

/* One recording: what can be said is about its seeds, and is no interval over recordings. */
static void compare_seeds(struct comparison_row *row, const struct pairs *p,
			  const struct comparison_request *request)
{
	const struct bootstrap bootstrap = { .level = request->level,
					     .resamples = BOOTSTRAP_RESAMPLES };
	struct welch welch = welch_test(&p->samples[0], &p->samples[1], request->level);
	struct interval interval = welch.interval;
	double unit = row->relative ? p->baseline[0] : 1;
	row->p = request->mann_whitney ? mann_whitney_test(&p->samples[0], &p->samples[1]).p
				       : welch.p;
	if (p->seeds_min < COMPARISON_RECORDINGS_MIN)
		return;
	if (request->bootstrap)
		interval = bootstrap_interval(&bootstrap, p->samples, 2, bootstrap_mean_difference);
	row->seed_interval = (struct interval){ interval.low / unit, interval.high / unit };
}

/* How many recordings went up less those that went down. */
static long balance(const struct pairs *p)
{
	long up = 0;
	for (size_t i = 0; i < p->count; i++)
		up += (p->value[i] > p->baseline[i]) - (p->value[i] < p->baseline[i]);
	return up;
}

static bool all_equal(const struct pairs *p)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->value[i] > p->baseline[i] || p->value[i] < p->baseline[i])
			return false;
	return true;
}

/*
 * Shown is what an interval shows; of few recordings whose figures do not vary with the seed, what
 * all of them say of themselves. What perturbed runs do not bear out is not shown.
 */
static enum comparison_verdict judge(const struct comparison_row *row, const struct pairs *p)
{
	const struct interval *interval =
		interval_is_known(row->interval) ? &row->interval : &row->seed_interval;
	bool up = row->change > 0;
	if (!p->count)
		return VERDICT_NONE;
	if (row->stability.kept < row->stability.perturbed)
		return VERDICT_NOT_SHOWN;
	if (all_equal(p) && !row->varies)
		return VERDICT_SAME;
	if (interval_is_known(*interval)) {
		if (interval_holds(*interval, 0))
			return VERDICT_NOT_SHOWN;
	} else if (row->varies || labs(balance(p)) != (long)p->count) {
		return VERDICT_NOT_SHOWN;
	}
	return up == row->figure->higher_is_better ? VERDICT_BETTER : VERDICT_WORSE;
}

static void fill_row(struct comparison_row *row, const struct pairs *p,
		     const struct comparison_request *request)
{
	row->recordings = p->count;
	row->seeds = p->seeds_min;
	row->random = p->random;
	row->varies = p->varies;
	row->interval = row->seed_interval = interval_unknown();
	row->p = row->p_adjusted = row->effect = row->change = (double)NAN;
	row->value = row->baseline_value = (double)NAN;
	if (!p->count)
		return;
	const struct sample baseline = { p->baseline, p->count }, value = { p->value, p->count };
	row->baseline_value = sample_geometric_mean(&baseline);
	row->value = sample_geometric_mean(&value);
	bool positive = !isnan(row->baseline_value) && !isnan(row->value);
	if (!positive) {
		row->baseline_value = sample_mean(&baseline);
		row->value = sample_mean(&value);
	}
	if (positive)
		compare_ratios(row, p, request);
	else
		compare_differences(row, p, request);
	if (p->count == 1 && p->varies)
		compare_seeds(row, p, request);
	if (!p->varies)
		row->p = (double)NAN;
	else if (p->effect_count)
		row->effect = p->effects / (double)p->effect_count;
}

static struct parted parted_of(const struct comparing *k, size_t config, size_t first, size_t last)
{
	const struct run_table *table = k->cells.in->table;
	size_t column = run_table_find(table, "horizon_record");
	struct parted parted = { 0 };
	for (size_t t = first; t < last; t++) {
		const struct run_cell *cell = run_cells_plain(&k->cells, config, t);
		parted.runs += cell->count;
		for (size_t i = 0; i < cell->count && column < run_table_columns(table); i++)
			if (!isnan(run_table_number(table, k->cells.in->runs[cell->runs[i]].row,
						    column)))
				parted.past++;
	}
	return parted;
}

static int find_parted(struct comparing *k)
{
	struct comparison *c = k->c;
	c->configs = calloc(k->cells.config_count + 1, sizeof(*c->configs));
	if (!c->configs)
		return no_memory(k);
	for (size_t i = 0; i < k->cells.config_count; i++) {
		struct parted parted = parted_of(k, i, 0, k->cells.trace_count);
		if (parted.past)
			c->configs[c->config_count++] =
				(struct config_parted){ k->labels[i], parted };
	}
	return 0;
}

static int add_row(struct comparing *k, const struct compared_figure *figure, size_t config,
		   size_t baseline, size_t first, size_t last, const char *trace)
{
	struct comparison *c = k->c;
	struct comparison_row *grown =
		grow_array(c->rows, c->row_count, &c->row_capacity, sizeof(*grown));
	struct pairs pairs;
	if (!grown)
		return no_memory(k);
	c->rows = grown;
	if (!pairs_create(&pairs, k->cells.trace_count, k->cells.in->run_count)) {
		pairs_free(&pairs);
		return no_memory(k);
	}
	for (size_t t = first; t < last; t++)
		take_trace(&pairs, k, figure->column, run_cells_plain(&k->cells, baseline, t),
			   run_cells_plain(&k->cells, config, t));
	struct comparison_row *row = &grown[c->row_count++];
	*row = (struct comparison_row){ .figure = figure,
					.setting = k->labels[config],
					.baseline = k->labels[baseline],
					.parted = parted_of(k, config, first, last),
					.baseline_parted = parted_of(k, baseline, first, last),
					.trace = trace };
	fill_row(row, &pairs, k->request);
	const struct stability_question question = { .config = config,
						     .baseline = baseline,
						     .first = first,
						     .last = last,
						     .column = figure->column,
						     .relative = row->relative,
						     .change = row->change };
	stability_find(&k->cells, &question, &row->stability);
	row->verdict = judge(row, &pairs);
	pairs_free(&pairs);
	return 0;
}

static int compare_config(struct comparing *k, const struct compared_figure *figure, size_t config)
{
	size_t baseline = k->baseline_of[config];
	if (baseline == config)
		return 0;
	if (baseline == k->cells.config_count) {
		k->c->unpaired += figure == k->c->figures;
		return 0;
	}
	if (!k->request->by_trace)
		return add_row(k, figure, config, baseline, 0, k->cells.trace_count, NULL);
	for (size_t t = 0; t < k->cells.trace_count; t++)
		if (add_row(k, figure, config, baseline, t, t + 1, k->cells.traces[t]) != 0)
			return -1;
	return 0;
}

/* Many questions: some would be answered wrongly by chance. A verdict needs the adjusted p too. */
static int correct_for_many(struct comparing *k)
{
	struct comparison *c = k->c;
	double *p = calloc(2 * c->row_count + 1, sizeof(*p)), *adjusted = p + c->row_count;
	if (!p)
		return no_memory(k);
	for (size_t i = 0; i < c->row_count; i++)
		p[i] = c->rows[i].p;
	if (holm_adjust(p, c->row_count, adjusted) != 0) {
		free(p);
		return no_memory(k);
	}
	for (size_t i = 0; i < c->row_count; i++) {
		struct comparison_row *row = &c->rows[i];
		bool shown = row->verdict == VERDICT_BETTER || row->verdict == VERDICT_WORSE;
		row->p_adjusted = adjusted[i];
		if (shown && row->p_adjusted > significant)
			row->verdict = VERDICT_NOT_SHOWN;
	}
	free(p);
	return 0;
}

static int compare_all(struct comparing *k)
{
	if (check_baseline(k) != 0 || pair_configs(k) != 0 ||
	    comparison_choose_figures(k->c, k->cells.in, k->request->report,
				      k->request->report_count, k->err) != 0)
		return -1;
	for (size_t f = 0; f < k->c->figure_count; f++)
		for (size_t i = 0; i < k->cells.config_count; i++)
			if (compare_config(k, &k->c->figures[f], i) != 0)
				return -1;
	if (!k->c->row_count)
		return error_set(k->err, ERROR_INPUT,
				 "no two configurations differ in the baseline's settings alone");
	if (find_parted(k) != 0)
		return -1;
	return correct_for_many(k);
}

int comparison_make(struct comparison *c, const struct comparison_input *in,
		    const struct comparison_request *request, struct error *err)
{
	struct comparing k = { .c = c,
			       .request = request,
			       .baseline = request->baseline,
			       .baseline_count = request->baseline_count,
			       .err = err };
	*c = (struct comparison){ .bootstrap = request->bootstrap,
				  .mann_whitney = request->mann_whitney };
	if (!k.baseline && in->manifest) {
		k.baseline = in->manifest->baseline;
		k.baseline_count = in->manifest->baseline_count;
	}
	int status = run_cells_sort(&k.cells, in, err);
	if (status == 0)
		status = compare_all(&k);
	run_cells_free(&k.cells);
	free(k.baseline_of);
	free(k.told);
	free(k.labels);
	if (status != 0)
		comparison_free(c);
	return status;
}

void comparison_free(struct comparison *c)
{
	free(c->figures);
	free(c->configs);
	free(c->rows);
	text_pool_free(&c->text);
	*c = (struct comparison){ 0 };
}
