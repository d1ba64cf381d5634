/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Columns over time: /timeseries/NAME with the scales time and one a dimension. */
#include "results/hdf5_file.h"

#include <stdlib.h>
#include <string.h>

#include "results/hdf5_rows.h"

struct result_series {
	struct hdf5_file *file;
	struct result_series *next;
	char *group;
	struct column_rows time, record;
	struct column_rows *columns;
	size_t column_count;
	size_t rows;
};

/* A dimension that some column of the group has, once its scale is written. */
struct scale {
	const struct result_dimension *dimension;
	struct hdf5_scale scale;
};

static struct column_rows no_rows(const struct result_column *column)
{
	return (struct column_rows){ .column = *column,
				     .element_size = hdf5_type_size(column->type) };
}

static void series_free(struct result_series *series)
{
	for (size_t i = 0; i < series->column_count; i++)
		column_rows_free(&series->columns[i]);
	column_rows_free(&series->time);
	column_rows_free(&series->record);
	free(series->columns);
	free(series->group);
	free(series);
}

struct result_series *hdf5_series(void *sink, const char *group,
				  const struct result_column *columns, size_t column_count,
				  struct error *err)
{
	static const struct result_column time = {
		.name = "time", .unit = "ns", .long_name = "simulated time", .type = RESULT_U64
	};
	static const struct result_column record = { .name = "record",
						     .unit = "1",
						     .long_name = "trace records replayed",
						     .type = RESULT_U64 };
	struct hdf5_file *file = sink;
	struct result_series *series = calloc(1, sizeof(*series));
	if (!series) {
		hdf5_no_memory(file, err);
		return NULL;
	}
	series->file = file;
	series->group = strdup(group);
	series->columns = calloc(column_count, sizeof(series->columns[0]));
	if (!series->group || !series->columns) {
		series_free(series);
		hdf5_no_memory(file, err);
		return NULL;
	}
	series->column_count = column_count;
	for (size_t i = 0; i < column_count; i++)
		series->columns[i] = no_rows(&columns[i]);
	series->time = no_rows(&time);
	series->record = no_rows(&record);
	series->next = file->series;
	file->series = series;
	return series;
}

int hdf5_series_append(struct result_series *series, uint64_t time_ns, uint64_t record,
		       const void *const *values, struct error *err)
{
	bool kept = column_rows_append(&series->time, series->rows, &time_ns) &&
		    column_rows_append(&series->record, series->rows, &record);
	for (size_t i = 0; i < series->column_count && kept; i++)
		kept = column_rows_append(&series->columns[i], series->rows, values[i]);
	if (!kept)
		return hdf5_no_memory(series->file, err);
	series->rows++;
	return 0;
}

int hdf5_series_thin(struct result_series *series, struct error *err)
{
	(void)err;
	column_rows_thin(&series->time, series->rows);
	column_rows_thin(&series->record, series->rows);
	for (size_t i = 0; i < series->column_count; i++)
		column_rows_thin(&series->columns[i], series->rows);
	series->rows = (series->rows + 1) / 2;
	return 0;
}

static hid_t write_values(struct hdf5_file *file, hid_t group, const struct column_rows *rows,
			  size_t row_count, struct error *err)
{
	const struct result_column *column = &rows->column;
	struct hdf5_array array = { .name = column->name,
				    .type = column->type,
				    .rank = 1 + (int)column->dimension_count,
				    .dims = { row_count } };
	for (size_t i = 0; i < column->dimension_count; i++)
		array.dims[1 + i] = column->dimensions[i]->length;
	void *expanded;
	array.values = column_rows_flat(rows, row_count, &expanded);
	if (!array.values)
		return hdf5_no_memory(file, err);
	hid_t dataset = hdf5_write_array(file, group, &array, err);
	free(expanded);
	if (dataset < 0)
		return dataset;
	if ((column->unit && *column->unit &&
	     hdf5_put_text(file, dataset, "units", column->unit, err)) ||
	    (column->long_name &&
	     hdf5_put_text(file, dataset, "long_name", column->long_name, err))) {
		H5Dclose(dataset);
		return H5I_INVALID_HID;
	}
	return dataset;
}

/* The scale of that name, written on first use; `scales` is large enough and ends at no dimension.
 */
static struct hdf5_scale *scale_of(struct hdf5_file *file, hid_t group, struct scale *scales,
				   const struct result_dimension *dimension, struct error *err)
{
	for (; scales->dimension; scales++)
		if (!strcmp(scales->dimension->name, dimension->name)) {
			if (scales->dimension->length == dimension->length)
				return &scales->scale;
			error_set(err, ERROR_RUN, "%s: dimension %s has two lengths", file->path,
				  dimension->name);
			return NULL;
		}
	scales->scale.id = hdf5_label_scale(file, group, dimension, err);
	if (scales->scale.id < 0)
		return NULL;
	scales->dimension = dimension;
	return &scales->scale;
}

static int attach_scales(struct hdf5_file *file, hid_t group, struct hdf5_scale *time,
			 struct scale *scales, const struct result_column *column, hid_t dataset,
			 struct error *err)
{
	struct hdf5_scale *axes[1 + RESULT_DIMS_MAX] = { time };
	const unsigned rank = 1 + (unsigned)column->dimension_count;
	for (unsigned i = 1; i < rank; i++) {
		axes[i] = scale_of(file, group, scales, column->dimensions[i - 1], err);
		if (!axes[i])
			return -1;
	}
	return hdf5_attach_scales(file, dataset, axes, rank, err);
}

/* `coordinates` (CF conventions) makes record an axis beside time. */
static int write_column(struct result_series *series, hid_t group, struct hdf5_scale *time,
			struct scale *scales, const struct column_rows *rows, struct error *err)
{
	struct hdf5_file *file = series->file;
	hid_t dataset = write_values(file, group, rows, series->rows, err);
	if (dataset < 0)
		return -1;
	int result = attach_scales(file, group, time, scales, &rows->column, dataset, err);
	if (!result && rows != &series->record)
		result = hdf5_put_text(file, dataset, "coordinates", "record", err);
	H5Dclose(dataset);
	return result;
}

static int write_columns(struct result_series *series, hid_t group, struct scale *scales,
			 struct error *err)
{
	struct hdf5_file *file = series->file;
	struct hdf5_scale time = { .id = write_values(file, group, &series->time, series->rows,
						      err) };
	if (time.id < 0)
		return -1;
	int result = hdf5_make_scale(file, time.id, "time", err);
	if (!result)
		result = write_column(series, group, &time, scales, &series->record, err);
	for (size_t i = 0; i < series->column_count && !result; i++)
		result = write_column(series, group, &time, scales, &series->columns[i], err);
	if (!result)
		return hdf5_finish_scale(file, &time, err);
	hdf5_close_scale(&time);
	return result;
}

static int write_one(struct result_series *series, struct error *err)
{
	struct hdf5_file *file = series->file;
	size_t scales_max = series->column_count * RESULT_DIMS_MAX + 1;
	struct scale *scales = calloc(scales_max, sizeof(*scales));
	if (!scales)
		return hdf5_no_memory(file, err);
	hid_t group = hdf5_group(file, series->group, err);
	int result = group < 0 ? -1 : write_columns(series, group, scales, err);
	for (struct scale *s = scales; s->dimension; s++)
		if (!result)
			result = hdf5_finish_scale(file, &s->scale, err);
		else
			hdf5_close_scale(&s->scale);
	H5Gclose(group);
	free(scales);
	return result;
}

int hdf5_write_series(struct hdf5_file *file, struct error *err)
{
	for (struct result_series *s = file->series; s; s = s->next)
		if (write_one(s, err))
			return -1;
	return 0;
}

void hdf5_free_series(struct hdf5_file *file)
{
	while (file->series) {
		struct result_series *next = file->series->next;
		series_free(file->series);
		file->series = next;
	}
}
