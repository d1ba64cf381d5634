/* SPDX-License-Identifier: GPL-3.0-or-later */
/* /events/trim: every verdict of the trim policy, those that keep all among them. */
#ifndef SLABYARD_MACHINE_TRIM_EVENTS_H
#define SLABYARD_MACHINE_TRIM_EVENTS_H

#include <stdint.h>

#include "base/error.h"
#include "libc/trim/trim.h"

struct machine;
struct process;

/* What carrying a verdict out came to. */
struct trim_outcome {
	uint64_t released_bytes, unmapped_bytes;
	uint64_t system_calls, cost_ps;
};

int trim_events_open(struct machine *m, struct error *err);
void trim_events_add(struct process *p, const struct trim_view *view,
		     const struct trim_verdict *verdict, const struct trim_outcome *outcome);

#endif
