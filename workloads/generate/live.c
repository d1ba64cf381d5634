/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "generate/live.h"

#include <stdlib.h>

int live_create(struct live_set *set, uint32_t capacity)
{
	*set = (struct live_set){ .capacity = capacity, .id_next = 1 };
	set->objects = calloc(capacity, sizeof(*set->objects));
	set->free_ids = calloc(capacity, sizeof(*set->free_ids));
	return set->objects && set->free_ids ? 0 : -1;
}

void live_destroy(struct live_set *set)
{
	free(set->objects);
	free(set->free_ids);
}

struct live_object *live_add(struct live_set *set)
{
	struct live_object *object = &set->objects[set->count++];
	object->id = set->free_count ? set->free_ids[--set->free_count] : set->id_next++;
	return object;
}

struct live_object live_take(struct live_set *set, uint32_t index)
{
	struct live_object object = set->objects[index];
	set->objects[index] = set->objects[--set->count];
	set->free_ids[set->free_count++] = object.id;
	return object;
}
