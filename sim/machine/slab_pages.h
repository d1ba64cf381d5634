/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Pages that slab has of the page allocator: those of slabs, of kmallocs of whole pages but for
 * ones older than the start, and those that wait for a grace period. Counted at each request and
 * return, so that their mean over simulated time and their peak are exact, however seldom is
 * sampled.
 */
#ifndef SLABYARD_MACHINE_SLAB_PAGES_H
#define SLABYARD_MACHINE_SLAB_PAGES_H

#include <stdint.h>

struct machine;

struct slab_pages {
	int64_t now, max;
	uint64_t begin_ns, since_ns; /* of the span of time, and of its last change */
	__int128 page_ns;            /* pages times how long they were had, up to since_ns */
};

/* The start state is there: counts the pages of its slabs. */
void slab_pages_begin(struct machine *m);
/* Mean and peak are those from now on. */
void slab_pages_restart(struct machine *m);
/* So many more, or fewer. */
void slab_pages_change(struct machine *m, int64_t pages);
/* Up to now; where no time has passed, what is there now. */
double slab_pages_mean(struct machine *m);

#endif
