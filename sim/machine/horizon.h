/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The horizon: the first record whose outcome differs from the recorded one. Placements may differ;
 * an outcome is what processes notice and act upon: an allocation fails or does not (huge pages
 * too), kswapd is woken, an allocation has to reclaim or a zone is compacted, a process is killed.
 * What they would have done after that nobody recorded.
 */
#ifndef SLABYARD_MACHINE_HORIZON_H
#define SLABYARD_MACHINE_HORIZON_H

#include <stdbool.h>
#include <stdint.h>

#include "core/record.h"

struct machine;

enum horizon_kind {
	HORIZON_FAILURE,
	HORIZON_KSWAPD,
	HORIZON_RECLAIM,
	HORIZON_COMPACTION,
	HORIZON_KILL,
	HORIZON_KINDS,
};

/*
 * Both sides' counts of a kind are the same where the outcomes are. The trace tells of some a
 * little before or after the simulation comes to them, so that a difference counts when it lasts.
 */
struct horizon {
	struct horizon_count {
		int64_t ahead;            /* simulated less recorded */
		uint64_t record, time_ns; /* where that became other than 0 */
	} counts[HORIZON_KINDS];
	uint64_t time_ns; /* of summary->horizon_record */
};

/* A record that tells of one; others are none of it. */
void horizon_recorded(struct machine *m, const struct record *r);
void horizon_simulated(struct machine *m, enum horizon_kind kind);
/* An allocation failed here and not there. */
void horizon_failure(struct machine *m, bool failed);
/* At the end of the run: what is still different. */
void horizon_settle(struct machine *m);

#endif
