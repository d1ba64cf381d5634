/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The physical map of the machine in the result file: at the start, at every mark and at the end.
 *
 * /snapshots/taken has a row a snapshot, /snapshots/pfn the maps as runs of frames of one kind, in
 * address order, and /snapshots/kinds the names of the kinds by number.
 */
#ifndef SLABYARD_MACHINE_SNAPSHOTS_H
#define SLABYARD_MACHINE_SNAPSHOTS_H

#include <stdint.h>

#include "base/error.h"

struct machine;
struct snapshots;

/*
 * *out is NULL when the run writes no result, or takes slabs' pages from the trace so that nobody
 * knows of the others; the calls below do nothing then.
 */
int snapshots_open(struct machine *m, struct snapshots **out, struct error *err);
void snapshots_close(struct snapshots *snapshots);

/* mark: the trace's number of it, -1 where there is none. */
int snapshots_take(struct snapshots *snapshots, struct machine *m, int64_t mark, struct error *err);

#endif
