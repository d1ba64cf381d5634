/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The hdf5 sink's ops table and options. */
#include "results/hdf5_file.h"

static int attribute_text(void *sink, const char *object, const char *name, const char *value,
			  struct error *err)
{
	return hdf5_keep_attribute(sink, object, name, RESULT_TEXT, value, err);
}

static int attribute_u64(void *sink, const char *object, const char *name, uint64_t value,
			 struct error *err)
{
	return hdf5_keep_attribute(sink, object, name, RESULT_U64, &value, err);
}

static int attribute_f64(void *sink, const char *object, const char *name, double value,
			 struct error *err)
{
	return hdf5_keep_attribute(sink, object, name, RESULT_F64, &value, err);
}

static const struct option_spec hdf5_options[] = {
	{ .name = "deflate",
	  .offset = offsetof(struct hdf5_params, deflate),
	  .type = OPTION_UINT,
	  .default_text = "1",
	  .min = 0,
	  .max = 9,
	  .unit = "",
	  .help = "zlib compression level of the datasets, 0 stores them as they are" },
	OPTION_END,
};

extern const struct result_sink hdf5_sink;
const struct result_sink hdf5_sink = {
	.info = { .abi = POLICY_ABI,
		  .name = "hdf5",
		  .help = "one HDF5 file, readable by h5py, pandas and xarray",
		  .options = hdf5_options,
		  .params_size = sizeof(struct hdf5_params) },
	.open = hdf5_open,
	.attribute_text = attribute_text,
	.attribute_u64 = attribute_u64,
	.attribute_f64 = attribute_f64,
	.series = hdf5_series,
	.series_append = hdf5_series_append,
	.series_thin = hdf5_series_thin,
	.table = hdf5_table,
	.table_append = hdf5_table_append,
	.histogram = hdf5_histogram,
	.text = hdf5_text,
	.finish = hdf5_finish,
	.abandon = hdf5_abandon,
};
