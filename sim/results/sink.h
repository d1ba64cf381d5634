/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where a run's results go. A sink is a policy: `hdf5` writes the file, `null` measures what
 * writing costs. The machine says what there is; the sink says how it is stored.
 *
 * Names are HDF5 paths ("/timeseries/buddy"). All calls return 0, or -1 with *err.
 */
#ifndef SLABYARD_RESULTS_SINK_H
#define SLABYARD_RESULTS_SINK_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "core/policy.h"

enum result_type { RESULT_U64, RESULT_I64, RESULT_I32, RESULT_F64, RESULT_TEXT };

enum { RESULT_DIMS_MAX = 3 };

/* A further dimension of a column beside time: zones, orders, caches, ... */
struct result_dimension {
	const char *name; /* "zone", "order", "cache": also the scale's dataset name */
	size_t length;
	const char *const *labels; /* length names, or NULL for 0..length-1 */
};

struct result_column {
	const char *name, *unit, *long_name;
	enum result_type type; /* not RESULT_TEXT in a series */
	size_t dimension_count;
	const struct result_dimension *dimensions[RESULT_DIMS_MAX];
};

struct result_series; /* chunked columns over time */
struct result_table;  /* rows of a compound type */

struct result_sink {
	struct policy_info info;

	/* Opens under a temporary name beside path. NULL and *err. */
	void *(*open)(const char *path, const void *params, struct error *err);

	/*
	 * Attributes of a group or dataset, in effect at finish, the last value of a name wins;
	 * text is UTF-8. The group is made when nothing is there.
	 */
	int (*attribute_text)(void *sink, const char *object, const char *name, const char *value,
			      struct error *err);
	int (*attribute_u64)(void *sink, const char *object, const char *name, uint64_t value,
			     struct error *err);
	int (*attribute_f64)(void *sink, const char *object, const char *name, double value,
			     struct error *err);

	/*
	 * A group of columns that grow by one row a sample, with dimension scales "time" (ns) and
	 * "record" (trace record number). `dimension`s may grow between samples (new caches): the
	 * labels are taken again at finish; rows from before hold 0 for what was not there yet.
	 * Dimensions, labels and all strings of the columns must outlive the sink. Dimensions of
	 * one name in one group are one, of one length.
	 */
	struct result_series *(*series)(void *sink, const char *group,
					const struct result_column *columns, size_t column_count,
					struct error *err);
	/* values[i] points at column i's elements in row-major order, dimensions as they are now.
	 */
	int (*series_append)(struct result_series *series, uint64_t time_ns, uint64_t record,
			     const void *const *values, struct error *err);
	/* Drops every second row, the first kept. */
	int (*series_thin)(struct result_series *series, struct error *err);

	/* A compound table; columns have no dimensions here. */
	struct result_table *(*table)(void *sink, const char *path,
				      const struct result_column *columns, size_t column_count,
				      struct error *err);
	/* values[i]: const uint64_t *, int64_t *, int32_t *, double * or char * by type. */
	int (*table_append)(struct result_table *table, const void *const *values,
			    struct error *err);

	/*
	 * counts[n] with n + 1 bin edges in the unit given, as /latency/NAME. Empty bins at both
	 * ends are left out.
	 */
	int (*histogram)(void *sink, const char *path, const char *unit, const uint64_t *counts,
			 const double *edges, size_t n, struct error *err);

	/* A one-dimensional dataset of strings, one per line of provenance. */
	int (*text)(void *sink, const char *path, const char *const *lines, size_t count,
		    struct error *err);

	/* Writes everything, fsyncs and renames to the final name. The sink is gone afterwards. */
	int (*finish)(void *sink, struct error *err);
	/* Removes the temporary file. The sink is gone afterwards. */
	void (*abandon)(void *sink);
};

extern const struct policy_kind result_sinks;

static inline const struct result_sink *result_sink_of(const struct policy_info *info)
{
	return (const struct result_sink *)(const void *)info;
}

#endif
