/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Pages that compaction moves from frame to frame. The simulated machine moves its own, and the
 * trace's ids follow them. What the recorded compaction moved shows in the trace as a free of the
 * old frame (record_moves()) and much later as a free of a frame that nobody allocated: the page
 * itself lived on meanwhile.
 */
#ifndef SLABYARD_MACHINE_MIGRATION_H
#define SLABYARD_MACHINE_MIGRATION_H

#include "core/migrate_source.h"
#include "machine/machine.h"

struct migration *migration_create(struct machine *m, struct error *err);
void migration_destroy(struct migration *migration);

/* The recorded compaction has freed the page's old frame. */
void migration_note(struct machine *m, const struct record *r);

/*
 * The page that a free of a frame nobody allocated must mean: the simulated one that was moved
 * there, or else the one that the recorded compaction moved longest ago. PFN_NONE: there is none.
 */
pfn_t migration_end(struct machine *m, const struct record *r);

#endif
