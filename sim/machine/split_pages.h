/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Allocations of pages of which the trace has freed parts. A trace may claim anything: no frame is
 * given back twice.
 */
#ifndef SLABYARD_MACHINE_SPLIT_PAGES_H
#define SLABYARD_MACHINE_SPLIT_PAGES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct split_pages;

struct split_pages *split_pages_create(struct error *err);
void split_pages_destroy(struct split_pages *split);

/*
 * The block of 2^part frames at frame `offset` of allocation `id`, which has 2^order of them, is
 * freed. False when some of it was before: it must not be freed again.
 */
bool split_pages_take(struct split_pages *split, uint32_t id, uint32_t order, uint32_t offset,
		      uint32_t part);
/* The allocation is over; what was not freed of it is lost. */
void split_pages_end(struct split_pages *split, uint32_t id);

#endif
