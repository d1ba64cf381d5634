/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The rows of one column of a series, kept in memory until the file is finished: a run of rows has
 * one shape, and a new run begins when a dimension has grown (a new cache). Rows are dense, so what
 * is kept is what was sampled.
 */
#ifndef SLABYARD_RESULTS_HDF5_ROWS_H
#define SLABYARD_RESULTS_HDF5_ROWS_H

#include <stdbool.h>
#include <stddef.h>

#include "results/sink.h"

/* Lengths of the dimensions from first_row on; unused dimensions come first and have length 1. */
struct row_shape {
	size_t first_row;
	size_t length[RESULT_DIMS_MAX];
};

struct column_rows {
	struct result_column column;
	size_t element_size;
	unsigned char *values;
	size_t used, capacity; /* bytes of values */
	struct row_shape *shapes;
	size_t shape_count;
};

/* Appends row number `row` (0-based). False when memory is spent. */
bool column_rows_append(struct column_rows *rows, size_t row, const void *values);

/* Keeps rows 0, 2, 4 ... of `count`. */
void column_rows_thin(struct column_rows *rows, size_t count);

/*
 * All rows in the shape that the dimensions have now, what was not there yet as 0. The result is
 * rows->values itself or *expanded, which the caller frees. NULL when memory is spent.
 */
const void *column_rows_flat(const struct column_rows *rows, size_t count, void **expanded);

void column_rows_free(struct column_rows *rows);

#endif
