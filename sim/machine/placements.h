/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * --placements: one line for each allocation that carries a recorded address:
 * record <tab> operation <tab> recorded <tab> simulated; hexadecimal, "-" for a failed allocation.
 */
#ifndef SLABYARD_MACHINE_PLACEMENTS_H
#define SLABYARD_MACHINE_PLACEMENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct placements;

/* path NULL gives NULL, which all others take. */
int placements_open(const char *path, struct placements **placements, struct error *err);
void placements_write(struct placements *placements, uint64_t record, const char *operation,
		      uint64_t recorded, bool failed, uint64_t simulated);
/* Writes out and renames to the final name; NULL is fine. */
int placements_finish(struct placements *placements, struct error *err);
void placements_abandon(struct placements *placements);

#endif
