/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Dimension scales (the HDF5 Dimension Scale specification), as netCDF-4 uses them. */
#include "results/hdf5_file.h"

#include <hdf5_hl.h>
#include <stdio.h>
#include <stdlib.h>

int hdf5_make_scale(struct hdf5_file *file, hid_t dataset, const char *name, struct error *err)
{
	return H5DSset_scale(dataset, name) < 0 ? hdf5_failed(file, name, err) : 0;
}

int hdf5_attach_scale(struct hdf5_file *file, hid_t dataset, hid_t scale, unsigned axis,
		      struct error *err)
{
	if (H5DSattach_scale(dataset, scale, axis) < 0)
		return hdf5_failed(file, "dimension scale", err);
	return 0;
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
	hid_t list = H5Pcreate(H5P_DATASET_CREATE);
	H5Pset_obj_track_times(list, false);
	hid_t scale = H5Dcreate2(group, name, H5T_STD_I32LE, space, H5P_DEFAULT, list, H5P_DEFAULT);
	if (scale < 0)
		hdf5_failed(file, name, err);
	H5Pclose(list);
	H5Sclose(space);
	return scale;
}

int hdf5_attach_bare_scale(struct hdf5_file *file, hid_t group, hid_t dataset, const char *name,
			   hsize_t length, struct error *err)
{
	char label[96];
	hid_t scale = bare_scale(file, group, name, length, err);
	if (scale < 0)
		return -1;
	bare_scale_name(label, sizeof(label), length);
	int result = hdf5_make_scale(file, scale, label, err);
	if (!result)
		result = hdf5_attach_scale(file, dataset, scale, 0, err);
	H5Dclose(scale);
	return result;
}
