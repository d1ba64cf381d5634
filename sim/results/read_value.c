/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "results/read_value.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

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

static void add_value(struct cells *cells, hid_t wide, const void *value)
{
	union {
		const char *text;
		double real;
		uint64_t number;
		int64_t integer;
	} v;
	memcpy(&v, value, sizeof(v));
	if (H5Tget_class(wide) == H5T_STRING)
		cells_add(cells, "%s", v.text ? v.text : "");
	else if (H5Tget_class(wide) == H5T_FLOAT)
		cells_add(cells, "%.6g", v.real);
	else if (H5Tget_sign(wide) == H5T_SGN_NONE && v.number == UINT64_MAX)
		cells_add(cells, "none");
	else if (H5Tget_sign(wide) == H5T_SGN_NONE)
		cells_add(cells, "%" PRIu64, v.number);
	else
		cells_add(cells, "%" PRId64, v.integer);
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

static herr_t add_attribute(hid_t object, const char *name, const H5A_info_t *info, void *cells)
{
	(void)info;
	hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);
	hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
	hid_t wide = wide_type(type);
	uint64_t value = 0;
	if (wide >= 0 && H5Sget_simple_extent_npoints(space) == 1 &&
	    H5Aread(attribute, wide, &value) >= 0) {
		cells_add(cells, "%s", name);
		add_value(cells, wide, &value);
		H5Dvlen_reclaim(wide, space, H5P_DEFAULT, &value);
	}
	H5Tclose(wide);
	H5Tclose(type);
	H5Sclose(space);
	H5Aclose(attribute);
	return 0;
}

void read_attributes(hid_t object, struct cells *cells)
{
	H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_INC, NULL, add_attribute, cells);
}

enum { VALUE_BYTES = 8 };

/* The row type with every column widened, and the columns' names as the first row of cells. */
static hid_t wide_row_type(hid_t type, struct cells *cells)
{
	int columns = H5Tget_nmembers(type);
	hid_t row = H5Tcreate(H5T_COMPOUND, (size_t)columns * VALUE_BYTES);
	cells->columns = (size_t)columns;
	for (int i = 0; i < columns; i++) {
		char *name = H5Tget_member_name(type, (unsigned)i);
		hid_t member = H5Tget_member_type(type, (unsigned)i);
		hid_t wide = wide_type(member);
		H5Tinsert(row, name, (size_t)i * VALUE_BYTES, wide);
		cells_add(cells, "%s", name);
		H5Tclose(wide);
		H5Tclose(member);
		H5free_memory(name);
	}
	return row;
}

static void add_rows(hid_t row_type, const unsigned char *values, size_t rows, struct cells *cells)
{
	for (size_t i = 0; i < rows * cells->columns; i++) {
		hid_t member = H5Tget_member_type(row_type, (unsigned)(i % cells->columns));
		add_value(cells, member, values + i * VALUE_BYTES);
		H5Tclose(member);
	}
}

static bool read_rows(hid_t dataset, hid_t row_type, struct cells *cells)
{
	hid_t space = H5Dget_space(dataset);
	hssize_t rows = H5Sget_simple_extent_npoints(space);
	unsigned char *values = calloc((size_t)rows + 1, H5Tget_size(row_type));
	bool read =
		values && H5Dread(dataset, row_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0;
	if (read) {
		add_rows(row_type, values, (size_t)rows, cells);
		H5Dvlen_reclaim(row_type, space, H5P_DEFAULT, values);
	}
	free(values);
	H5Sclose(space);
	return read;
}

bool read_table(hid_t dataset, struct cells *cells)
{
	hid_t type = H5Dget_type(dataset);
	bool read = H5Tget_class(type) == H5T_COMPOUND;
	if (read) {
		hid_t row_type = wide_row_type(type, cells);
		read = read_rows(dataset, row_type, cells);
		H5Tclose(row_type);
	}
	H5Tclose(type);
	return read;
}
