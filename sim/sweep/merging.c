/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sweep/merging.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/units.h"
#include "results/merge.h"

/* What every run has before what was swept. */
static const struct result_column fixed_columns[] = {
	{ .name = "run", .type = RESULT_U64 },
	{ .name = "hash", .type = RESULT_TEXT },
	{ .name = "trace", .type = RESULT_TEXT },
};

enum { FIXED = sizeof(fixed_columns) / sizeof(fixed_columns[0]) };

static const char *const series_groups[] = { "timeseries", "latency", NULL };
static const char *const all_groups[] = { "timeseries", "latency", "events",     "snapshots",
					  "summary",    "blame",   "provenance", NULL };

struct work {
	const struct folder *folder;
	const struct manifest *m;
	const struct merging *merging;
	struct merged *merged;
	struct result_column *columns;
	size_t *parameters; /* by column from FIXED on: the manifest's parameter */
	size_t column_count;
	union run_value *values;
	struct merge *merge;
	struct error *err;
};

/* How parameters are stored, by the type that the manifest says. */
static const struct parameter_type {
	const char *name, *unit;
	enum result_type type;
} parameter_types[] = {
	{ "size", "bytes", RESULT_U64 }, { "duration", "ns", RESULT_U64 },
	{ "unsigned", "", RESULT_U64 },  { "integer", "", RESULT_I64 },
	{ "real", "", RESULT_F64 },      { "price", "ns", RESULT_F64 },
};

static struct result_column parameter_column(const struct manifest_parameter *parameter)
{
	for (size_t i = 0; i < sizeof(parameter_types) / sizeof(parameter_types[0]); i++)
		if (strcmp(parameter_types[i].name, parameter->type) == 0)
			return (struct result_column){ .name = parameter->path,
						       .unit = parameter_types[i].unit,
						       .type = parameter_types[i].type };
	return (struct result_column){ .name = parameter->path, .type = RESULT_TEXT };
}

static union run_value parameter_value(const struct manifest_parameter *parameter, const char *text)
{
	union run_value value = { .text = text };
	struct result_column column = parameter_column(parameter);
	if (strcmp(parameter->type, "size") == 0)
		units_parse_size(text, &value.u64, NULL);
	else if (strcmp(parameter->type, "duration") == 0)
		units_parse_duration(text, &value.u64, NULL);
	else if (column.type == RESULT_U64)
		value.u64 = strtoull(text, NULL, 0);
	else if (column.type == RESULT_I64)
		value.i64 = strtoll(text, NULL, 0);
	else if (column.type == RESULT_F64)
		value.f64 = strtod(text, NULL);
	return value;
}

static bool is_fixed(const char *name)
{
	for (size_t i = 0; i < FIXED; i++)
		if (strcmp(fixed_columns[i].name, name) == 0)
			return true;
	return false;
}

static int make_columns(struct work *w)
{
	size_t most = FIXED + w->m->parameter_count;
	w->columns = calloc(most, sizeof(*w->columns));
	w->parameters = calloc(most, sizeof(*w->parameters));
	w->values = calloc(most, sizeof(*w->values));
	if (!w->columns || !w->parameters || !w->values)
		return error_set(w->err, ERROR_RUN, "out of memory for the merge");
	memcpy(w->columns, fixed_columns, sizeof(fixed_columns));
	w->column_count = FIXED;
	for (size_t i = 0; i < w->m->parameter_count; i++) {
		if (is_fixed(w->m->parameters[i].path))
			continue;
		w->parameters[w->column_count] = i;
		w->columns[w->column_count++] = parameter_column(&w->m->parameters[i]);
	}
	return 0;
}

/* The result as it is found from the merged file: in the same folder, or by its whole name. */
static const char *link_of(const struct work *w, const struct manifest_run *run, char *buffer,
			   size_t size)
{
	if (!w->merging->link)
		return NULL;
	if (w->merging->output)
		return folder_file(w->folder, "runs", run->hash, "h5", buffer, size);
	snprintf(buffer, size, "runs/%s.h5", run->hash);
	return buffer;
}

static int add_run(struct work *w, size_t number)
{
	char file[FOLDER_FILE_BYTES], link[FOLDER_FILE_BYTES];
	const struct manifest_run *run = &w->m->runs[number];
	w->values[0].u64 = number;
	w->values[1].text = run->hash;
	w->values[2].text = w->m->traces[run->trace].name;
	for (size_t i = FIXED; i < w->column_count; i++)
		w->values[i] = parameter_value(&w->m->parameters[w->parameters[i]],
					       run->values[w->parameters[i]]);
	const struct merge_run added = {
		.number = number,
		.file = folder_file(w->folder, "runs", run->hash, "h5", file, sizeof(file)),
		.link = link_of(w, run, link, sizeof(link)),
		.values = w->values,
	};
	w->merged->runs++;
	return merge_add(w->merge, &added, w->err);
}

static int add_failed(struct work *w, struct result_table *table, size_t number)
{
	char why[1024];
	const struct manifest_run *run = &w->m->runs[number];
	const uint64_t index = number;
	const void *const values[] = { &index, run->hash,
				       folder_failure(w->folder, run, why, sizeof(why)) };
	w->merged->failed++;
	return merge_table_append(table, values, w->err);
}

static int add_runs(struct work *w, const enum run_state *states)
{
	static const struct result_column failed[] = {
		{ .name = "run", .type = RESULT_U64 },
		{ .name = "hash", .type = RESULT_TEXT },
		{ .name = "why", .type = RESULT_TEXT },
	};
	struct result_table *table = merge_table(w->merge, "/sweep/failed", failed, 3, w->err);
	int status = table ? 0 : -1;
	for (size_t i = 0; i < w->m->run_count && status == 0; i++) {
		if (states[i] == RUN_DONE)
			status = add_run(w, i);
		else if (states[i] == RUN_FAILED)
			status = add_failed(w, table, i);
		else
			w->merged->missing++;
	}
	return status;
}

/* The manifest as it stands in the folder, so that the file explains itself. */
static int add_manifest(struct work *w)
{
	size_t length;
	char *text = manifest_text(w->m, &length), *rest = NULL;
	const char **lines = calloc(w->m->run_count + 2, sizeof(*lines));
	size_t count = 0;
	if (!text || !lines) {
		free(text);
		free(lines);
		return error_set(w->err, ERROR_RUN, "out of memory for the merge");
	}
	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		lines[count++] = line;
	int status = merge_text(w->merge, "/sweep/manifest", lines, count, w->err);
	free(text);
	free(lines);
	return status;
}

static int merge_all(struct work *w, const enum run_state *states)
{
	if (make_columns(w) != 0)
		return -1;
	w->merge = merge_open(w->merged->output, w->columns, w->column_count,
			      w->merging->all ? all_groups : series_groups, w->err);
	if (!w->merge)
		return -1;
	if (merge_attribute_text(w->merge, "/sweep", "name", w->m->name, w->err) == 0 &&
	    add_manifest(w) == 0 && add_runs(w, states) == 0)
		return merge_finish(w->merge, w->err);
	merge_abandon(w->merge);
	return -1;
}

int sweep_merge(const struct folder *folder, const struct manifest *m,
		const struct merging *merging, struct merged *merged, struct error *err)
{
	struct work w = {
		.folder = folder, .m = m, .merging = merging, .merged = merged, .err = err
	};
	*merged = (struct merged){ 0 };
	snprintf(merged->output, sizeof(merged->output), "%s%s",
		 merging->output ? merging->output : folder->path,
		 merging->output ? "" : "/merged.h5");
	enum run_state *states = folder_states(folder, m, err);
	size_t done = 0;
	for (size_t i = 0; states && i < m->run_count; i++)
		done += states[i] == RUN_DONE;
	int status = -1;
	if (states && !done)
		error_set(err, ERROR_INPUT, "%.512s: no run is done", folder->name);
	else if (states)
		status = merge_all(&w, states);
	free(states);
	free(w.columns);
	free(w.parameters);
	free(w.values);
	return status;
}
