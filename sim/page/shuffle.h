/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Free blocks in an order that nobody can guess (page_alloc.shuffle=1): those of the largest order
 * are shuffled at boot, and one that is freed goes to either end of its list. Reference:
 * mm/shuffle.c. The order follows from the run's seed. Private to sim/page.
 */
#ifndef SLABYARD_PAGE_SHUFFLE_H
#define SLABYARD_PAGE_SHUFFLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct buddy;
struct shuffle;

/* NULL and *err when there is no memory. */
struct shuffle *shuffle_create(uint64_t seed, struct error *err);
void shuffle_destroy(struct shuffle *shuffle);

/* shuffle_free_memory(), where the machine has it. */
void shuffle_all(struct buddy *b);
/* shuffle_pick_tail() */
bool shuffle_pick_tail(struct shuffle *shuffle);

#endif
