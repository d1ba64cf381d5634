/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Pages that the recorded slab allocator asked for, against those that the simulated one asks for:
 * the k-th request of a kind is compared with the k-th, by order, position and frame.
 */
#ifndef SLABYARD_MACHINE_EFFECT_PAIRS_H
#define SLABYARD_MACHINE_EFFECT_PAIRS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "core/ids.h"

struct effect_pairs;

struct effect_totals {
	uint64_t recorded, simulated;
	uint64_t order;    /* pairs of the same order */
	uint64_t position; /* pairs asked for by the same operation */
	uint64_t frame;    /* pairs with the same frame */
};

struct effect_pairs *effect_pairs_create(struct error *err);
void effect_pairs_destroy(struct effect_pairs *effects);

/* A recorded page request of slab; objects is the number of object operations executed so far. */
void effect_pairs_recorded(struct effect_pairs *effects, bool alloc, pfn_t pfn, unsigned order,
			   uint64_t objects);
void effect_pairs_simulated(struct effect_pairs *effects, bool alloc, pfn_t pfn, unsigned order,
			    uint64_t objects);
struct effect_totals effect_pairs_totals(const struct effect_pairs *effects);

#endif
