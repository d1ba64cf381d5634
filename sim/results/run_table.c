/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "results/run_table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/grow.h"
#include "results/figures.h"
#include "results/hdf5_input.h"
#include "results/hdf5_quiet.h"
#include "results/read_value.h"
#include "results/run_table_file.h"

/* A column that comes from the results. */
struct found_column {
	char *name;
	enum result_type type; /* the widest that some run has it in */
	size_t runs;           /* that have it */
};

struct row {
	union run_value *values; /* of the table's own columns */
	struct figures figures;
	size_t *columns; /* by figure: the found column */
};

struct run_table {
	const struct result_column *own;
	size_t own_count;
	struct found_column *found;
	size_t found_count, found_capacity;
	struct row *rows;
	size_t row_count, row_capacity;
	struct text_pool text; /* of the rows' own values */
};

static int no_memory(struct error *err)
{
	return error_set(err, ERROR_RUN, "out of memory for the table of runs");
}

struct run_table *run_table_create(const struct result_column *columns, size_t count)
{
	struct run_table *t = calloc(1, sizeof(*t));
	if (t) {
		t->own = columns;
		t->own_count = count;
	}
	return t;
}

void run_table_destroy(struct run_table *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->row_count; i++) {
		figures_clear(&t->rows[i].figures);
		free(t->rows[i].values);
		free(t->rows[i].columns);
	}
	for (size_t i = 0; i < t->found_count; i++)
		free(t->found[i].name);
	free(t->rows);
	free(t->found);
	text_pool_free(&t->text);
	free(t);
}

/* Whole numbers that do not fit together meet in what holds both, a number and a text in text. */
static enum result_type common_type(enum result_type a, enum result_type b)
{
	if (a == b)
		return a;
	return a == RESULT_TEXT || b == RESULT_TEXT ? RESULT_TEXT : RESULT_F64;
}

static bool is_own(const struct run_table *t, const char *name)
{
	for (size_t i = 0; i < t->own_count; i++)
		if (strcmp(t->own[i].name, name) == 0)
			return true;
	return false;
}

/* Results of one kind have their figures in one order, so that the next is the likeliest. */
static size_t find_found(const struct run_table *t, const char *name, size_t likely)
{
	if (likely < t->found_count && strcmp(t->found[likely].name, name) == 0)
		return likely;
	for (size_t i = 0; i < t->found_count; i++)
		if (strcmp(t->found[i].name, name) == 0)
			return i;
	return t->found_count;
}

/* The column of a figure, made when it is new; SIZE_MAX when memory is out. */
static size_t column_of(struct run_table *t, const struct figure *figure, size_t likely)
{
	char *name;
	/* What was asked for keeps its name before what came of it. */
	if (asprintf(&name, "%s%s", is_own(t, figure->name) ? "result_" : "", figure->name) < 0)
		return SIZE_MAX;
	size_t at = find_found(t, name, likely);
	if (at < t->found_count) {
		t->found[at].type = common_type(t->found[at].type, figure->type);
		t->found[at].runs++;
		free(name);
		return at;
	}
	struct found_column *grown =
		grow_array(t->found, t->found_count, &t->found_capacity, sizeof(*grown));
	if (!grown) {
		free(name);
		return SIZE_MAX;
	}
	t->found = grown;
	grown[t->found_count++] = (struct found_column){ name, figure->type, 1 };
	return at;
}

static struct row *row_add(struct run_table *t)
{
	struct row *grown = grow_array(t->rows, t->row_count, &t->row_capacity, sizeof(*grown));
	if (!grown)
		return NULL;
	t->rows = grown;
	struct row *row = &grown[t->row_count++];
	*row = (struct row){ 0 };
	return row;
}

static int keep_values(struct run_table *t, struct row *row, const union run_value *values)
{
	row->values = calloc(t->own_count + 1, sizeof(*row->values));
	if (!row->values)
		return -1;
	for (size_t i = 0; i < t->own_count; i++) {
		row->values[i] = values[i];
		if (t->own[i].type != RESULT_TEXT)
			continue;
		row->values[i].text = text_pool_add(&t->text, values[i].text);
		if (!row->values[i].text)
			return -1;
	}
	return 0;
}

/* Gives each of the row's figures its column. */
static int place_figures(struct run_table *t, struct row *row)
{
	row->columns = calloc(row->figures.count + 1, sizeof(*row->columns));
	if (row->figures.lost || !row->columns)
		return -1;
	for (size_t i = 0, at = SIZE_MAX; i < row->figures.count; i++) {
		at = column_of(t, &row->figures.items[i], at + 1);
		row->columns[i] = at;
		if (at == SIZE_MAX)
			return -1;
	}
	return 0;
}

int run_table_add_open(struct run_table *t, hid_t result, const union run_value *values,
		       struct error *err)
{
	struct row *row = row_add(t);
	if (!row || keep_values(t, row, values) != 0)
		return no_memory(err);
	figures_read(&row->figures, result);
	return place_figures(t, row) != 0 ? no_memory(err) : 0;
}

/* Only whole results: the status is written last. */
hid_t run_table_open_result(const char *path, struct error *err)
{
	hid_t result = hdf5_open_to_read(path, err);
	if (result < 0)
		return result;
	char *status = read_attribute_text(result, "status");
	char *format = read_attribute_text(result, "format");
	bool whole = status && format && strcmp(status, "complete") == 0 &&
		     strcmp(format, "slabyard result") == 0;
	free(status);
	free(format);
	if (whole)
		return result;
	H5Fclose(result);
	error_set(err, ERROR_INPUT, "%.512s: no whole result of a run", path);
	return H5I_INVALID_HID;
}

int run_table_add(struct run_table *t, const char *result, const union run_value *values,
		  struct error *err)
{
	struct hdf5_quiet quiet = hdf5_quiet_begin();
	hid_t file = run_table_open_result(result, err);
	int status = file < 0 ? -1 : run_table_add_open(t, file, values, err);
	if (file >= 0)
		H5Fclose(file);
	hdf5_quiet_end(&quiet);
	return status;
}

/* Where the reading of a merged table stands. */
struct merged_reading {
	struct run_table *table;
	struct row *row;
	const char *first; /* the first column's name: a row begins with it */
	bool failed;
};

static void take_cell(void *context, const char *name, const struct read_value *value)
{
	struct merged_reading *reading = context;
	if (!reading->first)
		reading->first = name;
	if (name == reading->first)
		reading->row = row_add(reading->table);
	if (!reading->row) {
		reading->failed = true;
		return;
	}
	bool missing = value->class == READ_REAL && isnan(value->real);
	if (!missing)
		figures_add(&reading->row->figures, name, value);
}

static int read_merged(struct run_table *t, hid_t file, const char *path, struct error *err)
{
	struct merged_reading reading = { .table = t };
	size_t first = t->row_count;
	if (H5Lexists(file, "/runs", H5P_DEFAULT) <= 0)
		return error_set(err, ERROR_INPUT, "%.512s: no merged file: has no table /runs",
				 path);
	hid_t dataset = H5Dopen2(file, "/runs", H5P_DEFAULT);
	bool read = read_each_cell(dataset, take_cell, &reading);
	H5Dclose(dataset);
	if (!read)
		return error_set(err, ERROR_INPUT, "%.512s: its table /runs is damaged", path);
	for (size_t i = first; i < t->row_count && !reading.failed; i++)
		reading.failed = place_figures(t, &t->rows[i]) != 0;
	return reading.failed ? no_memory(err) : 0;
}

int run_table_add_merged(struct run_table *t, const char *merged, struct error *err)
{
	struct hdf5_quiet quiet = hdf5_quiet_begin();
	hid_t file = hdf5_open_to_read(merged, err);
	int status = file < 0 ? -1 : read_merged(t, file, merged, err);
	if (file >= 0)
		H5Fclose(file);
	hdf5_quiet_end(&quiet);
	return status;
}

size_t run_table_rows(const struct run_table *t)
{
	return t->row_count;
}

size_t run_table_columns(const struct run_table *t)
{
	return t->own_count + t->found_count;
}

const char *run_table_name(const struct run_table *t, size_t column)
{
	return column < t->own_count ? t->own[column].name : t->found[column - t->own_count].name;
}

static enum result_type type_of(const struct run_table *t, size_t column)
{
	return column < t->own_count ? t->own[column].type : t->found[column - t->own_count].type;
}

bool run_table_is_text(const struct run_table *t, size_t column)
{
	return type_of(t, column) == RESULT_TEXT;
}

size_t run_table_find(const struct run_table *t, const char *name)
{
	for (size_t i = 0; i < t->own_count; i++)
		if (strcmp(t->own[i].name, name) == 0)
			return i;
	return t->own_count + find_found(t, name, SIZE_MAX);
}

static const struct figure *figure_at(const struct run_table *t, size_t row, size_t column)
{
	const struct row *r = &t->rows[row];
	for (size_t i = 0; i < r->figures.count; i++)
		if (r->columns[i] == column - t->own_count)
			return &r->figures.items[i];
	return NULL;
}

static double as_real(enum result_type type, const union run_value *value)
{
	switch (type) {
	case RESULT_U64:
		return (double)value->u64;
	case RESULT_I64:
		return (double)value->i64;
	case RESULT_F64:
		return value->f64;
	default:
		return (double)NAN;
	}
}

static union run_value value_of(const struct figure *figure)
{
	return (union run_value){ .u64 = figure->u64 };
}

double run_table_number(const struct run_table *t, size_t row, size_t column)
{
	if (column < t->own_count)
		return as_real(t->own[column].type, &t->rows[row].values[column]);
	const struct figure *figure = figure_at(t, row, column);
	if (!figure)
		return (double)NAN;
	union run_value value = value_of(figure);
	return as_real(figure->type, &value);
}

const char *run_table_text(const struct run_table *t, size_t row, size_t column)
{
	if (!run_table_is_text(t, column))
		return "";
	if (column < t->own_count)
		return t->rows[row].values[column].text;
	const struct figure *figure = figure_at(t, row, column);
	return figure && figure->type == RESULT_TEXT ? figure->text : "";
}

/* A whole number that some run does not have needs a type that can say so. */
static void widen_columns(struct run_table *t)
{
	for (size_t i = 0; i < t->found_count; i++)
		if (t->found[i].runs < t->row_count && t->found[i].type != RESULT_TEXT)
			t->found[i].type = RESULT_F64;
}

/* A row's cells as a table takes them: a pointer each, by the column's type. */
struct output_row {
	union run_value *values;
	const void **pointers;
};

static void fill_found(const struct run_table *t, const struct row *row, struct output_row *cells)
{
	for (size_t i = 0; i < t->found_count; i++) {
		cells->values[i] = (union run_value){ .f64 = (double)NAN };
		cells->pointers[t->own_count + i] =
			t->found[i].type == RESULT_TEXT ? (const void *)"" : &cells->values[i];
	}
	for (size_t i = 0; i < row->figures.count; i++) {
		const struct figure *figure = &row->figures.items[i];
		size_t at = row->columns[i];
		enum result_type type = t->found[at].type;
		cells->values[at] = value_of(figure);
		if (type == RESULT_TEXT && figure->type == RESULT_TEXT)
			cells->pointers[t->own_count + at] = figure->text;
		else if (type == RESULT_F64)
			cells->values[at].f64 = as_real(figure->type, &cells->values[at]);
	}
}

static int append_rows(const struct run_table *t, struct result_table *table,
		       struct output_row *cells, struct error *err)
{
	for (size_t i = 0; i < t->row_count; i++) {
		const struct row *row = &t->rows[i];
		for (size_t k = 0; k < t->own_count; k++)
			cells->pointers[k] = t->own[k].type == RESULT_TEXT
						     ? (const void *)row->values[k].text
						     : &row->values[k];
		fill_found(t, row, cells);
		if (hdf5_table_append(table, cells->pointers, err) != 0)
			return -1;
	}
	return 0;
}

int run_table_write(struct run_table *t, struct hdf5_file *file, const char *path,
		    struct error *err)
{
	size_t count = run_table_columns(t);
	struct result_column *columns = calloc(count + 1, sizeof(*columns));
	struct output_row cells = { calloc(t->found_count + 1, sizeof(*cells.values)),
				    calloc(count + 1, sizeof(*cells.pointers)) };
	int status = columns && cells.values && cells.pointers ? 0 : no_memory(err);
	widen_columns(t);
	for (size_t i = 0; i < count && status == 0; i++)
		columns[i] = i < t->own_count
				     ? t->own[i]
				     : (struct result_column){ .name = run_table_name(t, i),
							       .type = type_of(t, i) };
	if (status == 0) {
		struct result_table *table = hdf5_table(file, path, columns, count, err);
		status = table ? append_rows(t, table, &cells, err) : -1;
	}
	free(columns);
	free(cells.values);
	free(cells.pointers);
	return status;
}
