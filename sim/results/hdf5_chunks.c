/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The chunks of an array, shuffled and deflated here and handed to HDF5 as they stand in the file.
 * The bytes are those that HDF5's own filters make; what it would spend on copies of each chunk,
 * on its fill values and on planes of zeros, which most of a count's bytes are, is saved.
 */
#include "results/hdf5_file.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

struct chunk {
	size_t element_size, elements;
	unsigned char *rows;     /* a chunk that the array ends in, filled up with zeros */
	unsigned char *shuffled; /* first bytes of all elements, then their second bytes ... */
	unsigned char *deflated;
	uLongf deflated_max;
};

static void chunk_free(struct chunk *c)
{
	free(c->rows);
	free(c->shuffled);
	free(c->deflated);
}

static bool chunk_allocate(struct chunk *c)
{
	const size_t bytes = c->elements * c->element_size;

	c->deflated_max = compressBound(bytes);
	c->rows = calloc(bytes, 1);
	c->shuffled = malloc(bytes);
	c->deflated = malloc(c->deflated_max);
	return c->rows && c->shuffled && c->deflated;
}

/* Bits that are set in any of the elements. */
static uint64_t bits_of(const unsigned char *values, size_t bytes)
{
	uint64_t bits = 0, word;

	for (size_t i = 0; i + sizeof(word) <= bytes; i += sizeof(word)) {
		memcpy(&word, values + i, sizeof(word));
		bits |= word;
	}
	return bits;
}

static void shuffle(const struct chunk *c, const unsigned char *values)
{
	const size_t n = c->elements, size = c->element_size;
	const bool in_words = n * size % sizeof(uint64_t) == 0;
	uint64_t bits = in_words ? bits_of(values, n * size) : UINT64_MAX;

	if (size == sizeof(uint32_t))
		bits |= bits >> 32;
	for (size_t byte = 0; byte < size; byte++) {
		unsigned char *plane = c->shuffled + byte * n;

		if (!(bits >> 8 * byte & UINT8_MAX)) {
			memset(plane, 0, n);
			continue;
		}
		for (size_t i = 0; i < n; i++)
			plane[i] = values[i * size + byte];
	}
}

static herr_t write_chunk(const struct chunk *c, hid_t dataset, unsigned level,
			  const hsize_t *offset, const unsigned char *values)
{
	uLongf size = c->deflated_max;

	shuffle(c, values);
	if (compress2(c->deflated, &size, c->shuffled, c->elements * c->element_size, (int)level) !=
	    Z_OK)
		return -1;
	return H5Dwrite_chunk(dataset, H5P_DEFAULT, 0, offset, size, c->deflated);
}

herr_t hdf5_write_chunks(const struct hdf5_file *file, hid_t dataset,
			 const struct hdf5_array *array, hsize_t chunk_rows)
{
	size_t row_elements = 1;

	for (int i = 1; i < array->rank; i++)
		row_elements *= array->dims[i];
	struct chunk c = { .element_size = hdf5_type_size(array->type),
			   .elements = chunk_rows * row_elements };
	const size_t row_bytes = row_elements * c.element_size;
	herr_t result = chunk_allocate(&c) ? 0 : -1;

	for (hsize_t row = 0; row < array->dims[0] && result >= 0; row += chunk_rows) {
		const hsize_t offset[1 + RESULT_DIMS_MAX] = { row }, left = array->dims[0] - row;
		const unsigned char *values =
			(const unsigned char *)array->values + row * row_bytes;

		if (left < chunk_rows)
			values = memcpy(c.rows, values, left * row_bytes);
		result = write_chunk(&c, dataset, file->deflate, offset, values);
	}
	chunk_free(&c);
	return result;
}
