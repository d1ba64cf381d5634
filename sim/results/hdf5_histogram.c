/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Histograms with their bin edges, and texts line by line. */
#include "results/hdf5_file.h"

#include <stdio.h>

static int write_counts(struct hdf5_file *file, hid_t group, const uint64_t *counts, size_t n,
			struct error *err)
{
	struct hdf5_array array = { "count", RESULT_U64, 1, { n }, counts };
	hid_t dataset = hdf5_write_array(file, group, &array, err);
	if (dataset < 0)
		return -1;
	int result = hdf5_attach_bare_scale(file, group, dataset, "bin", n, err);
	H5Dclose(dataset);
	return result;
}

/* The edges are their own axis. */
static int write_edges(struct hdf5_file *file, hid_t group, const char *unit, const double *edges,
		       size_t n, struct error *err)
{
	struct hdf5_array array = { "edge", RESULT_F64, 1, { n }, edges };
	hid_t dataset = hdf5_write_array(file, group, &array, err);
	if (dataset < 0)
		return -1;
	int result = hdf5_make_scale(file, dataset, "edge", err);
	if (!result)
		result = hdf5_put_text(file, dataset, "units", unit, err);
	H5Dclose(dataset);
	return result;
}

int hdf5_histogram(void *sink, const char *path, const char *unit, const uint64_t *counts,
		   const double *edges, size_t n, struct error *err)
{
	struct hdf5_file *file = sink;
	/* Bins before the first and after the last that hold anything tell nothing. */
	size_t first = 0;
	while (n && !counts[n - 1])
		n--;
	while (first < n && !counts[first])
		first++;
	hid_t group = hdf5_group(file, path, err);
	if (group < 0)
		return -1;
	int result = write_counts(file, group, counts + first, n - first, err);
	if (!result)
		result = write_edges(file, group, unit, edges + first, n - first + 1, err);
	H5Gclose(group);
	return result;
}

int hdf5_text(void *sink, const char *path, const char *const *lines, size_t count,
	      struct error *err)
{
	struct hdf5_file *file = sink;
	const char *name;
	hid_t group = hdf5_parent(file, path, &name, err);
	if (group < 0)
		return -1;
	struct hdf5_array array = { name, RESULT_TEXT, 1, { count }, lines };
	hid_t dataset = hdf5_write_array(file, group, &array, err);
	int result = -1;
	if (dataset >= 0) {
		char dimension[128];
		snprintf(dimension, sizeof(dimension), "%s_line", name);
		result = hdf5_attach_bare_scale(file, group, dataset, dimension, count, err);
		H5Dclose(dataset);
	}
	H5Gclose(group);
	return result;
}
