/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Dimension scales (the HDF5 Dimension Scale specification), as netCDF-4 uses them. A scale's list
 * of the datasets that have it is written once, when all have been told: H5DSattach_scale() reads
 * it, adds one and writes it anew each time.
 */
#include "results/hdf5_file.h"

#include <hdf5_hl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int hdf5_make_scale(struct hdf5_file *file, hid_t dataset, const char *name, struct error *err)
{
	return H5DSset_scale(dataset, name) < 0 ? hdf5_failed(file, name, err) : 0;
}

/* An element of REFERENCE_LIST: a dataset that has the scale, and which axis it is there. */
struct hdf5_scale_use {
	hobj_ref_t dataset;
	int axis;
};

int hdf5_scale_types(struct hdf5_file *file)
{
	file->scale_list_type = H5Tvlen_create(H5T_STD_REF_OBJ);
	file->scale_use_type = H5Tcreate(H5T_COMPOUND, sizeof(struct hdf5_scale_use));
	if (file->scale_list_type < 0 || file->scale_use_type < 0 ||
	    H5Tinsert(file->scale_use_type, "dataset", HOFFSET(struct hdf5_scale_use, dataset),
		      H5T_STD_REF_OBJ) < 0 ||
	    H5Tinsert(file->scale_use_type, "dimension", HOFFSET(struct hdf5_scale_use, axis),
		      H5T_NATIVE_INT) < 0)
		return -1;
	return 0;
}

static int put_list(struct hdf5_file *file, hid_t object, const char *name, hid_t type,
		    hsize_t length, const void *values, struct error *err)
{
	hid_t space = H5Screate_simple(1, &length, NULL);
	hid_t attribute = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
	int result = 0;
	if (attribute < 0 || H5Awrite(attribute, type, values) < 0)
		result = hdf5_failed(file, name, err);
	H5Aclose(attribute);
	H5Sclose(space);
	return result;
}

static bool note_use(struct hdf5_scale *scale, hobj_ref_t dataset, unsigned axis)
{
	if (scale->use_count == scale->use_capacity) {
		size_t capacity = scale->use_capacity ? 2 * scale->use_capacity : 4;
		void *grown = realloc(scale->uses, capacity * sizeof(*scale->uses));
		if (!grown)
			return false;
		scale->uses = grown;
		scale->use_capacity = capacity;
	}
	/* all of it, as gaps go to the file too */
	struct hdf5_scale_use *use = memset(&scale->uses[scale->use_count++], 0, sizeof(*use));
	use->dataset = dataset;
	use->axis = (int)axis;
	return true;
}

int hdf5_attach_scales(struct hdf5_file *file, hid_t dataset, struct hdf5_scale *const *scales,
		       unsigned rank, struct error *err)
{
	hobj_ref_t self, references[1 + RESULT_DIMS_MAX];
	hvl_t axes[1 + RESULT_DIMS_MAX];
	if (H5Rcreate(&self, dataset, ".", H5R_OBJECT, -1) < 0)
		return hdf5_failed(file, "dimension scale", err);
	for (unsigned i = 0; i < rank; i++) {
		if (H5Rcreate(&references[i], scales[i]->id, ".", H5R_OBJECT, -1) < 0)
			return hdf5_failed(file, "dimension scale", err);
		if (!note_use(scales[i], self, i))
			return hdf5_no_memory(file, err);
		axes[i] = (hvl_t){ 1, &references[i] };
	}
	return put_list(file, dataset, "DIMENSION_LIST", file->scale_list_type, rank, axes, err);
}

int hdf5_finish_scale(struct hdf5_file *file, struct hdf5_scale *scale, struct error *err)
{
	int result = 0;
	if (scale->use_count)
		result = put_list(file, scale->id, "REFERENCE_LIST", file->scale_use_type,
				  scale->use_count, scale->uses, err);
	hdf5_close_scale(scale);
	return result;
}

void hdf5_close_scale(struct hdf5_scale *scale)
{
	if (scale->id >= 0)
		H5Dclose(scale->id);
	free(scale->uses);
	*scale = (struct hdf5_scale){ .id = H5I_INVALID_HID };
}

static int32_t *count_up(size_t length)
{
	int32_t *numbers = malloc((length + 1) * sizeof(*numbers));
	for (size_t i = 0; numbers && i < length; i++)
		numbers[i] = (int32_t)i;
	return numbers;
}

hid_t hdf5_label_scale(struct hdf5_file *file, hid_t group,
		       const struct result_dimension *dimension, struct error *err)
{
	int32_t *numbers = dimension->labels ? NULL : count_up(dimension->length);
	if (!dimension->labels && !numbers)
		return hdf5_no_memory(file, err);
	struct hdf5_array array = {
		.name = dimension->name,
		.type = dimension->labels ? RESULT_TEXT : RESULT_I32,
		.rank = 1,
		.dims = { dimension->length },
		.values = dimension->labels ? (const void *)dimension->labels : numbers,
	};
	hid_t scale = hdf5_write_array(file, group, &array, err);
	free(numbers);
	if (scale >= 0 && hdf5_make_scale(file, scale, dimension->name, err)) {
		H5Dclose(scale);
		return H5I_INVALID_HID;
	}
	return scale;
}

/* By this name netCDF-4 marks a scale that stands for a length only; the number is that length. */
static void bare_scale_name(char *name, size_t size, hsize_t length)
{
	snprintf(name, size, "This is a netCDF dimension but not a netCDF variable.%10llu",
		 (unsigned long long)length);
}

/* Never written to, so it takes no room in the file. */
static hid_t bare_scale(struct hdf5_file *file, hid_t group, const char *name, hsize_t length,
			struct error *err)
{
	hid_t space = H5Screate_simple(1, &length, NULL);
	hid_t scale = H5Dcreate2(group, name, H5T_STD_I32LE, space, H5P_DEFAULT,
				 file->dataset_create, H5P_DEFAULT);
	if (scale < 0)
		hdf5_failed(file, name, err);
	H5Sclose(space);
	return scale;
}

int hdf5_attach_bare_scale(struct hdf5_file *file, hid_t group, hid_t dataset, const char *name,
			   hsize_t length, struct error *err)
{
	char label[96];
	struct hdf5_scale scale = { .id = bare_scale(file, group, name, length, err) };
	struct hdf5_scale *const axis = &scale;
	if (scale.id < 0)
		return -1;
	bare_scale_name(label, sizeof(label), length);
	if (hdf5_make_scale(file, scale.id, label, err) == 0 &&
	    hdf5_attach_scales(file, dataset, &axis, 1, err) == 0)
		return hdf5_finish_scale(file, &scale, err);
	hdf5_close_scale(&scale);
	return -1;
}
