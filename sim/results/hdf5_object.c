/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Groups and datasets. */
#include "results/hdf5_file.h"

#include <stdlib.h>
#include <string.h>

#include "results/hdf5_transfer.h"

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
static void set_layout(const struct hdf5_file *file, hid_t list, const struct hdf5_array *array)
{
	hsize_t row_bytes = hdf5_type_size(array->type);
	hsize_t chunk[1 + RESULT_DIMS_MAX];
	for (int i = 1; i < array->rank; i++) {
		chunk[i] = array->dims[i];
		row_bytes *= array->dims[i];
	}
	if (row_bytes * array->dims[0] <= COMPACT_BYTES) {
		H5Pset_layout(list, H5D_COMPACT);
		return;
	}
	if (array->type == RESULT_TEXT)
		return;
	hsize_t rows = CHUNK_BYTES / row_bytes;
	chunk[0] = rows < 1 ? 1 : rows < array->dims[0] ? rows : array->dims[0];
	H5Pset_chunk(list, array->rank, chunk);
	hdf5_set_filters(file, list);
}

static herr_t write_values(struct hdf5_file *file, hid_t dataset, const struct hdf5_array *array)
{
	hid_t transfer = hdf5_transfer(hdf5_type_size(array->type));
	herr_t written = H5Dwrite(dataset, hdf5_memory_type(file, array->type), H5S_ALL, H5S_ALL,
				  transfer, array->values);
	if (written >= 0)
		H5Pclose(transfer);
	return written;
}

hid_t hdf5_write_array(struct hdf5_file *file, hid_t group, const struct hdf5_array *array,
		       struct error *err)
{
	hid_t space = H5Screate_simple(array->rank, array->dims, NULL);
	hid_t list = H5Pcreate(H5P_DATASET_CREATE);
	H5Pset_obj_track_times(list, false);
	H5Pset_attr_phase_change(list, HDF5_ATTRIBUTES_COMPACT_MAX, 0);
	set_layout(file, list, array);
	hid_t dataset = H5Dcreate2(group, array->name, hdf5_file_type(file, array->type), space,
				   H5P_DEFAULT, list, H5P_DEFAULT);
	herr_t written = dataset < 0 ? -1 : 0;
	if (dataset >= 0 && array->values && H5Sget_simple_extent_npoints(space) > 0)
		written = write_values(file, dataset, array);
	if (written < 0) {
		hdf5_failed(file, array->name, err);
		H5Dclose(dataset);
		dataset = H5I_INVALID_HID;
	}
	H5Pclose(list);
	H5Sclose(space);
	return dataset;
}
