/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What keeps pageblocks from becoming free, taken with each snapshot of the physical map.
 *
 * A pageblock is `free`; or `freeable`, when all that is in use in it can be moved away; or `held`,
 * by at least one page that cannot be moved; or `reserved`, when boot kept a part of it for ever.
 * /snapshots/pageblock_states counts them by zone, /snapshots/pageblocks has those that are not
 * wholly free, /events/pins says who holds each held one, and /events/pin_holders who they are.
 */
#ifndef SLABYARD_MACHINE_BLAME_H
#define SLABYARD_MACHINE_BLAME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "machine/frame_uses.h"

struct machine;
struct blame;

/* *out is NULL when the configuration says so (blame.at); the calls below do nothing then. */
int blame_open(struct machine *m, struct blame **out, struct error *err);
void blame_close(struct blame *blame);

/* at_end: the run's last snapshot. False when this one is not to be explained. */
bool blame_begin(struct blame *blame, bool at_end);
/* One stretch of frames after the other, as frame_uses_walk tells them. */
void blame_see(struct blame *blame, const struct frame_use *use);
/* Adds who holds what lies in slabs, and writes it all as that snapshot's. */
int blame_end(struct blame *blame, const struct frame_uses *uses, uint64_t snapshot,
	      struct error *err);

#endif
