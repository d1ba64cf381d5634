/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sweep/comparison.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/hypothesis.h"
#include "base/grow.h"
#include "sweep/comparison_figures.h"
#include "sweep/comparison_row.h"
#include "sweep/parted.h"
#include "sweep/stability.h"

enum { LEFT_OUT_BYTES = 1024 };

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
		[VERDICT_PAST_HORIZON] = "past the horizon",
		[VERDICT_NONE] = "nothing to compare",
	};
	return names[verdict];
}

const char *comparison_method_name(enum interval_method method)
{
	static const char *const names[] = {
		[INTERVAL_NONE] = "",
		[INTERVAL_STUDENT] = "student",
		[INTERVAL_WELCH] = "welch",
		[INTERVAL_BCA] = "bca",
		[INTERVAL_HODGES_LEHMANN] = "hodges-lehmann",
	};
	return names[method];
}

static int check_baseline(struct comparing *k)
{
	const struct run_cells *cells = &k->cells;
	if (!k->baseline_count && !cells->in->manifest)
		return error_set(k->err, ERROR_INPUT,
				 "these results differ in no setting: there is nothing to "
				 "compare");
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

static bool is_baseline(const struct comparing *k, size_t config)
{
	for (size_t p = 0; p < k->cells.in->parameter_count; p++) {
		const char *wanted = baseline_value(k, p);
		if (wanted && strcmp(k->cells.configs[config]->values[p], wanted) != 0)
			return false;
	}
	return true;
}

/* The only configuration that has the baseline's settings; config_count: there are several. */
static size_t only_baseline(const struct comparing *k)
{
	size_t found = k->cells.config_count, count = 0;
	for (size_t i = 0; i < k->cells.config_count; i++)
		if (is_baseline(k, i)) {
			found = i;
			count++;
		}
	return count == 1 ? found : k->cells.config_count;
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
	size_t only = only_baseline(k);
	for (size_t i = 0; i < k->cells.config_count; i++)
		k->baseline_of[i] = only < k->cells.config_count ? only : baseline_of(k, i);
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

static int find_parted(struct comparing *k)
{
	struct comparison *c = k->c;
	c->configs = calloc(k->cells.config_count + 1, sizeof(*c->configs));
	if (!c->configs)
		return no_memory(k);
	for (size_t i = 0; i < k->cells.config_count; i++) {
		struct parted parted = parted_of(&k->cells, i, 0, k->cells.trace_count);
		if (parted.past)
			c->configs[c->config_count++] =
				(struct config_parted){ k->labels[i], parted };
	}
	return 0;
}

/* Names of the recordings that were left out, in the pool; NULL when memory is out. */
static const char *name_left_out(struct comparing *k, const struct pairs *p)
{
	const char *names = "";
	for (size_t i = p->count; i < p->count + p->left_out && names; i++) {
		char text[LEFT_OUT_BYTES];
		snprintf(text, sizeof(text), "%s%s%s", names, *names ? " " : "",
			 k->cells.traces[p->traces[i]]);
		names = text_pool_add(&k->c->text, text);
	}
	return names;
}

/* What a row is about, of recordings from first up to last. */
struct subject {
	const struct compared_figure *figure;
	size_t config, baseline, first, last;
	const char *trace; /* NULL: all together */
};

static int fill_row(struct comparing *k, const struct subject *s, struct pairs *pairs,
		    struct comparison_row *row)
{
	const struct run_cells *cells = &k->cells;
	for (size_t t = s->first; t < s->last; t++)
		pairs_take(pairs, cells, s->figure->column, s->baseline, s->config, t);
	*row = (struct comparison_row){
		.figure = s->figure,
		.setting = k->labels[s->config],
		.baseline = k->labels[s->baseline],
		.parted = parted_of(cells, s->config, s->first, s->last),
		.baseline_parted = parted_of(cells, s->baseline, s->first, s->last),
		.parted_unevenly =
			parted_unevenly(cells, s->config, s->baseline, s->first, s->last),
		.trace = s->trace,
	};
	comparison_row_fill(row, pairs, k->request);
	row->left_out = name_left_out(k, pairs);
	const struct stability_question question = { .config = s->config,
						     .baseline = s->baseline,
						     .first = s->first,
						     .last = s->last,
						     .column = s->figure->column,
						     .relative = row->relative,
						     .change = row->change };
	stability_find(cells, &question, &row->stability);
	row->verdict = comparison_row_judge(row, pairs);
	return row->left_out ? 0 : no_memory(k);
}

static int add_row(struct comparing *k, const struct subject *subject)
{
	struct comparison *c = k->c;
	struct comparison_row *grown =
		grow_array(c->rows, c->row_count, &c->row_capacity, sizeof(*grown));
	struct pairs pairs;
	if (!grown)
		return no_memory(k);
	c->rows = grown;
	int status = -1;
	if (pairs_create(&pairs, k->cells.trace_count, k->cells.in->run_count)) {
		pairs.by_ranks = k->request->mann_whitney;
		status = fill_row(k, subject, &pairs, &grown[c->row_count++]);
	} else {
		no_memory(k);
	}
	pairs_free(&pairs);
	return status;
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
	struct subject subject = { figure, config, baseline, 0, k->cells.trace_count, NULL };
	if (!k->request->by_trace)
		return add_row(k, &subject);
	for (size_t t = 0; t < k->cells.trace_count; t++) {
		subject.first = t;
		subject.last = t + 1;
		subject.trace = k->cells.traces[t];
		if (add_row(k, &subject) != 0)
			return -1;
	}
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
		if (shown && row->p_adjusted > comparison_significant())
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

/* Of single results the first is what the others are compared with, if nobody says otherwise. */
static struct manifest_setting *settings_of_first(const struct comparison_input *in)
{
	struct manifest_setting *settings = calloc(in->parameter_count + 1, sizeof(*settings));
	for (size_t i = 0; settings && i < in->parameter_count; i++)
		settings[i] = (struct manifest_setting){ in->parameters[i], in->runs[0].values[i] };
	return settings;
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
	struct manifest_setting *first = NULL;
	if (!k.baseline && !in->manifest && in->run_count) {
		k.baseline = first = settings_of_first(in);
		k.baseline_count = first ? in->parameter_count : 0;
	}
	int status = run_cells_sort(&k.cells, in, err);
	if (status == 0)
		status = compare_all(&k);
	run_cells_free(&k.cells);
	free(first);
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
