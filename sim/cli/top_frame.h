/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One frame of `slabyard top`: the caches at one sample, sorted, as lines of text. Columns, sums
 * and sort keys are those of slabtop (procps-ng 4.0.2); two lines of what slabinfo cannot tell
 * stand above them.
 */
#ifndef SLABYARD_CLI_TOP_FRAME_H
#define SLABYARD_CLI_TOP_FRAME_H

#include "cli/top_data.h"

enum {
	TOP_HEADER_LINES = 9, /* the empty one and the columns' names among them */
	TOP_LINE_MAX = 512,
};

struct top_row {
	const char *name;
	uint64_t active_objects, objects, object_size, active_slabs, slabs;
	uint64_t objects_per_slab, pages_per_slab, cache_bytes;
	uint64_t use; /* per cent */
};

struct top_frame {
	const struct top_data *data;
	size_t sample;
	struct top_row *rows, *scratch; /* room for all caches */
	size_t count;
	uint64_t active_caches, active_slabs, slabs, active_objects, objects;
	uint64_t active_bytes, object_bytes; /* objects times their size */
	uint64_t object_size_min, object_size_max;
	uint64_t requested_bytes, held_bytes;
};

/* The letters that top_frame_fill takes, in slabtop's order: "abclvnopsu". */
extern const char top_sort_keys[];
enum { TOP_SORT_DEFAULT = 'o' };

int top_frame_init(struct top_frame *frame, const struct top_data *data, struct error *err);
void top_frame_free(struct top_frame *frame);

/* The frame of this sample, largest first by the key (names: smallest), else newest cache first. */
void top_frame_fill(struct top_frame *frame, size_t sample, char key);

/* Line `line` of TOP_HEADER_LINES above the rows, and row `row` of frame->count. */
void top_frame_header(const struct top_frame *frame, int line, char *text, size_t size);
void top_frame_row(const struct top_frame *frame, size_t row, char *text, size_t size);

#endif
