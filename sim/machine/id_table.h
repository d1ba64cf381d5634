/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables by trace id: ids are dense, so a table is as long as the highest id met so far. */
#ifndef SLABYARD_MACHINE_ID_TABLE_H
#define SLABYARD_MACHINE_ID_TABLE_H

#include <stdint.h>

#include "base/arena.h"

struct machine;

/*
 * Makes *table, of *count entries (0: not made yet), hold an entry for each id up to id_max. It may
 * move; new entries are 0. -1 and *err when there is no memory for it.
 */
int id_table_cover(struct arena *arena, uint64_t **table, uint32_t *count, uint32_t id_max,
		   struct error *err);

/* The machine's own tables, for all ids of the batch in hand. */
int machine_cover_ids(struct machine *m, struct error *err);

#endif
