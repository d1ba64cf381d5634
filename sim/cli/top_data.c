/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/top_data.h"

#include <stdlib.h>
#include <string.h>

#include "results/result_file.h"

static const char *const columns[TOP_COLUMNS] = {
	[TOP_ALIVE] = "/timeseries/slab/alive",
	[TOP_ACTIVE_OBJECTS] = "/timeseries/slab/active_objects",
	[TOP_OBJECTS] = "/timeseries/slab/objects",
	[TOP_ACTIVE_SLABS] = "/timeseries/slab/active_slabs",
	[TOP_SLABS] = "/timeseries/slab/slabs",
	[TOP_BYTES_REQUESTED] = "/timeseries/slab/bytes_requested",
	[TOP_BYTES_HELD] = "/timeseries/slab/bytes_held",
};

/* Why a result has nothing that can be shown. */
static int check(const struct result_file *f, const char *of, struct error *err)
{
	char *level = result_attribute_text(f, "/summary", "level");
	char *version = result_attribute_text(f, "/provenance", "version");
	int result = 0;

	if (!result_file_has(f, "/timeseries/slab") && level && strcmp(level, "page") == 0)
		result = error_set(err, ERROR_INPUT,
				   "%s: is of a run at page level, which has no caches", of);
	else if (!result_file_has(f, "/timeseries/slab"))
		result = error_set(err, ERROR_INPUT, "%s: has no caches over time", of);
	else if (!result_file_has(f, "/summary/slab_caches") ||
		 !result_file_has(f, columns[TOP_ALIVE]))
		result = error_set(err, ERROR_INPUT,
				   "%s: does not tell sizes of its caches, as it is of an older "
				   "version (%s): run the trace again",
				   of, version ? version : "unknown");
	free(level);
	free(version);
	return result;
}

static int read_times(struct top_data *d, const struct result_file *f, const char *of,
		      struct error *err)
{
	struct result_array time = { 0 }, record = { 0 };
	uint64_t horizon_ns = UINT64_MAX;

	if (result_array_read(f, "/timeseries/slab/time", &time, err) != 0)
		return -1;
	d->time_ns = time.values;
	d->samples = time.rank == 1 ? time.dims[0] : 0;
	if (result_array_read(f, "/timeseries/slab/record", &record, err) != 0)
		return -1;
	d->record = record.values;
	if (d->samples == 0 || record.rank != 1 || record.dims[0] != d->samples)
		return error_set(err, ERROR_INPUT, "%s: no sample was taken in this run", of);
	const int64_t first = d->time_ns[0];

	result_attribute_u64(f, "/provenance", "horizon_time_ns", &horizon_ns);
	d->horizon_ns = horizon_ns == UINT64_MAX ? INT64_MAX : (int64_t)horizon_ns - first;
	for (size_t i = 0; i < d->samples; i++)
		d->time_ns[i] -= first;
	return 0;
}

static int read_facts(struct top_data *d, const struct result_file *f, struct error *err)
{
	static const char table[] = "/summary/slab_caches";
	size_t rows;

	if (result_column_text(f, table, "cache", &d->names, &d->caches, err) != 0 ||
	    result_column_u64(f, table, "object_size", &d->object_size, &rows, err) != 0 ||
	    result_column_u64(f, table, "objects_per_slab", &d->objects_per_slab, &rows, err) != 0)
		return -1;
	return result_column_u64(f, table, "pages_per_slab", &d->pages_per_slab, &rows, err);
}

static int read_values(struct top_data *d, const struct result_file *f, struct error *err)
{
	for (int c = 0; c < TOP_COLUMNS; c++) {
		struct result_array array = { 0 };
		if (result_array_read(f, columns[c], &array, err) != 0)
			return -1;
		d->values[c] = array.values;
		if (array.rank != 2 || array.dims[0] != d->samples || array.dims[1] != d->caches)
			return error_set(err, ERROR_INPUT, "%s: %s is damaged", result_file_path(f),
					 columns[c]);
	}
	return 0;
}

int top_data_read(struct top_data *d, const char *path, const char *of, struct error *err)
{
	*d = (struct top_data){ 0 };
	struct result_file *f = result_file_open(path, err);
	int result = f ? check(f, of, err) : -1;

	if (result == 0)
		d->slab_policy = result_attribute_text(f, "/summary", "slab_policy");
	if (result == 0)
		result = read_times(d, f, of, err);
	if (result == 0)
		result = read_facts(d, f, err);
	if (result == 0)
		result = read_values(d, f, err);
	result_file_close(f);
	return result;
}

void top_data_free(struct top_data *d)
{
	for (int c = 0; c < TOP_COLUMNS; c++)
		free(d->values[c]);
	result_texts_free(d->names, d->caches);
	free(d->time_ns);
	free(d->record);
	free(d->object_size);
	free(d->objects_per_slab);
	free(d->pages_per_slab);
	free(d->slab_policy);
	*d = (struct top_data){ 0 };
}
