/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The recorder's side of the shared memory: it makes it, and looks at what programs put there. */
#ifndef SLABYARD_RECORD_MEMORY_H
#define SLABYARD_RECORD_MEMORY_H

#include "base/error.h"
#include "record/clock.h"
#include "record/shared.h"

struct memory {
	int fd;
	struct shared_control *control;
	char path[64]; /* by which programs open it */
};

int memory_create(struct memory *memory, const struct clock *clock, struct error *err);
void memory_destroy(struct memory *memory);

/* A mapping of the slot; NULL with *err. */
struct shared_slot *memory_map(const struct memory *memory, uint32_t slot, struct error *err);
void memory_unmap(struct shared_slot *slot);
/* Nobody uses the slot any more, and nothing maps it: its pages go back. */
void memory_free_slot(const struct memory *memory, uint32_t slot);

#endif
