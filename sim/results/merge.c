/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "results/merge.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/grow.h"
#include "results/figures.h"
#include "results/hdf5_copy.h"
#include "results/hdf5_file.h"
#include "results/hdf5_input.h"
#include "results/read_value.h"

/* A column of /runs that comes from the results. */
struct found_column {
	char *name;
	enum result_type type; /* the widest that some run has it in */
	size_t runs;           /* that have it */
};

/* What one run's row holds: values of its own columns, and what its result tells. */
struct row {
	uint64_t number;
	union merge_value *values;
	struct figures figures;
	size_t *columns; /* by figure: the found column */
};

struct merge {
	struct hdf5_file *file;
	const struct result_column *own;
	size_t own_count;
	const char *const *groups;
	struct found_column *found;
	size_t found_count, found_capacity;
	struct row *rows;
	size_t row_count, row_capacity;
	struct text_pool text; /* of the rows' own values */
};

static int no_memory(const struct merge *m, struct error *err)
{
	return hdf5_no_memory(m->file, err);
}

struct merge *merge_open(const char *output, const struct result_column *columns,
			 size_t column_count, const char *const *groups, struct error *err)
{
	struct merge *m = calloc(1, sizeof(*m));
	if (!m) {
		error_set(err, ERROR_RUN, "%s: out of memory", output);
		return NULL;
	}
	m->own = columns;
	m->own_count = column_count;
	m->groups = groups;
	m->file = hdf5_open(output, NULL, err);
	if (!m->file) {
		free(m);
		return NULL;
	}
	m->file->format = "slabyard sweep";
	return m;
}

static void merge_free(struct merge *m)
{
	for (size_t i = 0; i < m->row_count; i++) {
		figures_clear(&m->rows[i].figures);
		free(m->rows[i].values);
		free(m->rows[i].columns);
	}
	for (size_t i = 0; i < m->found_count; i++)
		free(m->found[i].name);
	free(m->rows);
	free(m->found);
	text_pool_free(&m->text);
	free(m);
}

void merge_abandon(struct merge *m)
{
	hdf5_abandon(m->file);
	merge_free(m);
}

/* Whole numbers that do not fit together, and a number with a text, meet in what holds both. */
static enum result_type common_type(enum result_type a, enum result_type b)
{
	if (a == b)
		return a;
	return a == RESULT_TEXT || b == RESULT_TEXT ? RESULT_TEXT : RESULT_F64;
}

static bool is_own(const struct merge *m, const char *name)
{
	for (size_t i = 0; i < m->own_count; i++)
		if (strcmp(m->own[i].name, name) == 0)
			return true;
	return false;
}

/* Results of one kind have their figures in one order, so that the next is the likeliest. */
static size_t find_column(const struct merge *m, const char *name, size_t likely)
{
	if (likely < m->found_count && strcmp(m->found[likely].name, name) == 0)
		return likely;
	for (size_t i = 0; i < m->found_count; i++)
		if (strcmp(m->found[i].name, name) == 0)
			return i;
	return m->found_count;
}

/* The column of a figure, made when it is new; SIZE_MAX when memory is out. */
static size_t column_of(struct merge *m, const struct figure *figure, size_t likely)
{
	char *name;
	/* What was asked for keeps its name before what came of it. */
	if (asprintf(&name, "%s%s", is_own(m, figure->name) ? "result_" : "", figure->name) < 0)
		return SIZE_MAX;
	size_t at = find_column(m, name, likely);
	if (at < m->found_count) {
		m->found[at].type = common_type(m->found[at].type, figure->type);
		m->found[at].runs++;
		free(name);
		return at;
	}
	struct found_column *grown =
		grow_array(m->found, m->found_count, &m->found_capacity, sizeof(*grown));
	if (!grown) {
		free(name);
		return SIZE_MAX;
	}
	m->found = grown;
	grown[m->found_count++] = (struct found_column){ name, figure->type, 1 };
	return at;
}

static int keep_values(struct merge *m, struct row *row, const struct merge_run *run)
{
	row->values = calloc(m->own_count + 1, sizeof(*row->values));
	if (!row->values)
		return -1;
	for (size_t i = 0; i < m->own_count; i++) {
		row->values[i] = run->values[i];
		if (m->own[i].type != RESULT_TEXT)
			continue;
		row->values[i].text = text_pool_add(&m->text, run->values[i].text);
		if (!row->values[i].text)
			return -1;
	}
	return 0;
}

static int keep_figures(struct merge *m, struct row *row, hid_t result)
{
	figures_read(&row->figures, result);
	row->columns = calloc(row->figures.count + 1, sizeof(*row->columns));
	if (row->figures.lost || !row->columns)
		return -1;
	for (size_t i = 0, at = SIZE_MAX; i < row->figures.count; i++) {
		at = column_of(m, &row->figures.items[i], at + 1);
		row->columns[i] = at;
		if (at == SIZE_MAX)
			return -1;
	}
	return 0;
}

static int copy_groups(struct merge *m, hid_t result, hid_t run, struct error *err)
{
	for (size_t i = 0; m->groups[i]; i++)
		if (H5Lexists(result, m->groups[i], H5P_DEFAULT) > 0 &&
		    hdf5_copy_group(result, run, m->groups[i]) != 0)
			return hdf5_failed(m->file, m->groups[i], err);
	return 0;
}

/* /run/NUMBER: a group, or a link that shows the whole result. */
static int place_run(struct merge *m, hid_t result, const struct merge_run *run, struct error *err)
{
	char path[64];
	const char *name;
	snprintf(path, sizeof(path), "/run/%" PRIu64, run->number);
	if (!run->link) {
		hid_t group = hdf5_group(m->file, path, err);
		int status = group < 0 ? -1 : copy_groups(m, result, group, err);
		H5Gclose(group);
		return status;
	}
	hid_t parent = hdf5_parent(m->file, path, &name, err);
	if (parent < 0)
		return -1;
	int status = 0;
	if (H5Lcreate_external(run->link, "/", parent, name, H5P_DEFAULT, H5P_DEFAULT) < 0)
		status = hdf5_failed(m->file, path, err);
	H5Gclose(parent);
	return status;
}

/* Only whole results: the status is written last. */
static hid_t open_result(const char *path, struct error *err)
{
	hid_t result = hdf5_open_to_read(path, err);
	if (result < 0)
		return result;
	char *status = read_attribute_text(result, "status");
	bool whole = status && strcmp(status, "complete") == 0;
	free(status);
	if (whole)
		return result;
	H5Fclose(result);
	error_set(err, ERROR_INPUT, "%.512s: no whole result of a run", path);
	return H5I_INVALID_HID;
}

int merge_add(struct merge *m, const struct merge_run *run, struct error *err)
{
	struct row *grown = grow_array(m->rows, m->row_count, &m->row_capacity, sizeof(*grown));
	if (!grown)
		return no_memory(m, err);
	m->rows = grown;
	struct row *row = &grown[m->row_count++];
	*row = (struct row){ .number = run->number };
	hid_t result = open_result(run->file, err);
	if (result < 0)
		return -1;
	int status = keep_values(m, row, run) != 0 || keep_figures(m, row, result) != 0
			     ? no_memory(m, err)
			     : place_run(m, result, run, err);
	H5Fclose(result);
	return status;
}

int merge_attribute_text(struct merge *m, const char *object, const char *name, const char *value,
			 struct error *err)
{
	return hdf5_keep_attribute(m->file, object, name, RESULT_TEXT, value, err);
}

int merge_text(struct merge *m, const char *path, const char *const *lines, size_t count,
	       struct error *err)
{
	return hdf5_text(m->file, path, lines, count, err);
}

struct result_table *merge_table(struct merge *m, const char *path,
				 const struct result_column *columns, size_t column_count,
				 struct error *err)
{
	return hdf5_table(m->file, path, columns, column_count, err);
}

int merge_table_append(struct result_table *table, const void *const *values, struct error *err)
{
	return hdf5_table_append(table, values, err);
}

/* A whole number that some run does not have needs a type that can say so. */
static void widen_columns(struct merge *m)
{
	for (size_t i = 0; i < m->found_count; i++)
		if (m->found[i].runs < m->row_count && m->found[i].type != RESULT_TEXT)
			m->found[i].type = RESULT_F64;
}

static double as_real(const struct figure *figure)
{
	return figure->type == RESULT_U64   ? (double)figure->u64
	       : figure->type == RESULT_I64 ? (double)figure->i64
					    : figure->f64;
}

/* A row's cells as a table takes them: a pointer each, by the column's type. */
struct cells_of_row {
	union merge_value *values;
	const void **pointers;
};

static void fill_found(const struct merge *m, const struct row *row, struct cells_of_row *cells)
{
	for (size_t i = 0; i < m->found_count; i++) {
		cells->values[i] = (union merge_value){ .f64 = (double)NAN };
		cells->pointers[m->own_count + i] =
			m->found[i].type == RESULT_TEXT ? (const void *)"" : &cells->values[i];
	}
	for (size_t i = 0; i < row->figures.count; i++) {
		const struct figure *figure = &row->figures.items[i];
		size_t at = row->columns[i];
		enum result_type type = m->found[at].type;
		if (type == RESULT_TEXT && figure->type == RESULT_TEXT)
			cells->pointers[m->own_count + at] = figure->text;
		else if (type == RESULT_F64)
			cells->values[at].f64 = as_real(figure);
		else if (type != RESULT_TEXT)
			cells->values[at].u64 = figure->u64;
	}
}

static int append_rows(const struct merge *m, struct result_table *table,
		       struct cells_of_row *cells, struct error *err)
{
	for (size_t i = 0; i < m->row_count; i++) {
		const struct row *row = &m->rows[i];
		for (size_t k = 0; k < m->own_count; k++)
			cells->pointers[k] = m->own[k].type == RESULT_TEXT
						     ? (const void *)row->values[k].text
						     : &row->values[k];
		fill_found(m, row, cells);
		if (hdf5_table_append(table, cells->pointers, err) != 0)
			return -1;
	}
	return 0;
}

static int write_runs(struct merge *m, struct error *err)
{
	size_t count = m->own_count + m->found_count;
	struct result_column *columns = calloc(count + 1, sizeof(*columns));
	struct cells_of_row cells = { calloc(m->found_count + 1, sizeof(*cells.values)),
				      calloc(count + 1, sizeof(*cells.pointers)) };
	int status = columns && cells.values && cells.pointers ? 0 : no_memory(m, err);
	widen_columns(m);
	for (size_t i = 0; i < count && status == 0; i++)
		columns[i] =
			i < m->own_count
				? m->own[i]
				: (struct result_column){ .name = m->found[i - m->own_count].name,
							  .type = m->found[i - m->own_count].type };
	if (status == 0) {
		struct result_table *table = hdf5_table(m->file, "/runs", columns, count, err);
		status = table ? append_rows(m, table, &cells, err) : -1;
	}
	free(columns);
	free(cells.values);
	free(cells.pointers);
	return status;
}

int merge_finish(struct merge *m, struct error *err)
{
	int status = write_runs(m, err);
	if (status == 0)
		status = hdf5_finish(m->file, err);
	else
		hdf5_abandon(m->file);
	merge_free(m);
	return status;
}
