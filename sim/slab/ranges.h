/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Ranges of an array that grows: where the indices of a slab's objects stand. A range has a power
 * of two of elements and is used again by whoever wants as many. Ranges that are not in use are
 * chained through their own first bytes.
 */
#ifndef SLABYARD_SLAB_RANGES_H
#define SLABYARD_SLAB_RANGES_H

#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

enum { RANGE_CLASSES = 17 };

struct ranges {
	uint64_t used, capacity;        /* elements */
	uint32_t element_bytes;         /* 1, 2 or 4 */
	uint32_t unused[RANGE_CLASSES]; /* the first of each class: its place plus 1 */
};

/* The array, with room for `first` elements; it belongs to the arena. */
void *ranges_init(struct ranges *ranges, struct arena *arena, uint64_t first,
		  uint32_t element_bytes, struct error *err);

/* log2 of the elements of a range for so many, which are 1 to 65536. */
uint8_t ranges_class(const struct ranges *ranges, uint32_t elements);

/* The place of a range; *array, whose content is kept, is where it stands now. */
uint32_t ranges_take(struct ranges *ranges, struct arena *arena, void **array, uint8_t class);
void ranges_give(struct ranges *ranges, void *array, uint32_t place, uint8_t class);

#endif
