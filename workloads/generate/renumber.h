/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Ids of a trace whose records change places. Ids come back as soon as they are free, so records of
 * two allocations with one id, one after the other, could not pass each other: each allocation gets
 * a number of its own while it may move, and a dense id when it has its place.
 */
#ifndef SLABYARD_GENERATE_RENUMBER_H
#define SLABYARD_GENERATE_RENUMBER_H

#include "base/error.h"
#include "core/operation.h"
#include "core/record.h"

struct renumber;

struct renumber *renumber_create(struct error *err);
void renumber_destroy(struct renumber *renumber);

/* Number of the record's allocation, in the order of the trace; 0: it has none. -1 and *err. */
int renumber_enter(struct renumber *renumber, const struct record *r, uint64_t *number,
		   struct error *err);
/* Sets the record's id, in the new order. */
int renumber_leave(struct renumber *renumber, struct record *r, uint64_t number, struct error *err);
/* The largest id so far. */
uint32_t renumber_id_max(const struct renumber *renumber, enum id_space space);

#endif
