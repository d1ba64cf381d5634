/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sweep/run_cells.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/grow.h"

enum { LABEL_BYTES = 1024 };

static int no_memory(struct error *err)
{
	return error_set(err, ERROR_RUN, "out of memory for the comparison");
}

static bool same_config(const struct run_cells *c, const struct compared_run *a,
			const struct compared_run *b)
{
	for (size_t i = 0; i < c->in->parameter_count; i++)
		if (strcmp(a->values[i], b->values[i]) != 0)
			return false;
	return true;
}

/* The configuration of a run, added when it is new; -1 when memory is out. */
static long config_of(struct run_cells *c, const struct compared_run *run)
{
	for (size_t i = c->config_count; i-- > 0;)
		if (same_config(c, c->configs[i], run))
			return (long)i;
	const struct compared_run **grown =
		grow_array(c->configs, c->config_count, &c->config_capacity, sizeof(*grown));
	if (!grown)
		return -1;
	c->configs = grown;
	grown[c->config_count] = run;
	return (long)c->config_count++;
}

static long trace_of(struct run_cells *c, const char *name)
{
	for (size_t i = c->trace_count; i-- > 0;)
		if (strcmp(c->traces[i], name) == 0)
			return (long)i;
	const char **grown =
		grow_array(c->traces, c->trace_count, &c->trace_capacity, sizeof(*grown));
	if (!grown)
		return -1;
	c->traces = grown;
	grown[c->trace_count] = name;
	return (long)c->trace_count++;
}

static int add_run(struct run_cell *cell, size_t run)
{
	size_t *grown = grow_array(cell->runs, cell->count, &cell->capacity, sizeof(*grown));
	if (!grown)
		return -1;
	cell->runs = grown;
	grown[cell->count++] = run;
	return 0;
}

/* Where a run belongs, as numbers found in a first walk. */
struct place {
	long config, trace;
};

static int find_places(struct run_cells *c, struct place *places)
{
	for (size_t i = 0; i < c->in->run_count; i++) {
		const struct compared_run *run = &c->in->runs[i];
		places[i] = (struct place){ config_of(c, run), trace_of(c, run->trace) };
		if (places[i].config < 0 || places[i].trace < 0)
			return -1;
	}
	return 0;
}

static int fill_cells(struct run_cells *c, const struct place *places)
{
	size_t count = c->config_count * c->trace_count + 1;
	c->plain = calloc(count, sizeof(*c->plain));
	c->perturbed = calloc(count, sizeof(*c->perturbed));
	if (!c->plain || !c->perturbed)
		return -1;
	for (size_t i = 0; i < c->in->run_count; i++) {
		struct run_cell *cells = c->in->runs[i].perturbed ? c->perturbed : c->plain;
		size_t at = (size_t)places[i].config * c->trace_count + (size_t)places[i].trace;
		if (add_run(&cells[at], i) != 0)
			return -1;
	}
	return 0;
}

int run_cells_sort(struct run_cells *c, const struct comparison_input *in, struct error *err)
{
	*c = (struct run_cells){ .in = in };
	struct place *places = calloc(in->run_count + 1, sizeof(*places));
	bool sorted = places && find_places(c, places) == 0 && fill_cells(c, places) == 0;
	free(places);
	if (sorted)
		return 0;
	run_cells_free(c);
	return no_memory(err);
}

void run_cells_free(struct run_cells *c)
{
	for (size_t i = 0; i < c->config_count * c->trace_count; i++) {
		if (c->plain)
			free(c->plain[i].runs);
		if (c->perturbed)
			free(c->perturbed[i].runs);
	}
	free(c->plain);
	free(c->perturbed);
	free(c->configs);
	free(c->traces);
	*c = (struct run_cells){ 0 };
}

const struct run_cell *run_cells_plain(const struct run_cells *c, size_t config, size_t trace)
{
	return &c->plain[config * c->trace_count + trace];
}

const struct run_cell *run_cells_perturbed(const struct run_cells *c, size_t config, size_t trace)
{
	return &c->perturbed[config * c->trace_count + trace];
}

size_t run_cells_values(const struct run_cells *c, const struct run_cell *cell, size_t column,
			double *values)
{
	size_t count = 0;
	for (size_t i = 0; i < cell->count; i++) {
		size_t row = c->in->runs[cell->runs[i]].row;
		double value = run_table_number(c->in->table, row, column);
		if (!isnan(value))
			values[count++] = value;
	}
	return count;
}

double run_cells_mean(const struct run_cells *c, const struct run_cell *cell, size_t column)
{
	double sum = 0;
	size_t count = 0;
	for (size_t i = 0; i < cell->count; i++) {
		size_t row = c->in->runs[cell->runs[i]].row;
		double value = run_table_number(c->in->table, row, column);
		if (isnan(value))
			continue;
		sum += value;
		count++;
	}
	return count ? sum / (double)count : (double)NAN;
}

size_t run_cells_parameter(const struct run_cells *c, const char *path)
{
	size_t i = 0;
	while (i < c->in->parameter_count && strcmp(c->in->parameters[i], path) != 0)
		i++;
	return i;
}

const char *run_cells_label(const struct run_cells *c, const struct compared_run *run,
			    const bool *told, struct text_pool *pool)
{
	char label[LABEL_BYTES] = "";
	size_t used = 0;
	for (size_t i = 0; i < c->in->parameter_count && used < sizeof(label); i++)
		if (told[i] && *run->values[i])
			used += (size_t)snprintf(label + used, sizeof(label) - used, "%s%s=%s",
						 used ? " " : "", c->in->parameters[i],
						 run->values[i]);
	return text_pool_add(pool, label);
}

void run_cells_told(const struct run_cells *c, bool *told)
{
	for (size_t p = 0; p < c->in->parameter_count; p++)
		for (size_t i = 1; i < c->config_count && !told[p]; i++)
			told[p] = strcmp(c->configs[i]->values[p], c->configs[0]->values[p]) != 0;
}
