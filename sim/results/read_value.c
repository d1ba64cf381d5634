/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "results/read_value.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "results/hdf5_transfer.h"

enum { VALUE_BYTES = 8 };

/* Every value is read as the widest of its class: text, integer or real, 8 bytes each. */
static hid_t wide_type(hid_t type)
{
	hid_t wide;
	switch (H5Tget_class(type)) {
	case H5T_STRING:
		wide = H5Tcopy(H5T_C_S1);
		H5Tset_size(wide, H5T_VARIABLE);
		H5Tset_cset(wide, H5T_CSET_UTF8);
		return wide;
	case H5T_FLOAT:
		return H5Tcopy(H5T_NATIVE_DOUBLE);
	case H5T_INTEGER:
		return H5Tcopy(H5Tget_sign(type) == H5T_SGN_NONE ? H5T_NATIVE_UINT64
								 : H5T_NATIVE_INT64);
	default:
		return H5I_INVALID_HID;
	}
}

static enum read_class class_of(hid_t wide)
{
	if (H5Tget_class(wide) == H5T_STRING)
		return READ_TEXT;
	if (H5Tget_class(wide) == H5T_FLOAT)
		return READ_REAL;
	return H5Tget_sign(wide) == H5T_SGN_NONE ? READ_UNSIGNED : READ_INTEGER;
}

static struct read_value value_of(enum read_class class, const void *bytes)
{
	struct read_value value = { .class = class };
	memcpy(&value.number, bytes, VALUE_BYTES);
	if (class == READ_TEXT && !value.text)
		value.text = "";
	return value;
}

char *read_attribute_text(hid_t object, const char *name)
{
	if (H5Aexists(object, name) <= 0)
		return NULL;
	hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);
	hid_t type = H5Aget_type(attribute);
	hid_t wide = wide_type(type);
	char *text = NULL, *copy = NULL;
	if (H5Tis_variable_str(type) > 0 && H5Aread(attribute, wide, &text) >= 0 && text)
		copy = strdup(text);
	H5free_memory(text);
	H5Tclose(wide);
	H5Tclose(type);
	H5Aclose(attribute);
	return copy;
}

struct visitor {
	read_visit visit;
	void *context;
};

static herr_t visit_attribute(hid_t object, const char *name, const H5A_info_t *info, void *context)
{
	const struct visitor *v = context;
	(void)info;
	hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);
	hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
	hid_t wide = wide_type(type);
	uint64_t bytes = 0;
	if (wide >= 0 && H5Sget_simple_extent_npoints(space) == 1 &&
	    H5Aread(attribute, wide, &bytes) >= 0) {
		struct read_value value = value_of(class_of(wide), &bytes);
		v->visit(v->context, name, &value);
		if (value.class == READ_TEXT)
			H5Dvlen_reclaim(wide, space, H5P_DEFAULT, &bytes);
	}
	H5Tclose(wide);
	H5Tclose(type);
	H5Sclose(space);
	H5Aclose(attribute);
	return 0;
}

void read_each_attribute(hid_t object, read_visit visit, void *context)
{
	struct visitor v = { visit, context };
	H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_INC, NULL, visit_attribute, &v);
}

/* A table's columns and the row type with every one of them widened. */
struct table {
	int columns;
	char **names;
	enum read_class *classes;
	hid_t row_type;
};

static void table_close(struct table *table)
{
	for (int i = 0; i < table->columns && table->names; i++)
		H5free_memory(table->names[i]);
	free(table->names);
	free(table->classes);
	H5Tclose(table->row_type);
}

static bool table_open(struct table *table, hid_t type)
{
	table->columns = H5Tget_nmembers(type);
	size_t count = (size_t)table->columns;
	table->row_type = H5Tcreate(H5T_COMPOUND, count * VALUE_BYTES);
	table->names = calloc(count, sizeof(*table->names));
	table->classes = calloc(count, sizeof(*table->classes));
	if (!table->names || !table->classes)
		return false;
	for (int i = 0; i < table->columns; i++) {
		hid_t member = H5Tget_member_type(type, (unsigned)i);
		hid_t wide = wide_type(member);
		table->names[i] = H5Tget_member_name(type, (unsigned)i);
		table->classes[i] = class_of(wide);
		H5Tinsert(table->row_type, table->names[i], (size_t)i * VALUE_BYTES, wide);
		H5Tclose(wide);
		H5Tclose(member);
	}
	return true;
}

static bool read_rows(hid_t dataset, const struct table *table, const struct visitor *v)
{
	hid_t space = H5Dget_space(dataset);
	size_t rows = (size_t)H5Sget_simple_extent_npoints(space), columns = (size_t)table->columns;
	unsigned char *values = calloc(rows + 1, columns * VALUE_BYTES);
	hid_t transfer = hdf5_transfer(columns * VALUE_BYTES);
	bool read = values &&
		    H5Dread(dataset, table->row_type, H5S_ALL, H5S_ALL, transfer, values) >= 0;
	H5Pclose(transfer);
	for (size_t i = 0; i < rows * columns && read; i++) {
		struct read_value value =
			value_of(table->classes[i % columns], values + i * VALUE_BYTES);
		v->visit(v->context, table->names[i % columns], &value);
	}
	if (read)
		H5Dvlen_reclaim(table->row_type, space, H5P_DEFAULT, values);
	free(values);
	H5Sclose(space);
	return read;
}

/* `head` is told the columns' names first, with values that are empty texts; NULL: is not. */
static bool visit_table(hid_t dataset, read_visit head, const struct visitor *v)
{
	hid_t type = H5Dget_type(dataset);
	bool read = H5Tget_class(type) == H5T_COMPOUND;
	if (read) {
		const struct read_value nothing = { .class = READ_TEXT, .text = "" };
		struct table table = { 0 };
		read = table_open(&table, type);
		for (int i = 0; i < table.columns && read && head; i++)
			head(v->context, table.names[i], &nothing);
		read = read && read_rows(dataset, &table, v);
		table_close(&table);
	}
	H5Tclose(type);
	return read;
}

bool read_each_cell(hid_t dataset, read_visit visit, void *context)
{
	struct visitor v = { visit, context };
	return visit_table(dataset, NULL, &v);
}

static void add_value(void *context, const char *name, const struct read_value *value)
{
	struct cells *cells = context;
	(void)name;
	if (value->class == READ_TEXT)
		cells_add(cells, "%s", value->text);
	else if (value->class == READ_REAL)
		cells_add(cells, "%.6g", value->real);
	else if (value->class == READ_UNSIGNED && value->number == UINT64_MAX)
		cells_add(cells, "none");
	else if (value->class == READ_UNSIGNED)
		cells_add(cells, "%" PRIu64, value->number);
	else
		cells_add(cells, "%" PRId64, value->integer);
}

static void add_named_value(void *context, const char *name, const struct read_value *value)
{
	cells_add(context, "%s", name);
	add_value(context, name, value);
}

void read_attributes(hid_t object, struct cells *cells)
{
	read_each_attribute(object, add_named_value, cells);
}

static void add_name(void *context, const char *name, const struct read_value *value)
{
	struct cells *cells = context;
	(void)value;
	cells->columns++;
	cells_add(cells, "%s", name);
}

bool read_table(hid_t dataset, struct cells *cells)
{
	struct visitor v = { add_value, cells };
	return visit_table(dataset, add_name, &v);
}
