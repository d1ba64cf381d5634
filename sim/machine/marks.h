/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Figures of the start, each mark and the end, for the summary and for /snapshots. */
#ifndef SLABYARD_MACHINE_MARKS_H
#define SLABYARD_MACHINE_MARKS_H

#include "machine/machine.h"

/* number: that of the mark, SLABYARD_MARK_START or SLABYARD_MARK_END. */
int marks_note(struct machine *m, int64_t number, struct error *err);

/* /snapshots/memory, slab and slab_requests. */
int marks_write(struct machine *m, struct error *err);

void marks_free(struct slabyard_summary *summary);

#endif
