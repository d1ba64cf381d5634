/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A start under another slab policy than the recorded state's (--start census:STATE): the objects
 * that callers held, laid out as the run's policy does it.
 *
 * The rule. What a state tells besides the objects is how densely they lay and which lay together.
 * So the history of each recorded slab is played to the policy: slabs in address order, and in each
 * the places of its objects in address order, one allocation for each that an object was ever in
 * (core/slab_state.h tells how that is known); then the objects in places that were free are freed,
 * in an order drawn with the run's seed. So a policy with larger slabs comes out with slabs of the
 * same density. Of a kmalloc a state tells the cache and not the size: a class that its cache
 * serves is drawn, by what the map of --caches tells of them or else by their width, and a size in
 * it.
 *
 * What the recorded allocator had for itself is left out: its caches, and so many objects of those
 * that it shares with others, from full slabs; what the run's policy would have is added.
 *
 * A state of SLOB tells used bytes and not objects. For these the map's caches are taken, in the
 * proportions in which it says that their objects were alive, one after another.
 *
 * Slabs take the frames that the recorded ones had, from low to high, as long as these last; what
 * is left over is freed.
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
