/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What came of an allocation, against what the recording says came of it. */
#ifndef SLABYARD_MACHINE_OUTCOME_H
#define SLABYARD_MACHINE_OUTCOME_H

#include "machine/machine.h"

/* The rare ones: a failure on either side, another placement, or --placements. */
void outcome_failure(struct machine *m, const struct record *r, bool failed);
void outcome_divergence(struct machine *m, const struct record *r, uint64_t simulated, bool failed);
void outcome_placement(struct machine *m, const struct record *r, uint64_t simulated, bool failed);

static inline void outcome_compare(struct machine *m, const struct record *r, bool failed,
				   uint64_t simulated)
{
	m->summary->compared++;
	if (__builtin_expect(!failed && simulated == r->address, 1))
		m->summary->matched++;
	else
		outcome_divergence(m, r, simulated, failed);
}

/* comparable: the recorded address and the simulated one are of one kind. */
static inline void outcome_of(struct machine *m, const struct record *r, bool failed,
			      uint64_t simulated, bool comparable)
{
	bool recorded_failed = r->flags & RECORD_FAILED;
	if (__builtin_expect(failed | recorded_failed, 0))
		outcome_failure(m, r, failed);
	if (!r->address || recorded_failed)
		return;
	if (comparable)
		outcome_compare(m, r, failed, simulated);
	if (m->placements)
		outcome_placement(m, r, simulated, failed);
}

#endif
