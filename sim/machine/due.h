/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whether an allocation may be the next to happen: what it was given is what the policies would
 * give now. Asked where the recording leaves open which CPU came first (cpu_order.c), nowhere else.
 */
#ifndef SLABYARD_MACHINE_DUE_H
#define SLABYARD_MACHINE_DUE_H

#include "machine/machine.h"

/* An object allocation or a refill: what it was given tells when it can have been. */
bool tells_order(const struct machine *m, const struct record *r);

/* False: it would return another object now. True too where that cannot be said. */
bool object_is_due(struct machine *m, const struct record *r);

/*
 * The record frees an object, after which the allocation, which is due now, would not be any more.
 * Never where the policy cannot say it.
 */
bool free_decides(struct machine *m, const struct record *freed, const struct record *r);

/* The record tells of a block that a refill of a per-cpu list got. */
bool is_refill(const struct machine *m, const struct record *r);
/* Both may be of one refill. */
bool are_of_one_refill(const struct record *a, const struct record *b);
/* False: a refill that began now would get another block after `nth` others. */
bool refill_is_due(struct machine *m, const struct record *r, uint32_t nth);

#endif
