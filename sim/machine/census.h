/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A start under another slab policy than the recorded state's (--start census:STATE): the objects
 * that callers held, laid out as the run's policy does it.
 *
 * The rule. What a state tells besides the objects is how densely they lay and which lay together.
 * So the history of each recorded slab is played to the policy: slabs in address order, and in each
 * the places of its objects in address order, one allocation a place; then the objects in places
 * that were free are freed, in an order drawn with the run's seed. Caches that pack more objects
 * into a slab than the recorded one come out with larger slabs of the same density, and a policy
 * whose caches share pages fills the holes of one with objects of another. What the recorded
 * allocator had for itself is left out. Sizes asked of kmalloc are not in a state: they are drawn
 * evenly from those that its class serves. Slabs take the frames that the recorded ones had, from
 * low to high, as long as these last; what is left over is freed.
 */
#ifndef SLABYARD_MACHINE_CENSUS_H
#define SLABYARD_MACHINE_CENSUS_H

#include "machine/machine.h"
#include "machine/older.h"

/* Tells older where each object is now. The page allocator has its state, slab has none yet. */
int census_lay_out(struct machine *m, const struct slab_state *state, struct older *older,
		   struct error *err);

/* While a census is laid out: pages for the policy. */
struct census;
pfn_t census_page_alloc(struct census *census, struct machine *m, const struct request *request);
void census_page_free(struct census *census, struct machine *m, const struct request *request,
		      pfn_t pfn);

#endif
