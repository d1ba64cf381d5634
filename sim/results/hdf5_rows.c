/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "results/hdf5_rows.h"

#include <stdlib.h>
#include <string.h>

static struct row_shape shape_now(const struct column_rows *rows, size_t first_row)
{
	struct row_shape shape = { .first_row = first_row, .length = { 1, 1, 1 } };
	const struct result_column *column = &rows->column;
	size_t unused = RESULT_DIMS_MAX - column->dimension_count;
	for (size_t i = 0; i < column->dimension_count; i++)
		shape.length[unused + i] = column->dimensions[i]->length;
	return shape;
}

static size_t shape_elements(const struct row_shape *shape)
{
	return shape->length[0] * shape->length[1] * shape->length[2];
}

static bool same_lengths(const struct row_shape *a, const struct row_shape *b)
{
	return !memcmp(a->length, b->length, sizeof(a->length));
}

/* The shape of `row`, when *at is the index of an earlier row's shape or 0. */
static const struct row_shape *shape_of(const struct column_rows *rows, size_t row, size_t *at)
{
	while (*at + 1 < rows->shape_count && rows->shapes[*at + 1].first_row <= row)
		++*at;
	return &rows->shapes[*at];
}

static bool add_shape(struct column_rows *rows, const struct row_shape *shape)
{
	void *grown = realloc(rows->shapes, (rows->shape_count + 1) * sizeof(*shape));
	if (!grown)
		return false;
	rows->shapes = grown;
	rows->shapes[rows->shape_count++] = *shape;
	return true;
}

static bool reserve(struct column_rows *rows, size_t bytes)
{
	if (rows->capacity - rows->used >= bytes)
		return true;
	size_t capacity = rows->capacity ? rows->capacity : 4096;
	while (capacity - rows->used < bytes)
		capacity *= 2;
	void *grown = realloc(rows->values, capacity);
	if (!grown)
		return false;
	rows->values = grown;
	rows->capacity = capacity;
	return true;
}

bool column_rows_append(struct column_rows *rows, size_t row, const void *values)
{
	struct row_shape shape = shape_now(rows, row);
	bool grown =
		!rows->shape_count || !same_lengths(&shape, &rows->shapes[rows->shape_count - 1]);
	if (grown && !add_shape(rows, &shape))
		return false;
	size_t bytes = shape_elements(&shape) * rows->element_size;
	if (!bytes)
		return true;
	if (!reserve(rows, bytes))
		return false;
	memcpy(rows->values + rows->used, values, bytes);
	rows->used += bytes;
	return true;
}

void column_rows_thin(struct column_rows *rows, size_t count)
{
	size_t from = 0, to = 0, at = 0;
	for (size_t row = 0; row < count; row++) {
		size_t bytes = shape_elements(shape_of(rows, row, &at)) * rows->element_size;
		if (row % 2 == 0 && bytes) {
			memmove(rows->values + to, rows->values + from, bytes);
			to += bytes;
		}
		from += bytes;
	}
	rows->used = to;
	for (size_t i = 0; i < rows->shape_count; i++)
		rows->shapes[i].first_row = (rows->shapes[i].first_row + 1) / 2;
}

/* One row of shape `from` into the larger shape `to`. */
static const unsigned char *spread(const unsigned char *source, const struct row_shape *from,
				   unsigned char *target, const struct row_shape *to, size_t size)
{
	size_t run = from->length[2] * size;
	for (size_t i = 0; i < from->length[0]; i++)
		for (size_t j = 0; j < from->length[1]; j++) {
			size_t line = i * to->length[1] + j;
			memcpy(target + line * to->length[2] * size, source, run);
			source += run;
		}
	return source;
}

const void *column_rows_flat(const struct column_rows *rows, size_t count, void **expanded)
{
	struct row_shape last = shape_now(rows, 0);
	size_t row_bytes = shape_elements(&last) * rows->element_size;
	*expanded = NULL;
	if (rows->values && rows->used == count * row_bytes)
		return rows->values;
	unsigned char *target = calloc(count * row_bytes + 1, 1);
	*expanded = target;
	if (!target || !rows->used)
		return target;
	const unsigned char *source = rows->values;
	size_t at = 0;
	for (size_t row = 0; row < count; row++)
		source = spread(source, shape_of(rows, row, &at), target + row * row_bytes, &last,
				rows->element_size);
	return target;
}

void column_rows_free(struct column_rows *rows)
{
	free(rows->values);
	free(rows->shapes);
}
