/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "results/figures.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/grow.h"

static const double ps_per_ns = 1000;

/* Names of columns are made of what is a word in every program. */
static const char *word(struct figures *f, const char *prefix, const char *name, const char *suffix)
{
	const char *text = text_pool_format(&f->text, "%s%s%s", prefix, name, suffix);
	for (char *at = (char *)(uintptr_t)text; at && *at; at++)
		if (!isalnum((unsigned char)*at))
			*at = '_';
	return text;
}

static void add(struct figures *f, const struct figure *figure)
{
	struct figure *grown = grow_array(f->items, f->count, &f->capacity, sizeof(*grown));
	if (!grown || !figure->name || (figure->type == RESULT_TEXT && !figure->text)) {
		f->lost = true;
		return;
	}
	f->items = grown;
	grown[f->count++] = *figure;
}

static bool ends_with(const char *name, const char *ending)
{
	size_t length = strlen(name), size = strlen(ending);
	return length >= size && strcmp(name + length - size, ending) == 0;
}

/* "latency_ps_mean" counts in "latency_ns_mean". */
static bool is_picoseconds(const char *name)
{
	return strstr(name, "_ps_") || ends_with(name, "_ps");
}

static const char *in_nanoseconds(struct figures *f, const char *name)
{
	const char *text = text_pool_add(&f->text, name);
	char *at = text ? strstr((char *)(uintptr_t)text, "_ps") : NULL;
	if (at)
		at[1] = 'n';
	return text;
}

/* Of a run in which nothing happens, there is none: in every run a real number, as NaN is one. */
static bool may_be_none(const char *name)
{
	return ends_with(name, "horizon_record") || ends_with(name, "horizon_time_ns") ||
	       ends_with(name, "first_divergence_record");
}

/* What has no value, or is of more than one kind from run to run, is a real number. */
static void add_number(struct figures *f, const char *name, const struct read_value *value)
{
	struct figure figure = { .name = name, .type = RESULT_U64 };
	bool none = value->class == READ_UNSIGNED && value->number == UINT64_MAX;
	if (value->class == READ_REAL || none || is_picoseconds(name) || may_be_none(name)) {
		figure.type = RESULT_F64;
		figure.f64 = none                            ? (double)NAN
			     : value->class == READ_REAL     ? value->real
			     : value->class == READ_UNSIGNED ? (double)value->number
							     : (double)value->integer;
	} else if (value->class == READ_UNSIGNED) {
		figure.u64 = value->number;
	} else {
		figure.type = RESULT_I64;
		figure.i64 = value->integer;
	}
	if (name && is_picoseconds(name)) {
		figure.name = in_nanoseconds(f, name);
		figure.f64 /= ps_per_ns;
	}
	add(f, &figure);
}

static void add_value(struct figures *f, const char *name, const struct read_value *value)
{
	struct figure figure = { .name = name, .type = RESULT_TEXT };
	if (!name) {
		f->lost = true;
	} else if (value->class != READ_TEXT) {
		add_number(f, name, value);
	} else {
		figure.text = text_pool_add(&f->text, value->text);
		add(f, &figure);
	}
}

void figures_add(struct figures *f, const char *name, const struct read_value *value)
{
	struct figure figure = { .name = text_pool_add(&f->text, name) };
	switch (value->class) {
	case READ_TEXT:
		figure.type = RESULT_TEXT;
		figure.text = text_pool_add(&f->text, value->text);
		break;
	case READ_REAL:
		figure.type = RESULT_F64;
		figure.f64 = value->real;
		break;
	case READ_UNSIGNED:
		figure.type = RESULT_U64;
		figure.u64 = value->number;
		break;
	case READ_INTEGER:
		figure.type = RESULT_I64;
		figure.i64 = value->integer;
		break;
	}
	add(f, &figure);
}

static void take_attribute(void *context, const char *name, const struct read_value *value)
{
	struct figures *f = context;
	/* A hash is a name. */
	if (strcmp(name, "trace_hash") == 0 && value->class == READ_UNSIGNED) {
		struct figure figure = { .name = text_pool_add(&f->text, name),
					 .type = RESULT_TEXT,
					 .text = text_pool_format(
						 &f->text, "%016llx",
						 (unsigned long long)value->number) };
		add(f, &figure);
		return;
	}
	add_value(f, word(f, "", name, ""), value);
}

static void read_group(struct figures *f, hid_t file, const char *path)
{
	if (H5Lexists(file, path, H5P_DEFAULT) <= 0)
		return;
	hid_t group = H5Oopen(file, path, H5P_DEFAULT);
	read_each_attribute(group, take_attribute, f);
	H5Oclose(group);
}

/* How a table's rows become figures. */
struct row_names {
	struct figures *figures;
	const char *column; /* whose text is the row's name */
	const char *prefix;
	bool counts; /* the value of `count` is the row's own */
	const char *row;
	bool idle; /* never carried out: has no latencies */
};

static void take_cell(void *context, const char *column, const struct read_value *value)
{
	struct row_names *names = context;
	struct figures *f = names->figures;
	if (strcmp(column, names->column) == 0) {
		names->row = word(f, names->prefix ? names->prefix : "", value->text, "");
		f->lost = f->lost || !names->row;
	}
	if (strcmp(column, "executed") == 0)
		names->idle = value->number == 0;
	bool missing = names->idle && strncmp(column, "latency_", strlen("latency_")) == 0;
	if (value->class == READ_TEXT || !names->row || missing)
		return;
	const char *suffix = text_pool_format(&f->text, "_%s", column);
	if (names->counts && strcmp(column, "count") == 0)
		suffix = "";
	add_value(f, suffix ? word(f, "", names->row, suffix) : NULL, value);
}

static void read_rows(struct figures *f, hid_t file, const char *path, struct row_names names)
{
	names.figures = f;
	if (H5Lexists(file, path, H5P_DEFAULT) <= 0)
		return;
	hid_t dataset = H5Dopen2(file, path, H5P_DEFAULT);
	read_each_cell(dataset, take_cell, &names);
	H5Dclose(dataset);
}

void figures_read(struct figures *f, hid_t file)
{
	read_group(f, file, "/summary");
	read_group(f, file, "/provenance");
	read_rows(f, file, "/summary/operations", (struct row_names){ .column = "operation" });
	read_rows(f, file, "/summary/work",
		  (struct row_names){ .column = "work", .prefix = "work_", .counts = true });
	read_rows(f, file, "/summary/locks",
		  (struct row_names){ .column = "lock", .prefix = "lock_" });
}

void figures_clear(struct figures *f)
{
	free(f->items);
	text_pool_free(&f->text);
	*f = (struct figures){ 0 };
}
