/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sweep/comparison.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/hypothesis.h"
#include "analysis/ratio.h"
#include "base/grow.h"
#include "sweep/comparison_figures.h"

enum { LABEL_BYTES = 1024 };

static const double significant = 0.05;

/* Runs of one configuration on one trace: they differ in their seeds. */
struct cell {
	size_t *runs; /* into the input's */
	size_t count, capacity;
};

struct comparing {
	struct comparison *c;
	const struct comparison_input *in;
	const struct comparison_request *request;
	const struct manifest_setting *baseline;
	size_t baseline_count;
	const char **traces; /* names, in the order of their first run */
	size_t trace_count, trace_capacity;
	const struct compared_run **configs; /* a run of each configuration */
	size_t config_count, config_capacity;
	size_t *baseline_of; /* by configuration; config_count: none */
	bool *told;          /* by parameter: labels say it */
	const char **labels; /* by configuration */
	struct cell *cells;  /* by configuration, then trace */
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

static bool same_config(const struct comparing *k, const struct compared_run *a,
			const struct compared_run *b)
{
	for (size_t i = 0; i < k->in->parameter_count; i++)
		if (strcmp(a->values[i], b->values[i]) != 0)
			return false;
	return true;
}

/* The configuration of a run, added when it is new; -1 when memory is out. */
static long config_of(struct comparing *k, const struct compared_run *run)
{
	for (size_t i = k->config_count; i-- > 0;)
		if (same_config(k, k->configs[i], run))
			return (long)i;
	const struct compared_run **grown =
		grow_array(k->configs, k->config_count, &k->config_capacity, sizeof(*grown));
	if (!grown)
		return no_memory(k);
	k->configs = grown;
	grown[k->config_count] = run;
	return (long)k->config_count++;
}

static long trace_of(struct comparing *k, const char *name)
{
	for (size_t i = k->trace_count; i-- > 0;)
		if (strcmp(k->traces[i], name) == 0)
			return (long)i;
	const char **grown =
		grow_array(k->traces, k->trace_count, &k->trace_capacity, sizeof(*grown));
	if (!grown)
		return no_memory(k);
	k->traces = grown;
	grown[k->trace_count] = name;
	return (long)k->trace_count++;
}

static struct cell *cell_at(const struct comparing *k, size_t config, size_t trace)
{
	return &k->cells[config * k->trace_count + trace];
}

/* Sorts the runs by configuration and trace. */
static int sort_runs(struct comparing *k)
{
	const struct comparison_input *in = k->in;
	for (size_t i = 0; i < in->run_count; i++)
		if (config_of(k, &in->runs[i]) < 0 || trace_of(k, in->runs[i].trace) < 0)
			return -1;
	k->cells = calloc(k->config_count * k->trace_count + 1, sizeof(*k->cells));
	if (!k->cells)
		return no_memory(k);
	for (size_t i = 0; i < in->run_count; i++) {
		struct cell *cell = cell_at(k, (size_t)config_of(k, &in->runs[i]),
					    (size_t)trace_of(k, in->runs[i].trace));
		size_t *grown =
			grow_array(cell->runs, cell->count, &cell->capacity, sizeof(*grown));
		if (!grown)
			return no_memory(k);
		cell->runs = grown;
		grown[cell->count++] = i;
	}
	return 0;
}

static bool is_parameter(const struct comparing *k, const char *path, size_t *index)
{
	for (*index = 0; *index < k->in->parameter_count; ++*index)
		if (strcmp(k->in->parameters[*index], path) == 0)
			return true;
	return false;
}

static int check_baseline(struct comparing *k)
{
	size_t parameter;
	if (!k->baseline_count)
		return error_set(k->err, ERROR_INPUT,
				 "no baseline: give one with --baseline PATH=VALUE");
	for (size_t i = 0; i < k->baseline_count; i++) {
		const struct manifest_setting *s = &k->baseline[i];
		bool found = false;
		if (!is_parameter(k, s->path, &parameter))
			return error_set(k->err, ERROR_INPUT,
					 "baseline %s=%s: %s is the same in all runs", s->path,
					 s->value, s->path);
		for (size_t c = 0; c < k->config_count && !found; c++)
			found = strcmp(k->configs[c]->values[parameter], s->value) == 0;
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
		if (strcmp(k->baseline[i].path, k->in->parameters[parameter]) == 0)
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
	for (size_t i = 0; i < k->config_count; i++) {
		bool found = true;
		for (size_t p = 0; p < k->in->parameter_count && found; p++) {
			const char *wanted = baseline_value(k, p), *is = k->configs[i]->values[p];
			found = wanted ? strcmp(is, wanted) == 0
				       : agree(is, k->configs[config]->values[p]);
		}
		if (found)
			return i;
	}
	return k->config_count;
}

/* Parameters that are the same in all that is compared need not be said. */
static bool is_told(const struct comparing *k, size_t parameter)
{
	const char *first = NULL;
	for (size_t i = 0; i < k->config_count; i++) {
		size_t baseline = k->baseline_of[i];
		if (baseline == i || baseline == k->config_count)
			continue;
		const char *value = k->configs[i]->values[parameter];
		first = first && *first ? first : value;
		if (!agree(value, first) || !agree(k->configs[baseline]->values[parameter], first))
			return true;
	}
	return false;
}

static const char *label_of(struct comparing *k, const struct compared_run *run)
{
	char label[LABEL_BYTES] = "";
	size_t used = 0;
	for (size_t i = 0; i < k->in->parameter_count && used < sizeof(label); i++)
		if (k->told[i] && *run->values[i])
			used += (size_t)snprintf(label + used, sizeof(label) - used, "%s%s=%s",
						 used ? " " : "", k->in->parameters[i],
						 run->values[i]);
	return text_pool_add(&k->c->text, label);
}

static int pair_configs(struct comparing *k)
{
	k->baseline_of = calloc(k->config_count + 1, sizeof(*k->baseline_of));
	k->told = calloc(k->in->parameter_count + 1, sizeof(*k->told));
	k->labels = calloc(k->config_count + 1, sizeof(*k->labels));
	if (!k->baseline_of || !k->told || !k->labels)
		return no_memory(k);
	for (size_t i = 0; i < k->config_count; i++)
		k->baseline_of[i] = baseline_of(k, i);
	for (size_t i = 0; i < k->in->parameter_count; i++)
		k->told[i] = is_told(k, i);
	for (size_t i = 0; i < k->config_count; i++) {
		k->labels[i] = label_of(k, k->configs[i]);
		if (!k->labels[i])
			return no_memory(k);
	}
	return 0;
}

/* Values of a figure over a cell's seeds; how many there are. */
static size_t values_of(const struct comparing *k, const struct cell *cell, size_t column,
			double *values)
{
	size_t count = 0;
	for (size_t i = 0; i < cell->count; i++) {
		size_t row = k->in->runs[cell->runs[i]].row;
		double value = run_table_number(k->in->table, row, column);
		if (!isnan(value))
			values[count++] = value;
	}
	return count;
}

/* Two configurations on the recordings that both have, seeds and all. */
struct pairs {
	double *baseline, *value; /* means over seeds, by recording */
	double *seeds[2];         /* of the recording that was taken last */
	struct sample samples[2]; /* of these */
	double effects;           /* sum over recordings */
	size_t count, seeds_min;
	bool random;
};

static bool pairs_create(struct pairs *p, size_t recordings, size_t seeds)
{
	*p = (struct pairs){ .baseline = malloc((recordings + 1) * sizeof(double)),
			     .value = malloc((recordings + 1) * sizeof(double)),
			     .seeds = { malloc((seeds + 1) * sizeof(double)),
					malloc((seeds + 1) * sizeof(double)) } };
	return p->baseline && p->value && p->seeds[0] && p->seeds[1];
}

static void pairs_free(struct pairs *p)
{
	free(p->baseline);
	free(p->value);
	free(p->seeds[0]);
	free(p->seeds[1]);
}

static bool is_random(const struct comparing *k, const struct cell *cell)
{
	return cell->count > 1 || (cell->count && k->in->runs[cell->runs[0]].random);
}

static void take_trace(struct pairs *p, const struct comparing *k, size_t column,
		       const struct cell *baseline, const struct cell *value)
{
	const struct cell *const cells[] = { baseline, value };
	for (size_t i = 0; i < 2; i++) {
		size_t count = values_of(k, cells[i], column, p->seeds[i]);
		p->samples[i] = (struct sample){ p->seeds[i], count };
		if (!count)
			return;
	}
	size_t fewest = p->samples[0].count < p->samples[1].count ? p->samples[0].count
								  : p->samples[1].count;
	p->seeds_min = !p->count || fewest < p->seeds_min ? fewest : p->seeds_min;
	p->random = p->random || is_random(k, baseline) || is_random(k, value);
	p->effects += effect_hedges_g(&p->samples[0], &p->samples[1]);
	p->baseline[p->count] = sample_mean(&p->samples[0]);
	p->value[p->count++] = sample_mean(&p->samples[1]);
}

static void compare_ratios(struct comparison_row *row, const struct pairs *p, double level)
{
	struct ratio ratio = ratio_of_pairs(p->baseline, p->value, p->count, level);
	row->relative = true;
	row->change = ratio.mean - 1;
	if (p->count < COMPARISON_RECORDINGS_MIN)
		return;
	row->interval = (struct interval){ ratio.interval.low - 1, ratio.interval.high - 1 };
	row->p = ratio.p;
}

static void compare_differences(struct comparison_row *row, const struct pairs *p, double level)
{
	struct paired paired = paired_test(p->baseline, p->value, p->count, level);
	row->change = paired.difference;
	if (p->count < COMPARISON_RECORDINGS_MIN)
		return;
	row->interval = paired.interval;
	row->p = paired.p;
}

/* One recording: what can be said is about its seeds. */
static void compare_seeds(struct comparison_row *row, const struct pairs *p, double level)
{
	struct welch welch = welch_test(&p->samples[0], &p->samples[1], level);
	double unit = row->relative ? p->baseline[0] : 1;
	row->p = welch.p;
	if (p->seeds_min >= COMPARISON_RECORDINGS_MIN)
		row->interval =
			(struct interval){ welch.interval.low / unit, welch.interval.high / unit };
}

static bool all_positive(const double *values, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!(values[i] > 0))
			return false;
	return true;
}

static double centre(const double *values, size_t count, bool geometric)
{
	double sum = 0;
	for (size_t i = 0; i < count; i++)
		sum += geometric ? log(values[i]) : values[i];
	return geometric ? exp(sum / (double)count) : sum / (double)count;
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
 * Shown is what an interval shows; of few recordings that are deterministic, what all of them say
 * of themselves.
 */
static enum comparison_verdict judge(const struct comparison_row *row, const struct pairs *p)
{
	bool up = row->change > 0;
	if (!p->count)
		return VERDICT_NONE;
	if (all_equal(p) && !row->random)
		return VERDICT_SAME;
	if (interval_is_known(row->interval)) {
		if (interval_holds(row->interval, 0))
			return VERDICT_NOT_SHOWN;
	} else if (row->random || labs(balance(p)) != (long)p->count) {
		return VERDICT_NOT_SHOWN;
	}
	return up == row->figure->higher_is_better ? VERDICT_BETTER : VERDICT_WORSE;
}

static void fill_row(struct comparison_row *row, const struct pairs *p, double level)
{
	row->recordings = p->count;
	row->seeds = p->seeds_min;
	row->random = p->random;
	row->interval = interval_unknown();
	row->p = row->p_adjusted = row->effect = row->change = (double)NAN;
	row->value = row->baseline_value = (double)NAN;
	if (!p->count)
		return;
	bool positive = all_positive(p->baseline, p->count) && all_positive(p->value, p->count);
	row->baseline_value = centre(p->baseline, p->count, positive);
	row->value = centre(p->value, p->count, positive);
	if (positive)
		compare_ratios(row, p, level);
	else
		compare_differences(row, p, level);
	if (p->count == 1 && p->random)
		compare_seeds(row, p, level);
	if (!p->random)
		row->p = (double)NAN;
	else
		row->effect = p->effects / (double)p->count;
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
	if (!pairs_create(&pairs, k->trace_count, k->in->run_count)) {
		pairs_free(&pairs);
		return no_memory(k);
	}
	for (size_t t = first; t < last; t++)
		take_trace(&pairs, k, figure->column, cell_at(k, baseline, t),
			   cell_at(k, config, t));
	struct comparison_row *row = &grown[c->row_count++];
	*row = (struct comparison_row){ .figure = figure,
					.setting = k->labels[config],
					.baseline = k->labels[baseline],
					.trace = trace };
	fill_row(row, &pairs, k->request->level);
	row->verdict = judge(row, &pairs);
	pairs_free(&pairs);
	return 0;
}

static int compare_config(struct comparing *k, const struct compared_figure *figure, size_t config)
{
	size_t baseline = k->baseline_of[config];
	if (baseline == config)
		return 0;
	if (baseline == k->config_count) {
		k->c->unpaired += figure == k->c->figures;
		return 0;
	}
	if (!k->request->by_trace)
		return add_row(k, figure, config, baseline, 0, k->trace_count, NULL);
	for (size_t t = 0; t < k->trace_count; t++)
		if (add_row(k, figure, config, baseline, t, t + 1, k->traces[t]) != 0)
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
	if (sort_runs(k) != 0 || check_baseline(k) != 0 || pair_configs(k) != 0 ||
	    comparison_choose_figures(k->c, k->in, k->request, k->err) != 0)
		return -1;
	for (size_t f = 0; f < k->c->figure_count; f++)
		for (size_t i = 0; i < k->config_count; i++)
			if (compare_config(k, &k->c->figures[f], i) != 0)
				return -1;
	if (!k->c->row_count)
		return error_set(k->err, ERROR_INPUT,
				 "no two configurations differ in the baseline's settings alone");
	return correct_for_many(k);
}

int comparison_make(struct comparison *c, const struct comparison_input *in,
		    const struct comparison_request *request, struct error *err)
{
	struct comparing k = { .c = c,
			       .in = in,
			       .request = request,
			       .baseline = request->baseline,
			       .baseline_count = request->baseline_count,
			       .err = err };
	*c = (struct comparison){ 0 };
	if (!k.baseline && in->manifest) {
		k.baseline = in->manifest->baseline;
		k.baseline_count = in->manifest->baseline_count;
	}
	int status = compare_all(&k);
	for (size_t i = 0; k.cells && i < k.config_count * k.trace_count; i++)
		free(k.cells[i].runs);
	free(k.cells);
	free(k.configs);
	free(k.baseline_of);
	free(k.told);
	free(k.labels);
	free(k.traces);
	if (status != 0)
		comparison_free(c);
	return status;
}

void comparison_free(struct comparison *c)
{
	free(c->figures);
	free(c->rows);
	text_pool_free(&c->text);
	*c = (struct comparison){ 0 };
}
