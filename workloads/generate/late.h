/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Events of a trace in the order of another schedule (generate/perturb.h). */
#ifndef SLABYARD_GENERATE_LATE_H
#define SLABYARD_GENERATE_LATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "core/definitions.h"
#include "core/record.h"

struct late;

struct late_event {
	struct record record, extension;
	uint64_t time_ns; /* as recorded when put, moved when taken */
	uint64_t line;
	uint64_t allocation; /* what the record's id stands for (generate/renumber.h); 0: nothing */
};

struct late *late_create(uint64_t delay_ns, uint64_t seed, struct error *err);
void late_destroy(struct late *late);

/* In the order of the trace. */
int late_put(struct late *late, const struct definitions *definitions,
	     const struct late_event *event, struct error *err);

/*
 * The event that comes next; false when it may depend on what was not put yet. ended: nothing more
 * will be.
 */
bool late_take(struct late *late, bool ended, struct late_event *event);

#endif
