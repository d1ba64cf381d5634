/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What `slabyard top` reads of a result: its caches at every sample. */
#ifndef SLABYARD_CLI_TOP_DATA_H
#define SLABYARD_CLI_TOP_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum top_column {
	TOP_ALIVE,
	TOP_ACTIVE_OBJECTS,
	TOP_OBJECTS,
	TOP_ACTIVE_SLABS,
	TOP_SLABS,
	TOP_BYTES_REQUESTED,
	TOP_BYTES_HELD,
	TOP_COLUMNS
};

struct top_data {
	char *slab_policy; /* "slub", ...; NULL: not told */
	size_t samples, caches;
	int64_t *time_ns;             /* by sample, since the first */
	int64_t *record;              /* by sample */
	int64_t *values[TOP_COLUMNS]; /* sample * caches + cache */
	char **names;                 /* by cache, in the order of their creation */
	uint64_t *object_size, *objects_per_slab, *pages_per_slab; /* by cache */
	int64_t horizon_ns; /* since the first sample; INT64_MAX: none */
};

static inline uint64_t top_value(const struct top_data *data, enum top_column column, size_t sample,
				 size_t cache)
{
	return (uint64_t)data->values[column][sample * data->caches + cache];
}

/*
 * -1 with *err when path is no result, or none with caches over time; free it either way. Messages
 * name `of`: the result itself, or the trace that it was made from for now.
 */
int top_data_read(struct top_data *data, const char *path, const char *of, struct error *err);
void top_data_free(struct top_data *data);

#endif
