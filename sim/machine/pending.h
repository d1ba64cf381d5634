/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Allocations that have been asked for and not told of yet: their tasks sleep for memory (trace
 * operation alloc_begin). Each is tried when it begins. What it gets then is its task's when the
 * trace tells that it is done; what failed is tried again then. Where the order of CPUs is looked
 * for (cpu_order.c), it also is found that an allocation has had to ask for pages.
 */
#ifndef SLABYARD_MACHINE_PENDING_H
#define SLABYARD_MACHINE_PENDING_H

#include "machine/machine.h"

/* alloc_begin */
int pending_begin(struct machine *m, const struct record *r, struct error *err);

/*
 * The object allocation that the record tells of has found that it needs new pages; it gets them
 * when it is carried out. True once it is so.
 */
bool pending_needs_pages(struct machine *m, const struct record *r);

/* True when the record tells that such an allocation is done. */
bool pending_awaits(const struct machine *m, const struct record *r);
int pending_end(struct machine *m, const struct record *r, struct error *err);

#endif
