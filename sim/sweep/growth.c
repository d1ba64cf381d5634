/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sweep/growth.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/scaling.h"
#include "base/grow.h"
#include "base/units.h"
#include "sweep/comparison_figures.h"
#include "sweep/run_cells.h"

struct growing {
	struct growth *g;
	struct run_cells cells;
	const struct comparison_request *request;
	size_t parameter; /* that figures grow with; parameter_count: a figure, in `column` */
	size_t column;
	double *with; /* by configuration: the parameter's value */
	bool *told;   /* by parameter */
	double *x, *y, *exponents;
	struct error *err;
};

static int no_memory(struct growing *k)
{
	return error_set(k->err, ERROR_RUN, "out of memory for the fits");
}

static bool is_parameter(const struct growing *k)
{
	return k->parameter < k->cells.in->parameter_count;
}

/* "64MiB", "5ms", "3": in bytes, ns, or as it is. */
static int parse_number(const char *text, double *value)
{
	struct error ignored = { 0 };
	uint64_t whole;
	char *end;
	*value = strtod(text, &end);
	if (end != text && !*end)
		return 0;
	if (units_parse_size(text, &whole, &ignored) != 0 &&
	    units_parse_duration(text, &whole, &ignored) != 0)
		return -1;
	*value = (double)whole;
	return 0;
}

static int read_parameter(struct growing *k)
{
	for (size_t i = 0; i < k->cells.config_count; i++) {
		const char *text = k->cells.configs[i]->values[k->parameter];
		if (parse_number(text, &k->with[i]) != 0)
			return error_set(k->err, ERROR_INPUT,
					 "--scaling %s: '%s' is no number to grow with", k->g->with,
					 text);
	}
	return 0;
}

static int find_with(struct growing *k, const char *with)
{
	k->g->with = with;
	k->parameter = run_cells_parameter(&k->cells, with);
	if (is_parameter(k))
		return read_parameter(k);
	k->column = comparison_column(k->cells.in->table, with, k->err);
	if (k->column == run_table_columns(k->cells.in->table))
		return -1;
	k->g->with = run_table_name(k->cells.in->table, k->column);
	return 0;
}

/* The same but for what figures grow with. */
static bool same_group(const struct growing *k, size_t a, size_t b)
{
	for (size_t p = 0; p < k->cells.in->parameter_count; p++)
		if (p != k->parameter &&
		    strcmp(k->cells.configs[a]->values[p], k->cells.configs[b]->values[p]) != 0)
			return false;
	return true;
}

static bool is_first_of_group(const struct growing *k, size_t config)
{
	for (size_t i = 0; i < config; i++)
		if (same_group(k, i, config))
			return false;
	return true;
}

/* To those that are fitted next, of which there are `count`, and to all. */
static int add_point(struct growing *k, size_t *count, const struct growth_point *point)
{
	struct growth *g = k->g;
	if (isnan(point->x) || isnan(point->y))
		return 0;
	struct growth_point *grown =
		grow_array(g->points, g->point_count, &g->point_capacity, sizeof(*grown));
	if (!grown)
		return no_memory(k);
	g->points = grown;
	grown[g->point_count++] = *point;
	k->x[*count] = point->x;
	k->y[(*count)++] = point->y;
	return 0;
}

static size_t count_zeros(const struct growing *k, size_t points)
{
	size_t zeros = 0;
	for (size_t i = 0; i < points; i++)
		zeros += !(k->x[i] > 0 && k->y[i] > 0);
	return zeros;
}

/* One recording's points over the parameter, of the row's figure and setting. */
static int fit_trace(struct growing *k, struct growth_row *row, size_t group, size_t trace,
		     size_t *points, struct scaling *fit)
{
	*points = 0;
	for (size_t i = group; i < k->cells.config_count; i++) {
		const struct run_cell *cell = run_cells_plain(&k->cells, i, trace);
		const struct growth_point point = {
			.figure = row->figure,
			.setting = row->setting,
			.trace = k->cells.traces[trace],
			.x = k->with[i],
			.y = run_cells_mean(&k->cells, cell, row->figure->column),
		};
		if (same_group(k, i, group) && add_point(k, points, &point) != 0)
			return -1;
	}
	row->zeros += count_zeros(k, *points);
	*fit = scaling_fit(k->x, k->y, *points, k->request->level);
	return 0;
}

static struct growth_row *add_row(struct growing *k, const struct compared_figure *figure,
				  size_t group)
{
	struct growth *g = k->g;
	struct growth_row *grown =
		grow_array(g->rows, g->row_count, &g->row_capacity, sizeof(*grown));
	if (!grown) {
		no_memory(k);
		return NULL;
	}
	g->rows = grown;
	struct growth_row *row = &grown[g->row_count];
	*row = (struct growth_row){ .figure = figure,
				    .setting = run_cells_label(&k->cells, k->cells.configs[group],
							       k->told, &g->text),
				    .factor = (double)NAN,
				    .exponent = (double)NAN,
				    .r_squared = (double)NAN,
				    .interval = interval_unknown() };
	if (!row->setting) {
		no_memory(k);
		return NULL;
	}
	g->row_count++;
	return row;
}

static void take_fit(struct growth_row *row, const struct scaling *fit)
{
	row->factor = fit->factor;
	row->exponent = fit->exponent;
	row->r_squared = fit->r_squared;
	row->interval = fit->exponent_interval;
}

/* Fits of several recordings become one. */
static void take_fits(struct growing *k, struct growth_row *row, double log_factors)
{
	const struct sample exponents = { k->exponents, row->recordings };
	row->exponent = sample_mean(&exponents);
	row->factor = exp(log_factors / (double)row->recordings);
	row->interval = row->recordings < COMPARISON_RECORDINGS_MIN
				? interval_unknown()
				: sample_mean_interval(&exponents, k->request->level);
}

static int add_traces_together(struct growing *k, const struct compared_figure *figure,
			       size_t group)
{
	struct growth_row *row = add_row(k, figure, group);
	double log_factors = 0;
	if (!row)
		return -1;
	for (size_t t = 0; t < k->cells.trace_count; t++) {
		size_t points;
		struct scaling fit;
		if (fit_trace(k, row, group, t, &points, &fit) != 0)
			return -1;
		if (isnan(fit.exponent))
			continue;
		double lowest = fmin(fit.r_squared, row->r_squared);
		take_fit(row, &fit);
		row->r_squared = lowest;
		k->exponents[row->recordings++] = fit.exponent;
		row->points += points;
		log_factors += log(fit.factor);
	}
	if (row->recordings > 1)
		take_fits(k, row, log_factors);
	return 0;
}

static int add_each_trace(struct growing *k, const struct compared_figure *figure, size_t group)
{
	for (size_t t = 0; t < k->cells.trace_count; t++) {
		struct growth_row *row = add_row(k, figure, group);
		if (!row)
			return -1;
		struct scaling fit;
		if (fit_trace(k, row, group, t, &row->points, &fit) != 0)
			return -1;
		take_fit(row, &fit);
		row->trace = k->cells.traces[t];
		row->recordings = 1;
	}
	return 0;
}

/* Recordings are the points. */
static int add_over_traces(struct growing *k, const struct compared_figure *figure, size_t config)
{
	struct growth_row *row = add_row(k, figure, config);
	if (!row)
		return -1;
	for (size_t t = 0; t < k->cells.trace_count; t++) {
		const struct run_cell *cell = run_cells_plain(&k->cells, config, t);
		const struct growth_point point = {
			.figure = figure,
			.setting = row->setting,
			.trace = k->cells.traces[t],
			.x = run_cells_mean(&k->cells, cell, k->column),
			.y = run_cells_mean(&k->cells, cell, figure->column),
		};
		if (add_point(k, &row->points, &point) != 0)
			return -1;
	}
	struct scaling fit = scaling_fit(k->x, k->y, row->points, k->request->level);
	take_fit(row, &fit);
	row->zeros = count_zeros(k, row->points);
	row->recordings = row->points;
	return 0;
}

static int add_group(struct growing *k, const struct compared_figure *figure, size_t group)
{
	if (!is_first_of_group(k, group))
		return 0;
	if (!is_parameter(k))
		return add_over_traces(k, figure, group);
	return k->request->by_trace ? add_each_trace(k, figure, group)
				    : add_traces_together(k, figure, group);
}

static int prepare(struct growing *k, const char *with)
{
	size_t points = k->cells.config_count + k->cells.trace_count + 1;
	k->with = calloc(points, sizeof(double));
	k->x = calloc(points, sizeof(double));
	k->y = calloc(points, sizeof(double));
	k->exponents = calloc(points, sizeof(double));
	k->told = calloc(k->cells.in->parameter_count + 1, sizeof(bool));
	if (!k->with || !k->x || !k->y || !k->exponents || !k->told)
		return no_memory(k);
	run_cells_told(&k->cells, k->told);
	if (find_with(k, with) != 0)
		return -1;
	k->told[k->parameter] = false;
	return 0;
}

static int fit_all(struct growing *k, const char *with)
{
	struct comparison chosen = { 0 };
	if (prepare(k, with) != 0)
		return -1;
	int status = comparison_choose_figures(&chosen, k->cells.in, k->request->report,
					       k->request->report_count, k->err);
	k->g->figures = chosen.figures; /* those that were found before one was not, too */
	k->g->figure_count = chosen.figure_count;
	if (status != 0)
		return -1;
	for (size_t f = 0; f < k->g->figure_count; f++)
		for (size_t i = 0; i < k->cells.config_count; i++)
			if (add_group(k, &k->g->figures[f], i) != 0)
				return -1;
	return 0;
}

int growth_make(struct growth *g, const struct comparison_input *in, const char *with,
		const struct comparison_request *request, struct error *err)
{
	struct growing k = { .g = g, .request = request, .err = err };
	*g = (struct growth){ 0 };
	int status = run_cells_sort(&k.cells, in, err);
	if (status == 0)
		status = fit_all(&k, with);
	run_cells_free(&k.cells);
	free(k.with);
	free(k.x);
	free(k.y);
	free(k.exponents);
	free(k.told);
	if (status != 0)
		growth_free(g);
	return status;
}

void growth_free(struct growth *g)
{
	free(g->figures);
	free(g->rows);
	free(g->points);
	text_pool_free(&g->text);
	*g = (struct growth){ 0 };
}
