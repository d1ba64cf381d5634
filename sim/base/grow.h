/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Room for one more element at the end of a malloc'ed array. */
#ifndef SLABYARD_BASE_GROW_H
#define SLABYARD_BASE_GROW_H

#include <stdlib.h>

/* The array, perhaps moved, with *capacity above count; NULL when memory is out: it is as it was.
 */
static inline void *grow_array(void *array, size_t count, size_t *capacity, size_t size)
{
	if (count < *capacity)
		return array;
	size_t larger = *capacity ? 2 * *capacity : 16;
	void *grown = reallocarray(array, larger, size);
	if (grown)
		*capacity = larger;
	return grown;
}

#endif
