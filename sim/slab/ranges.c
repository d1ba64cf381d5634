/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "slab/ranges.h"

#include <string.h>

#include "core/host_memory.h"

void *ranges_init(struct ranges *ranges, struct arena *arena, uint64_t first,
		  uint32_t element_bytes, struct error *err)
{
	*ranges = (struct ranges){ .capacity = first, .element_bytes = element_bytes };
	return arena_array(arena, first, element_bytes, err);
}

uint8_t ranges_class(const struct ranges *ranges, uint32_t elements)
{
	const uint32_t least = (uint32_t)sizeof(ranges->unused[0]) / ranges->element_bytes;
	const uint32_t wanted = elements > least ? elements : least;

	return (uint8_t)(wanted > 1 ? 32 - __builtin_clz(wanted - 1) : 0);
}

/* A place has 32 bits, in the array too. */
static void grow(struct ranges *ranges, struct arena *arena, void **array)
{
	host_memory_check(ranges->capacity < UINT32_MAX, "free lists");
	ranges->capacity *= 2;
	*array = host_memory_need(
		arena_grow(arena, *array, ranges->capacity, ranges->element_bytes, NULL),
		"free lists");
}

uint32_t ranges_take(struct ranges *ranges, struct arena *arena, void **array, uint8_t class)
{
	const uint32_t again = ranges->unused[class];
	uint32_t place = again - 1;

	if (again) {
		memcpy(&ranges->unused[class],
		       (char *)*array + (size_t)place * ranges->element_bytes,
		       sizeof(ranges->unused[class]));
		return place;
	}
	while (ranges->used + (1u << class) > ranges->capacity)
		grow(ranges, arena, array);
	place = (uint32_t)ranges->used;
	ranges->used += 1u << class;
	return place;
}

void ranges_give(struct ranges *ranges, void *array, uint32_t place, uint8_t class)
{
	memcpy((char *)array + (size_t)place * ranges->element_bytes, &ranges->unused[class],
	       sizeof(ranges->unused[class]));
	ranges->unused[class] = place + 1;
}
