/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tables under /events: failed allocations and the trace's marks. */
#ifndef SLABYARD_MACHINE_EVENTS_H
#define SLABYARD_MACHINE_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "core/record.h"

struct machine;
struct result_table;

/* Events are written as they come; the first failure to write is kept and told by events_finish. */
struct events {
	struct result_table *alloc_fail, *mark;
	struct result_table *trim; /* machine/trim_events.h; NULL below libc level */
	uint64_t alloc_fail_rows, trim_rows;
	bool broken;
	struct error error;
};

/* Adds a row to one of the tables under /events. */
void events_append(struct machine *m, struct result_table *table, const void *const *values);
int events_open(struct machine *m, struct error *err);
/* A row of any table under /events. */
void events_append(struct machine *m, struct result_table *table, const void *const *values);
void events_alloc_fail(struct machine *m, const struct record *r);
/* A row of one of the tables. */
void events_append(struct machine *m, struct result_table *table, const void *const *values);
void events_mark(struct machine *m, uint64_t number);
int events_finish(struct machine *m, struct error *err);

#endif
