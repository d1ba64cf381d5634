/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/outcome.h"

#include <stdio.h>

#include "machine/placements.h"

void outcome_divergence(struct machine *m, const struct record *r, uint64_t simulated, bool failed)
{
	struct slabyard_summary *s = m->summary;
	if (s->first_divergence_record)
		return;
	s->first_divergence_record = machine_record(m);
	s->first_divergence_line = machine_line(m);
	const char *name = operation_table[r->operation].name;
	if (failed)
		snprintf(s->divergence, sizeof(s->divergence),
			 "%s recorded %llx, simulated: failed", name,
			 (unsigned long long)r->address);
	else
		snprintf(s->divergence, sizeof(s->divergence), "%s recorded %llx, simulated %llx",
			 name, (unsigned long long)r->address, (unsigned long long)simulated);
}

void outcome_failure(struct machine *m, const struct record *r, bool failed)
{
	if (failed) {
		m->summary->alloc_fails++;
		m->operations[r->operation].failed++;
		events_alloc_fail(m, r);
	}
	if (failed != !!(r->flags & RECORD_FAILED))
		horizon_failure(m, failed);
}

void outcome_placement(struct machine *m, const struct record *r, uint64_t simulated, bool failed)
{
	uint64_t line = machine_line(m);
	placements_write(m->placements, line ? line : machine_record(m),
			 operation_table[r->operation].name, r->address, failed, simulated);
}
