/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Allocations alive in a generated trace: dense ids, recycled last in, first out. */
#ifndef SLABYARD_GENERATE_LIVE_H
#define SLABYARD_GENERATE_LIVE_H

#include <stdint.h>

struct live_object {
	uint32_t id;
	uint32_t size;   /* as record.size of its allocation */
	uint32_t origin; /* of its free */
};

struct live_set {
	struct live_object *objects;
	uint32_t count, capacity;
	uint32_t *free_ids;
	uint32_t free_count;
	uint32_t id_next; /* smallest id never used */
};

/* Room for `capacity` objects at once. -1 when memory is spent. */
int live_create(struct live_set *set, uint32_t capacity);
void live_destroy(struct live_set *set);

/* Adds an object (there must be room) and returns it with its id; the caller fills the rest. */
struct live_object *live_add(struct live_set *set);
/* Takes out the object at `index`; the last one moves to its place. */
struct live_object live_take(struct live_set *set, uint32_t index);

#endif
