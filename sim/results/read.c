/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "results/read.h"

#include <hdf5.h>
#include <hdf5_hl.h>
#include <stdlib.h>
#include <string.h>

#include "results/cells.h"
#include "results/hdf5_input.h"
#include "results/hdf5_quiet.h"
#include "results/read_value.h"

static const unsigned char hdf5_signature[8] = { 0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n' };

bool result_recognise(const void *bytes, size_t length)
{
	return length >= sizeof(hdf5_signature) &&
	       !memcmp(bytes, hdf5_signature, sizeof(hdf5_signature));
}

static void print_attributes(hid_t file, const char *path, FILE *out)
{
	struct cells cells = { .columns = 2 };
	if (H5Lexists(file, path, H5P_DEFAULT) <= 0)
		return;
	hid_t object = H5Oopen(file, path, H5P_DEFAULT);
	read_attributes(object, &cells);
	H5Oclose(object);
	if (cells.count)
		fprintf(out, "\n%s\n", path + 1);
	cells_print(&cells, false, "  ", out);
}

static herr_t print_table(hid_t group, const char *name, const H5L_info_t *info, void *out)
{
	(void)info;
	struct cells cells = { 0 };
	hid_t object = H5Oopen(group, name, H5P_DEFAULT);
	if (H5Iget_type(object) == H5I_DATASET && read_table(object, &cells)) {
		fprintf(out, "\n%s\n", name);
		cells_print(&cells, true, "  ", out);
	}
	H5Oclose(object);
	return 0;
}

/* The last component of the scale's path: its dimension's name. */
static herr_t note_name(hid_t dataset, unsigned axis, hid_t scale, void *name)
{
	(void)dataset, (void)axis;
	char path[512];
	if (H5Iget_name(scale, path, sizeof(path)) > 0)
		snprintf(name, 64, "%s", strrchr(path, '/') + 1);
	return 1;
}

/* "time 305 x zone 2 x order 11" */
static void describe_axes(hid_t dataset, char *text, size_t size)
{
	hsize_t dims[H5S_MAX_RANK];
	hid_t space = H5Dget_space(dataset);
	int rank = H5Sget_simple_extent_dims(space, dims, NULL);
	H5Sclose(space);
	size_t used = 0;
	text[0] = '\0';
	for (int axis = 0; axis < rank && used < size; axis++) {
		char name[64] = "";
		H5DSiterate_scales(dataset, (unsigned)axis, NULL, note_name, name);
		used += (size_t)snprintf(text + used, size - used, "%s%s%s%llu", axis ? " x " : "",
					 name, *name ? " " : "", (unsigned long long)dims[axis]);
	}
}

static herr_t list_dataset(hid_t file, const char *name, const H5O_info_t *info, void *context)
{
	struct cells *cells = context;
	char axes[512];
	if (info->type != H5O_TYPE_DATASET)
		return 0;
	hid_t dataset = H5Dopen2(file, name, H5P_DEFAULT);
	if (H5DSis_scale(dataset) <= 0) {
		describe_axes(dataset, axes, sizeof(axes));
		char *unit = read_attribute_text(dataset, "units");
		cells_add(cells, "/%s", name);
		cells_add(cells, "%s", unit ? unit : "");
		cells_add(cells, "%s", axes);
		free(unit);
	}
	H5Dclose(dataset);
	return 0;
}

static void print_datasets(hid_t file, FILE *out)
{
	struct cells cells = { .columns = 3 };
	H5Ovisit2(file, H5_INDEX_NAME, H5_ITER_INC, list_dataset, &cells, H5O_INFO_BASIC);
	fprintf(out, "\ndatasets\n");
	cells_print(&cells, false, "  ", out);
}

/* Many runs and hundreds of columns: their names, and where to go on. */
static void print_merged(hid_t file, const char *path, FILE *out)
{
	hsize_t rows = 0;
	hid_t dataset = H5Dopen2(file, "/runs", H5P_DEFAULT);
	if (dataset < 0)
		return;
	hid_t space = H5Dget_space(dataset), type = H5Dget_type(dataset);
	H5Sget_simple_extent_dims(space, &rows, NULL);
	int columns = H5Tget_nmembers(type);
	fprintf(out, "%s: Slabyard sweep, %llu runs\n\n/runs has %d columns\n", path,
		(unsigned long long)rows, columns);
	for (int i = 0; i < columns; i++) {
		char *name = H5Tget_member_name(type, (unsigned)i);
		fprintf(out, "  %s\n", name ? name : "");
		H5free_memory(name);
	}
	fputs("\n/run/NUMBER holds a run's time series; slabyard compare tells what is better\n",
	      out);
	H5Tclose(type);
	H5Sclose(space);
	H5Dclose(dataset);
}

static int print_result(hid_t file, const char *path, FILE *out, struct error *err)
{
	char *format = read_attribute_text(file, "format");
	char *status = read_attribute_text(file, "status");
	bool merged = format && !strcmp(format, "slabyard sweep");
	bool ours = merged || (format && !strcmp(format, "slabyard result"));
	if (merged) {
		print_merged(file, path, out);
	} else if (ours) {
		fprintf(out, "%s: Slabyard result, %s\n", path, status ? status : "not complete");
		print_attributes(file, "/summary", out);
		if (H5Lexists(file, "/summary", H5P_DEFAULT) > 0)
			H5Literate_by_name(file, "/summary", H5_INDEX_NAME, H5_ITER_INC, NULL,
					   print_table, out, H5P_DEFAULT);
		print_attributes(file, "/provenance", out);
		print_datasets(file, out);
	}
	free(format);
	free(status);
	if (!ours)
		return error_set(err, ERROR_INPUT, "%s: an HDF5 file, but no slabyard result",
				 path);
	return 0;
}

static int open_and_print(FILE *out, const char *path, struct error *err)
{
	hid_t file = hdf5_open_to_read(path, err);
	if (file < 0)
		return -1;
	int result = print_result(file, path, out, err);
	H5Fclose(file);
	return result;
}

int result_info_print(FILE *out, const char *path, struct error *err)
{
	struct hdf5_quiet quiet = hdf5_quiet_begin();
	int result = open_and_print(out, path, err);
	hdf5_quiet_end(&quiet);
	return result;
}
