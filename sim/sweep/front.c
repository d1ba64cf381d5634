/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sweep/front.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/pareto.h"
#include "sweep/comparison_figures.h"
#include "sweep/parted.h"

struct finding {
	struct front *f;
	struct run_cells cells;
	bool *told;
	double *values;
	struct error *err;
};

static int no_memory(struct finding *k)
{
	return error_set(k->err, ERROR_RUN, "out of memory for the Pareto front");
}

static double value_at(const struct finding *k, size_t config, size_t trace, size_t figure)
{
	return run_cells_mean(&k->cells, run_cells_plain(&k->cells, config, trace),
			      k->f->figures[figure].column);
}

/* Every configuration has both figures there. */
static bool all_have(const struct finding *k, size_t trace)
{
	for (size_t i = 0; i < k->cells.config_count; i++)
		if (isnan(value_at(k, i, trace, 0)) || isnan(value_at(k, i, trace, 1)))
			return false;
	return true;
}

static void fill_value(struct finding *k, struct front_row *row, size_t config, size_t first,
		       size_t last, size_t figure)
{
	struct sample sample = { k->values, 0 };
	for (size_t t = first; t < last; t++)
		if (last == first + 1 || all_have(k, t))
			k->values[sample.count++] = value_at(k, config, t, figure);
	double geometric = sample_geometric_mean(&sample);
	row->value[figure] = isnan(geometric) ? sample_mean(&sample) : geometric;
	row->recordings = sample.count;
}

/* The front first, from what is best in the first figure to what is best in the second. */
static int compare_rows(const void *a, const void *b)
{
	const struct front_row *x = a, *y = b;
	if (x->on_front != y->on_front)
		return x->on_front ? -1 : 1;
	for (size_t i = 0; i < 2; i++)
		if (x->rank[i] > y->rank[i] || x->rank[i] < y->rank[i])
			return x->rank[i] < y->rank[i] ? -1 : 1;
	return strcmp(x->setting, y->setting);
}

/* The front among the configurations' rows, on the traces from first up to last. */
static int find(struct finding *k, struct front_row *rows, size_t first, size_t last,
		const char *trace)
{
	size_t count = k->cells.config_count;
	double *points = calloc(2 * count + 1, sizeof(*points));
	bool *on_front = calloc(count + 1, sizeof(*on_front));
	int status = points && on_front ? 0 : no_memory(k);
	for (size_t i = 0; i < count && status == 0; i++) {
		rows[i].trace = trace;
		rows[i].parted = parted_of(&k->cells, i, first, last);
		rows[i].setting =
			run_cells_label(&k->cells, k->cells.configs[i], k->told, &k->f->text);
		if (!rows[i].setting)
			status = no_memory(k);
		for (size_t f = 0; f < 2; f++) {
			fill_value(k, &rows[i], i, first, last, f);
			rows[i].rank[f] = k->f->figures[f].higher_is_better ? -rows[i].value[f]
									    : rows[i].value[f];
			points[f * count + i] = rows[i].rank[f];
		}
	}
	if (status == 0 && pareto_front(points, points + count, count, on_front) != 0)
		status = no_memory(k);
	for (size_t i = 0; i < count && status == 0; i++)
		rows[i].on_front = on_front[i];
	if (status == 0)
		qsort(rows, count, sizeof(*rows), compare_rows);
	free(points);
	free(on_front);
	return status;
}

static int choose_figures(struct finding *k, const struct comparison_request *request)
{
	struct comparison chosen = { 0 };
	int status = comparison_choose_figures(&chosen, k->cells.in, request->report,
					       request->report_count, k->err);
	if (status == 0 && chosen.figure_count != 2)
		status = error_set(k->err, ERROR_INPUT,
				   "a Pareto front is between two figures, not %zu",
				   chosen.figure_count);
	for (size_t i = 0; i < 2 && status == 0; i++)
		k->f->figures[i] = chosen.figures[i];
	free(chosen.figures);
	return status;
}

static int find_all(struct finding *k, const struct comparison_request *request)
{
	size_t configs = k->cells.config_count, traces = k->cells.trace_count;
	size_t count = request->by_trace ? configs * traces : configs;
	k->told = calloc(k->cells.in->parameter_count + 1, sizeof(*k->told));
	k->values = calloc(traces + 1, sizeof(*k->values));
	k->f->rows = calloc(count + 1, sizeof(*k->f->rows));
	if (!k->told || !k->values || !k->f->rows)
		return no_memory(k);
	k->f->row_count = count;
	run_cells_told(&k->cells, k->told);
	if (choose_figures(k, request) != 0)
		return -1;
	if (!request->by_trace)
		return find(k, k->f->rows, 0, traces, NULL);
	for (size_t t = 0; t < traces; t++)
		if (find(k, &k->f->rows[t * configs], t, t + 1, k->cells.traces[t]) != 0)
			return -1;
	return 0;
}

int front_make(struct front *f, const struct comparison_input *in,
	       const struct comparison_request *request, struct error *err)
{
	struct finding k = { .f = f, .err = err };
	*f = (struct front){ 0 };
	int status = run_cells_sort(&k.cells, in, err);
	if (status == 0)
		status = find_all(&k, request);
	run_cells_free(&k.cells);
	free(k.told);
	free(k.values);
	if (status != 0)
		front_free(f);
	return status;
}

void front_free(struct front *f)
{
	free(f->rows);
	text_pool_free(&f->text);
	*f = (struct front){ 0 };
}
