/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Compound tables: rows are gathered in batches and written as they fill. A table that ends within
 * its first batch, as most do, needs no chunks, which cost more than its rows.
 */
#include "results/hdf5_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "results/hdf5_transfer.h"

enum { TABLE_BATCH_ROWS = 512, COMPACT_BYTES = 4 << 10 };

struct result_table {
	struct hdf5_file *file;
	struct result_table *next;
	char *path;
	struct result_column *columns;
	size_t column_count;
	size_t row_bytes;
	unsigned char *batch; /* packed rows; text is a char * of the table's own */
	size_t batched;
	hsize_t written;
	hid_t dataset, memory_type;
};

static hid_t row_type(const struct result_table *table, bool in_file)
{
	hid_t type = H5Tcreate(H5T_COMPOUND, table->row_bytes);
	size_t offset = 0;
	for (size_t i = 0; i < table->column_count; i++) {
		enum result_type column = table->columns[i].type;
		H5Tinsert(type, table->columns[i].name, offset,
			  in_file ? hdf5_file_type(table->file, column)
				  : hdf5_memory_type(table->file, column));
		offset += hdf5_type_size(column);
	}
	/* A text takes more room in memory than in the file or less: the file's rows have no gaps.
	 */
	if (in_file)
		H5Tpack(type);
	return type;
}

/* One that can grow is chunked; one that is whole has its length. */
static void set_shape(const struct result_table *table, bool whole, hid_t list, hid_t *space)
{
	const hsize_t none = 0, rows = table->batched, unlimited = H5S_UNLIMITED;
	const hsize_t chunk = TABLE_BATCH_ROWS;
	*space = whole ? H5Screate_simple(1, &rows, NULL) : H5Screate_simple(1, &none, &unlimited);
	if (!whole)
		H5Pset_chunk(list, 1, &chunk);
	else if (rows && rows * table->row_bytes > COMPACT_BYTES)
		H5Pset_chunk(list, 1, &rows);
	else if (rows)
		H5Pset_layout(list, H5D_COMPACT);
	if (!whole || rows * table->row_bytes > COMPACT_BYTES)
		hdf5_set_filters(table->file, list);
}

static hid_t create_dataset(struct result_table *table, bool whole, hid_t group, const char *name)
{
	hid_t space, list = H5Pcopy(table->file->dataset_create);
	set_shape(table, whole, list, &space);
	hid_t type = row_type(table, true);
	hid_t dataset = H5Dcreate2(group, name, type, space, H5P_DEFAULT, list, H5P_DEFAULT);
	H5Tclose(type);
	H5Pclose(list);
	H5Sclose(space);
	return dataset;
}

/* units and long_name of column NAME are the attributes NAME_units and NAME_long_name. */
static int describe_columns(const struct result_table *table, struct error *err)
{
	char name[128];
	for (size_t i = 0; i < table->column_count; i++) {
		const struct result_column *c = &table->columns[i];
		snprintf(name, sizeof(name), "%s_units", c->name);
		if (c->unit && *c->unit &&
		    hdf5_put_text(table->file, table->dataset, name, c->unit, err))
			return -1;
		snprintf(name, sizeof(name), "%s_long_name", c->name);
		if (c->long_name &&
		    hdf5_put_text(table->file, table->dataset, name, c->long_name, err))
			return -1;
	}
	return 0;
}

/* `whole`: no rows will follow those in the batch. */
static int make_dataset(struct result_table *table, bool whole, struct error *err)
{
	const char *name;
	hid_t group = hdf5_parent(table->file, table->path, &name, err);
	if (group < 0)
		return -1;
	table->dataset = create_dataset(table, whole, group, name);
	int result = table->dataset < 0 ? hdf5_failed(table->file, table->path, err)
					: describe_columns(table, err);
	H5Gclose(group);
	table->memory_type = row_type(table, false);
	return result;
}

static void forget_texts(struct result_table *table)
{
	unsigned char *field = table->batch;
	for (size_t row = 0; row < table->batched; row++)
		for (size_t i = 0; i < table->column_count; i++) {
			char *text;
			if (table->columns[i].type == RESULT_TEXT) {
				memcpy(&text, field, sizeof(text));
				free(text);
			}
			field += hdf5_type_size(table->columns[i].type);
		}
	table->batched = 0;
}

static void table_free(struct result_table *table)
{
	if (table->batch)
		forget_texts(table);
	free(table->batch);
	free(table->columns);
	free(table->path);
	free(table);
}

struct result_table *hdf5_table(void *sink, const char *path, const struct result_column *columns,
				size_t column_count, struct error *err)
{
	struct hdf5_file *file = sink;
	struct result_table *table = calloc(1, sizeof(*table));
	if (!table) {
		hdf5_no_memory(file, err);
		return NULL;
	}
	table->file = file;
	table->dataset = table->memory_type = H5I_INVALID_HID;
	table->column_count = column_count;
	for (size_t i = 0; i < column_count; i++)
		table->row_bytes += hdf5_type_size(columns[i].type);
	table->path = strdup(path);
	table->columns = calloc(column_count, sizeof(*columns));
	table->batch = calloc(TABLE_BATCH_ROWS, table->row_bytes);
	table->next = file->tables;
	file->tables = table;
	if (!table->path || !table->columns || !table->batch) {
		hdf5_no_memory(file, err);
		return NULL;
	}
	memcpy(table->columns, columns, column_count * sizeof(*columns));
	return table;
}

static herr_t write_batch(struct result_table *table, bool whole)
{
	const hsize_t start = table->written, count = table->batched, end = start + count;
	if (!whole && H5Dset_extent(table->dataset, &end) < 0)
		return -1;
	hid_t target = H5Dget_space(table->dataset);
	hid_t source = H5Screate_simple(1, &count, NULL);
	H5Sselect_hyperslab(target, H5S_SELECT_SET, &start, NULL, &count, NULL);
	hid_t transfer = hdf5_transfer(table->row_bytes);
	herr_t result = H5Dwrite(table->dataset, table->memory_type, source, target, transfer,
				 table->batch);
	if (result >= 0) {
		H5Pclose(transfer);
		H5Sclose(source);
		H5Sclose(target);
	}
	return result;
}

/* `last`: the table ends here. */
static int flush(struct result_table *table, bool last, struct error *err)
{
	bool first = table->dataset < 0;
	if (first && make_dataset(table, last, err))
		return -1;
	if (table->batched && write_batch(table, first && last) < 0)
		return hdf5_failed(table->file, table->path, err);
	table->written += table->batched;
	forget_texts(table);
	return 0;
}

int hdf5_table_append(struct result_table *table, const void *const *values, struct error *err)
{
	unsigned char *field = table->batch + table->batched * table->row_bytes;
	bool kept = true;
	for (size_t i = 0; i < table->column_count; i++) {
		size_t size = hdf5_type_size(table->columns[i].type);
		if (table->columns[i].type == RESULT_TEXT) {
			char *text = strdup(values[i]);
			kept = kept && text;
			memcpy(field, &text, sizeof(text));
		} else {
			memcpy(field, values[i], size);
		}
		field += size;
	}
	table->batched++;
	if (!kept)
		return hdf5_no_memory(table->file, err);
	return table->batched == TABLE_BATCH_ROWS ? flush(table, false, err) : 0;
}

/* A table's rows are the dimension NAME_row. */
static int table_finish(struct result_table *table, struct error *err)
{
	if (flush(table, true, err))
		return -1;
	const char *name;
	char dimension[128];
	hid_t group = hdf5_parent(table->file, table->path, &name, err);
	if (group < 0)
		return -1;
	snprintf(dimension, sizeof(dimension), "%s_row", name);
	int result = hdf5_attach_bare_scale(table->file, group, table->dataset, dimension,
					    table->written, err);
	H5Gclose(group);
	return result;
}

int hdf5_write_tables(struct hdf5_file *file, struct error *err)
{
	for (struct result_table *t = file->tables; t; t = t->next)
		if (table_finish(t, err))
			return -1;
	return 0;
}

void hdf5_free_tables(struct hdf5_file *file)
{
	while (file->tables) {
		struct result_table *next = file->tables->next;
		table_free(file->tables);
		file->tables = next;
	}
}
