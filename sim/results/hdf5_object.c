/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Groups and datasets. */
#include "results/hdf5_file.h"

#include <stdlib.h>
#include <string.h>

enum { CHUNK_BYTES = 256 << 10, COMPACT_BYTES = 4 << 10 };

/* Opens or makes one group in `parent`, which it closes. */
static hid_t enter_group(struct hdf5_file *file, hid_t parent, const char *name)
{
	hid_t group;
	if (H5Lexists(parent, name, H5P_DEFAULT) > 0)
		group = H5Gopen2(parent, name, H5P_DEFAULT);
	else
		group = H5Gcreate2(parent, name, H5P_DEFAULT, file->group_create, H5P_DEFAULT);
	return group;
}

hid_t hdf5_group(struct hdf5_file *file, const char *path, struct error *err)
{
	char *copy = strdup(path), *rest;
	if (!copy)
		return hdf5_no_memory(file, err);
	hid_t group = H5Gopen2(file->file, "/", H5P_DEFAULT);
	for (char *name = strtok_r(copy, "/", &rest); name && group >= 0;
	     name = strtok_r(NULL, "/", &rest)) {
		hid_t inner = enter_group(file, group, name);
		if (inner < 0)
			hdf5_failed(file, path, err);
		H5Gclose(group);
		group = inner;
	}
	free(copy);
	return group;
}

hid_t hdf5_parent(struct hdf5_file *file, const char *path, const char **name, struct error *err)
{
	const char *slash = strrchr(path, '/');
	*name = slash ? slash + 1 : path;
	char *folder = strndup(path, slash ? (size_t)(slash - path) : 0);
	if (!folder)
		return hdf5_no_memory(file, err);
	hid_t group = hdf5_group(file, folder, err);
	free(folder);
	return group;
}

hid_t hdf5_file_type(const struct hdf5_file *file, enum result_type type)
{
	switch (type) {
	case RESULT_U64:
		return H5T_STD_U64LE;
	case RESULT_I64:
		return H5T_STD_I64LE;
	case RESULT_I32:
		return H5T_STD_I32LE;
	case RESULT_F64:
		return H5T_IEEE_F64LE;
	case RESULT_TEXT:
		break;
	}
	return file->text_type;
}

hid_t hdf5_memory_type(const struct hdf5_file *file, enum result_type type)
{
	switch (type) {
	case RESULT_U64:
		return H5T_NATIVE_UINT64;
	case RESULT_I64:
		return H5T_NATIVE_INT64;
	case RESULT_I32:
		return H5T_NATIVE_INT32;
	case RESULT_F64:
		return H5T_NATIVE_DOUBLE;
	case RESULT_TEXT:
		break;
	}
	return file->text_type;
}

size_t hdf5_type_size(enum result_type type)
{
	return type == RESULT_I32    ? sizeof(int32_t)
	       : type == RESULT_TEXT ? sizeof(char *)
				     : sizeof(uint64_t);
}

herr_t hdf5_set_filters(const struct hdf5_file *file, hid_t dataset_create)
{
	if (!file->deflate)
		return 0;
	herr_t shuffled = H5Pset_shuffle(dataset_create);
	return shuffled < 0 ? shuffled : H5Pset_deflate(dataset_create, file->deflate);
}

/*
 * Small arrays stand in the dataset's own header: setting up a chunk and its compression costs more
 * than they hold. Larger ones are cut into chunks of whole rows, as a reader takes spans of time.
 */
static bool is_compact(const struct hdf5_array *array)
{
	hsize_t bytes = hdf5_type_size(array->type);
	for (int i = 0; i < array->rank; i++)
		bytes *= array->dims[i];
	return bytes <= COMPACT_BYTES;
}

/* Rows of a chunk; 0: the array has none. */
static hsize_t chunk_rows(const struct hdf5_array *array)
{
	hsize_t row_bytes = hdf5_type_size(array->type);
	if (array->type == RESULT_TEXT || is_compact(array))
		return 0;
	for (int i = 1; i < array->rank; i++)
		row_bytes *= array->dims[i];
	hsize_t rows = CHUNK_BYTES / row_bytes;
	return rows < 1 ? 1 : rows < array->dims[0] ? rows : array->dims[0];
}

/* The list to create the array by; *own: it is the caller's to close. */
static hid_t creation_list(const struct hdf5_file *file, const struct hdf5_array *array, bool *own)
{
	hsize_t chunk[1 + RESULT_DIMS_MAX] = { chunk_rows(array) };
	*own = chunk[0] != 0;
	if (!*own)
		return is_compact(array) ? file->compact_create : file->dataset_create;
	for (int i = 1; i < array->rank; i++)
		chunk[i] = array->dims[i];
	hid_t list = H5Pcopy(file->dataset_create);
	H5Pset_chunk(list, array->rank, chunk);
	hdf5_set_filters(file, list);
	return list;
}

static bool is_empty(const struct hdf5_array *array)
{
	for (int i = 0; i < array->rank; i++)
		if (!array->dims[i])
			return true;
	return !array->values;
}

static herr_t write_values(const struct hdf5_file *file, hid_t dataset,
			   const struct hdf5_array *array)
{
	hsize_t rows = chunk_rows(array);
	if (is_empty(array))
		return 0;
	if (rows && file->deflate)
		return hdf5_write_chunks(file, dataset, array, rows);
	return H5Dwrite(dataset, hdf5_memory_type(file, array->type), H5S_ALL, H5S_ALL,
			file->transfer, array->values);
}

hid_t hdf5_write_array(struct hdf5_file *file, hid_t group, const struct hdf5_array *array,
		       struct error *err)
{
	bool own_list;
	hid_t space = H5Screate_simple(array->rank, array->dims, NULL);
	hid_t list = creation_list(file, array, &own_list);
	hid_t dataset = H5Dcreate2(group, array->name, hdf5_file_type(file, array->type), space,
				   H5P_DEFAULT, list, H5P_DEFAULT);
	if (dataset < 0 || write_values(file, dataset, array) < 0) {
		hdf5_failed(file, array->name, err);
		H5Dclose(dataset);
		dataset = H5I_INVALID_HID;
	}
	if (own_list)
		H5Pclose(list);
	H5Sclose(space);
	return dataset;
}
