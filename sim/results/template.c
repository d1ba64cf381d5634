/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How to write a result sink. This one writes plain lines, one a row, so that a shell script can
 * read a run. It is built by the tests as a plugin and is no part of the program.
 *
 * To add a sink to the program: copy this file to sim/results/NAME.c, put it in CMakeLists.txt, and
 * add POLICY(NAME_sink) to policies.def. To try it without building the program anew, keep the last
 * lines of this file, compile it with
 *     cc -shared -fPIC -o lines.so lines.c $(pkg-config --cflags slabyard)
 * and run `slabyard --plugin ./lines.so run --set results.policy=lines ...`.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "results/sink.h"

/*
 * What open() returns. A series or a table keeps what its rows need; the strings and dimensions of
 * its columns outlive the sink, the array of columns does not.
 */
struct lines_sink {
	FILE *out;
	char *path;
	struct lines_rows *rows; /* all series and tables, to be freed at the end */
};

struct lines_rows {
	struct lines_sink *sink;
	struct lines_rows *next;
	const char *name;
	size_t column_count;
	struct result_column columns[];
};

static int no_memory(struct error *err)
{
	return error_set(err, ERROR_RUN, "no memory for results");
}

/*
 * Called once, before the run. A sink that is worth keeping writes under a temporary name and
 * renames in finish(), so that no half a result stands under the name that the user gave.
 */
static void *lines_open(const char *path, const void *params, struct error *err)
{
	(void)params; /* this sink has no options; see sim/cost/template.c for some */
	struct lines_sink *sink = calloc(1, sizeof(*sink));
	if (!sink) {
		no_memory(err);
		return NULL;
	}
	sink->out = fopen(path, "w");
	if (!sink->out || asprintf(&sink->path, "%s", path) < 0) {
		error_errno(err, path, "cannot write results");
		free(sink);
		return NULL;
	}
	return sink;
}

/* Attributes may come at any time, before or after the object that they belong to. */
static int lines_attribute_text(void *sink, const char *object, const char *name, const char *value,
				struct error *err)
{
	struct lines_sink *lines = sink;
	(void)err; /* a full disk is found out by finish(), once for all lines */
	fprintf(lines->out, "%s %s=%s\n", object, name, value);
	return 0;
}

static int lines_attribute_u64(void *sink, const char *object, const char *name, uint64_t value,
			       struct error *err)
{
	char text[32];
	snprintf(text, sizeof(text), "%" PRIu64, value);
	return lines_attribute_text(sink, object, name, text, err);
}

static int lines_attribute_f64(void *sink, const char *object, const char *name, double value,
			       struct error *err)
{
	char text[32];
	snprintf(text, sizeof(text), "%.17g", value);
	return lines_attribute_text(sink, object, name, text, err);
}

static struct lines_rows *rows_create(struct lines_sink *sink, const char *name,
				      const struct result_column *columns, size_t count,
				      struct error *err)
{
	struct lines_rows *rows = calloc(1, sizeof(*rows) + count * sizeof(*columns));
	if (!rows) {
		no_memory(err);
		return NULL;
	}
	rows->sink = sink;
	rows->name = name;
	rows->column_count = count;
	for (size_t i = 0; i < count; i++)
		rows->columns[i] = columns[i];
	rows->next = sink->rows;
	sink->rows = rows;
	return rows;
}

static void print_element(FILE *out, enum result_type type, const void *values, size_t i)
{
	switch (type) {
	case RESULT_U64:
		fprintf(out, " %" PRIu64, ((const uint64_t *)values)[i]);
		break;
	case RESULT_I64:
		fprintf(out, " %" PRId64, ((const int64_t *)values)[i]);
		break;
	case RESULT_I32:
		fprintf(out, " %" PRId32, ((const int32_t *)values)[i]);
		break;
	case RESULT_F64:
		fprintf(out, " %.17g", ((const double *)values)[i]);
		break;
	case RESULT_TEXT:
		fprintf(out, " %s", (const char *)values);
		break;
	}
}

/* A column without dimensions has one element; lengths are asked anew at every row. */
static void print_columns(const struct lines_rows *rows, const void *const *values)
{
	FILE *out = rows->sink->out;
	for (size_t c = 0; c < rows->column_count; c++) {
		const struct result_column *column = &rows->columns[c];
		size_t elements = 1;
		for (size_t d = 0; d < column->dimension_count; d++)
			elements *= column->dimensions[d]->length;
		fprintf(out, " %s", column->name);
		for (size_t i = 0; i < elements; i++)
			print_element(out, column->type, values[c], i);
	}
	fputc('\n', out);
}

static struct result_series *lines_series(void *sink, const char *group,
					  const struct result_column *columns, size_t column_count,
					  struct error *err)
{
	return (struct result_series *)rows_create(sink, group, columns, column_count, err);
}

static int lines_series_append(struct result_series *series, uint64_t time_ns, uint64_t record,
			       const void *const *values, struct error *err)
{
	const struct lines_rows *rows = (const struct lines_rows *)series;
	(void)err;
	fprintf(rows->sink->out, "%s time %" PRIu64 " record %" PRIu64, rows->name, time_ns,
		record);
	print_columns(rows, values);
	return 0;
}

/* What is written cannot be taken back: this sink keeps all rows, which is allowed. */
static int lines_series_thin(struct result_series *series, struct error *err)
{
	(void)series, (void)err;
	return 0;
}

static struct result_table *lines_table(void *sink, const char *path,
					const struct result_column *columns, size_t column_count,
					struct error *err)
{
	return (struct result_table *)rows_create(sink, path, columns, column_count, err);
}

static int lines_table_append(struct result_table *table, const void *const *values,
			      struct error *err)
{
	const struct lines_rows *rows = (const struct lines_rows *)table;
	(void)err;
	fputs(rows->name, rows->sink->out);
	print_columns(rows, values);
	return 0;
}

static int lines_histogram(void *sink, const char *path, const char *unit, const uint64_t *counts,
			   const double *edges, size_t n, struct error *err)
{
	struct lines_sink *lines = sink;
	(void)err;
	for (size_t i = 0; i < n; i++)
		if (counts[i])
			fprintf(lines->out, "%s from %.17g to %.17g %s %" PRIu64 "\n", path,
				edges[i], edges[i + 1], unit, counts[i]);
	return 0;
}

static int lines_text(void *sink, const char *path, const char *const *text, size_t count,
		      struct error *err)
{
	struct lines_sink *lines = sink;
	(void)err;
	for (size_t i = 0; i < count; i++)
		fprintf(lines->out, "%s %s\n", path, text[i]);
	return 0;
}

static void lines_free(struct lines_sink *sink)
{
	while (sink->rows) {
		struct lines_rows *next = sink->rows->next;
		free(sink->rows);
		sink->rows = next;
	}
	free(sink->path);
	free(sink);
}

/* The run succeeded. Whatever is returned, the sink is gone afterwards. */
static int lines_finish(void *sink, struct error *err)
{
	struct lines_sink *lines = sink;
	int failed = ferror(lines->out);
	if (fclose(lines->out) || failed) {
		error_errno(err, lines->path, "cannot write results");
		remove(lines->path);
		failed = 1;
	}
	lines_free(lines);
	return failed ? -1 : 0;
}

/* The run failed: nothing stays behind. */
static void lines_abandon(void *sink)
{
	struct lines_sink *lines = sink;
	fclose(lines->out);
	remove(lines->path);
	lines_free(lines);
}

/* The table: what the sink is called, and its hooks. None may be left out. */
static const struct result_sink lines_sink = {
	.info = { .abi = POLICY_ABI, .name = "lines", .help = "plain text, one line a row" },
	.open = lines_open,
	.attribute_text = lines_attribute_text,
	.attribute_u64 = lines_attribute_u64,
	.attribute_f64 = lines_attribute_f64,
	.series = lines_series,
	.series_append = lines_series_append,
	.series_thin = lines_series_thin,
	.table = lines_table,
	.table_append = lines_table_append,
	.histogram = lines_histogram,
	.text = lines_text,
	.finish = lines_finish,
	.abandon = lines_abandon,
};

/* What a plugin exports. */
const struct slabyard_plugin slabyard_plugin = { "results", &lines_sink.info };
