/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The physical map of the machine in the result file: at the start, at every mark and at the end.
 *
 * /snapshots/taken has a row a snapshot, /snapshots/pfn the maps as runs of frames of one kind, in
 * address order, /snapshots/kinds the names of the kinds by number, and /snapshots/zones where the
 * zones lie.
 */
#ifndef SLABYARD_MACHINE_SNAPSHOTS_H
#define SLABYARD_MACHINE_SNAPSHOTS_H

#include <stdint.h>

#include "base/error.h"

struct machine;
struct snapshots;

/*
 * *out is NULL when nobody asks for a map of memory (m->frame_uses); the calls below do nothing
 * then.
 */
int snapshots_open(struct machine *m, struct snapshots **out, struct error *err);
void snapshots_close(struct snapshots *snapshots);

/* One at the start, at a mark of the trace's number, and at the end. */
int snapshots_begin(struct snapshots *snapshots, struct machine *m, struct error *err);
int snapshots_mark(struct snapshots *snapshots, struct machine *m, uint64_t mark,
		   struct error *err);
int snapshots_end(struct snapshots *snapshots, struct machine *m, struct error *err);

#endif
