/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A result file opened to be read by name: attributes, columns of tables, arrays over time. What is
 * returned in memory is malloc'ed and the caller's.
 */
#ifndef SLABYARD_RESULTS_RESULT_FILE_H
#define SLABYARD_RESULTS_RESULT_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct result_file;

/* NULL and *err (ERROR_INPUT) when path is no whole result of a run. */
struct result_file *result_file_open(const char *path, struct error *err);
/* Likewise for what slabyard merge makes of a sweep. */
struct result_file *result_file_open_merged(const char *path, struct error *err);
void result_file_close(struct result_file *file);
const char *result_file_path(const struct result_file *file);

/* True when a group or dataset of that path is there. */
bool result_file_has(const struct result_file *file, const char *path);

/* Attributes of a group or dataset; false or NULL when it has none of that name and type. */
bool result_attribute_u64(const struct result_file *file, const char *object, const char *name,
			  uint64_t *value);
char *result_attribute_text(const struct result_file *file, const char *object, const char *name);

/* A column of a table, *rows values. -1 and *err when the table has no such column. */
int result_column_u64(const struct result_file *file, const char *table, const char *column,
		      uint64_t **values, size_t *rows, struct error *err);
int result_column_i64(const struct result_file *file, const char *table, const char *column,
		      int64_t **values, size_t *rows, struct error *err);
/* Free with result_texts_free. */
int result_column_text(const struct result_file *file, const char *table, const char *column,
		       char ***values, size_t *rows, struct error *err);

/* A dataset of whole numbers, or of texts in one dimension. */
enum { RESULT_RANK_MAX = 4 };
struct result_array {
	int64_t *values; /* row-major */
	size_t rank, dims[RESULT_RANK_MAX];
};
int result_array_read(const struct result_file *file, const char *path, struct result_array *array,
		      struct error *err);
int result_texts_read(const struct result_file *file, const char *path, char ***values,
		      size_t *count, struct error *err);
void result_texts_free(char **values, size_t count);

#endif
