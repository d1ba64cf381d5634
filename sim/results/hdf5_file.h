/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the parts of the hdf5 sink share. The file is open from open() to finish(); series stay in
 * memory until then, as they may still be thinned and their dimensions may still grow, and
 * attributes too, as the datasets that they describe come last. Tables are written as they grow.
 *
 * The bytes depend on the results alone: fixed library version bounds, no object times, objects
 * created in the order of the calls.
 */
#ifndef SLABYARD_RESULTS_HDF5_FILE_H
#define SLABYARD_RESULTS_HDF5_FILE_H

#include <hdf5.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "results/hdf5_quiet.h"
#include "results/sink.h"

/*
 * An object's attributes stay in its header, however many: faster, all in one place, and
 * HDF5 1.10's H5Ocopy falls over others that hold text.
 */
enum { HDF5_ATTRIBUTES_COMPACT_MAX = 4096 };

struct hdf5_params {
	uint64_t deflate; /* zlib level of chunked datasets, 0: stored */
};

struct hdf5_attribute {
	char *object, *name, *text; /* text: RESULT_TEXT only */
	enum result_type type;
	union {
		uint64_t u64;
		double f64;
	};
};

struct hdf5_file {
	char *path, *temporary;
	const char *format; /* the attribute of that name */
	hid_t file;
	hid_t group_create;                    /* property list of every group */
	hid_t dataset_create;                  /* of every dataset */
	hid_t compact_create;                  /* and of those that stand in their header */
	hid_t transfer;                        /* of every write of an array */
	hid_t text_type;                       /* variable-length UTF-8 */
	hid_t scalar;                          /* the space of every attribute */
	hid_t scale_list_type, scale_use_type; /* hdf5_dimension.c */
	unsigned deflate;
	struct hdf5_quiet quiet; /* while the sink is open */
	struct hdf5_attribute *attributes;
	size_t attribute_count, attribute_capacity;
	struct result_series *series; /* newest first */
	struct result_table *tables;  /* newest first */
};

/* "PATH: cannot write WHAT: reason", the reason as the failed HDF5 call just left it. Returns -1.
 */
int hdf5_failed(const struct hdf5_file *file, const char *what, struct error *err);
int hdf5_no_memory(const struct hdf5_file *file, struct error *err);

/* hdf5_object.c: ids returned are the caller's to close; negative with *err on failure. */

/* The group of that path, made with all above it where missing. */
hid_t hdf5_group(struct hdf5_file *file, const char *path, struct error *err);
/* The group that path stands in; *name is path's last component. */
hid_t hdf5_parent(struct hdf5_file *file, const char *path, const char **name, struct error *err);

/* Type in the file (little endian, the same everywhere) and in memory. Not to be closed. */
hid_t hdf5_file_type(const struct hdf5_file *file, enum result_type type);
hid_t hdf5_memory_type(const struct hdf5_file *file, enum result_type type);
size_t hdf5_type_size(enum result_type type);

/* A whole dataset in one write: chunked, shuffled and deflated unless it is text or small. */
struct hdf5_array {
	const char *name;
	enum result_type type;
	int rank;
	hsize_t dims[1 + RESULT_DIMS_MAX];
	const void *values;
};
hid_t hdf5_write_array(struct hdf5_file *file, hid_t group, const struct hdf5_array *array,
		       struct error *err);
/* hdf5_chunks.c: all values of an array with shuffled and deflated chunks of so many rows. */
herr_t hdf5_write_chunks(const struct hdf5_file *file, hid_t dataset,
			 const struct hdf5_array *array, hsize_t chunk_rows);

/* Removes nothing and adds `filters`: shuffle and deflate as configured. */
herr_t hdf5_set_filters(const struct hdf5_file *file, hid_t dataset_create);

/* hdf5_attribute.c */

int hdf5_put_text(struct hdf5_file *file, hid_t object, const char *name, const char *value,
		  struct error *err);
/* Keeps the attribute until hdf5_write_attributes. value points at what type says. */
int hdf5_keep_attribute(struct hdf5_file *file, const char *object, const char *name,
			enum result_type type, const void *value, struct error *err);
int hdf5_write_attributes(struct hdf5_file *file, struct error *err);
void hdf5_free_attributes(struct hdf5_file *file);

/* hdf5_dimension.c: dimension scales, with which xarray and netCDF know axes by name. */

int hdf5_make_scale(struct hdf5_file *file, hid_t dataset, const char *name, struct error *err);
/* A scale while the datasets that have it are written; what follows is its own. */
struct hdf5_scale {
	hid_t id;
	struct hdf5_scale_use *uses;
	size_t use_count, use_capacity;
};

/* The types of the attributes that connect scales and datasets; -1 as HDF5 fails. */
int hdf5_scale_types(struct hdf5_file *file);
/* Names the axes of a dataset of that rank; the scales are finished when all datasets are there. */
int hdf5_attach_scales(struct hdf5_file *file, hid_t dataset, struct hdf5_scale *const *scales,
		       unsigned rank, struct error *err);
/* Writes who has the scale, and closes it. */
int hdf5_finish_scale(struct hdf5_file *file, struct hdf5_scale *scale, struct error *err);
void hdf5_close_scale(struct hdf5_scale *scale);
/* A scale with the dimension's labels, or 0..length-1, in group. */
hid_t hdf5_label_scale(struct hdf5_file *file, hid_t group,
		       const struct result_dimension *dimension, struct error *err);
/* Gives dataset's only axis a dimension of its own that has a length and no coordinates. */
int hdf5_attach_bare_scale(struct hdf5_file *file, hid_t group, hid_t dataset, const char *name,
			   hsize_t length, struct error *err);

/* hdf5_series.c, hdf5_table.c, hdf5_histogram.c: hooks of the ops table and what finish() needs. */

struct result_series *hdf5_series(void *sink, const char *group,
				  const struct result_column *columns, size_t column_count,
				  struct error *err);
int hdf5_series_append(struct result_series *series, uint64_t time_ns, uint64_t record,
		       const void *const *values, struct error *err);
int hdf5_series_thin(struct result_series *series, struct error *err);
int hdf5_write_series(struct hdf5_file *file, struct error *err);
void hdf5_free_series(struct hdf5_file *file);

struct result_table *hdf5_table(void *sink, const char *path, const struct result_column *columns,
				size_t column_count, struct error *err);
int hdf5_table_append(struct result_table *table, const void *const *values, struct error *err);
int hdf5_write_tables(struct hdf5_file *file, struct error *err);
void hdf5_free_tables(struct hdf5_file *file);

int hdf5_histogram(void *sink, const char *path, const char *unit, const uint64_t *counts,
		   const double *edges, size_t n, struct error *err);
int hdf5_text(void *sink, const char *path, const char *const *lines, size_t count,
	      struct error *err);

/* hdf5_file.c */

void *hdf5_open(const char *path, const void *params, struct error *err);
int hdf5_finish(void *sink, struct error *err);
void hdf5_abandon(void *sink);

#endif
