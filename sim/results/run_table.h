/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Runs as rows: columns of their own, that whoever adds a run fills, and behind them one for each
 * figure (results/figures.h) that some result has.
 */
#ifndef SLABYARD_RESULTS_RUN_TABLE_H
#define SLABYARD_RESULTS_RUN_TABLE_H

#include <stdbool.h>

#include "results/sink.h"

/* A value by its column's type. */
union run_value {
	uint64_t u64;
	int64_t i64;
	double f64;
	const char *text;
};

struct run_table;

/* `columns` must outlive the table. NULL when memory is out. */
struct run_table *run_table_create(const struct result_column *columns, size_t count);
void run_table_destroy(struct run_table *table);

/* The figures of a whole result of a run. -1 with *err when it is none. */
int run_table_add(struct run_table *table, const char *result, const union run_value *values,
		  struct error *err);
/* The rows of a merged file, all of their columns, into a table without own ones. */
int run_table_add_merged(struct run_table *table, const char *merged, struct error *err);

size_t run_table_rows(const struct run_table *table);
size_t run_table_columns(const struct run_table *table);
const char *run_table_name(const struct run_table *table, size_t column);
bool run_table_is_text(const struct run_table *table, size_t column);
/* The column of that name; run_table_columns() when there is none. */
size_t run_table_find(const struct run_table *table, const char *name);
/* NaN when the run does not have it, or it is a text. */
double run_table_number(const struct run_table *table, size_t row, size_t column);
/* "" when the run does not have it, or it is a number. */
const char *run_table_text(const struct run_table *table, size_t row, size_t column);

#endif
