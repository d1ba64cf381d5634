/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Takes everything and keeps nothing: a run without the cost of writing its results. */
#include "results/sink.h"

/* Open sinks, series and tables must be told from NULL, which means an error. */
static char nothing;

static void *null_open(const char *path, const void *params, struct error *err)
{
	(void)path, (void)params, (void)err;
	return &nothing;
}

static int null_attribute_text(void *sink, const char *object, const char *name, const char *value,
			       struct error *err)
{
	(void)sink, (void)object, (void)name, (void)value, (void)err;
	return 0;
}

static int null_attribute_u64(void *sink, const char *object, const char *name, uint64_t value,
			      struct error *err)
{
	(void)sink, (void)object, (void)name, (void)value, (void)err;
	return 0;
}

static int null_attribute_f64(void *sink, const char *object, const char *name, double value,
			      struct error *err)
{
	(void)sink, (void)object, (void)name, (void)value, (void)err;
	return 0;
}

static struct result_series *null_series(void *sink, const char *group,
					 const struct result_column *columns, size_t column_count,
					 struct error *err)
{
	(void)sink, (void)group, (void)columns, (void)column_count, (void)err;
	return (struct result_series *)&nothing;
}

static int null_series_append(struct result_series *series, uint64_t time_ns, uint64_t record,
			      const void *const *values, struct error *err)
{
	(void)series, (void)time_ns, (void)record, (void)values, (void)err;
	return 0;
}

static int null_series_thin(struct result_series *series, struct error *err)
{
	(void)series, (void)err;
	return 0;
}

static struct result_table *null_table(void *sink, const char *path,
				       const struct result_column *columns, size_t column_count,
				       struct error *err)
{
	(void)sink, (void)path, (void)columns, (void)column_count, (void)err;
	return (struct result_table *)&nothing;
}

static int null_table_append(struct result_table *table, const void *const *values,
			     struct error *err)
{
	(void)table, (void)values, (void)err;
	return 0;
}

static int null_histogram(void *sink, const char *path, const char *unit, const uint64_t *counts,
			  const double *edges, size_t n, struct error *err)
{
	(void)sink, (void)path, (void)unit, (void)counts, (void)edges, (void)n, (void)err;
	return 0;
}

static int null_text(void *sink, const char *path, const char *const *lines, size_t count,
		     struct error *err)
{
	(void)sink, (void)path, (void)lines, (void)count, (void)err;
	return 0;
}

static int null_finish(void *sink, struct error *err)
{
	(void)sink, (void)err;
	return 0;
}

static void null_abandon(void *sink)
{
	(void)sink;
}

extern const struct result_sink null_sink;
const struct result_sink null_sink = {
	.info = { .abi = POLICY_ABI,
		  .name = "null",
		  .help = "keeps nothing: a run without the cost of writing its results" },
	.open = null_open,
	.attribute_text = null_attribute_text,
	.attribute_u64 = null_attribute_u64,
	.attribute_f64 = null_attribute_f64,
	.series = null_series,
	.series_append = null_series_append,
	.series_thin = null_series_thin,
	.table = null_table,
	.table_append = null_table_append,
	.histogram = null_histogram,
	.text = null_text,
	.finish = null_finish,
	.abandon = null_abandon,
};
