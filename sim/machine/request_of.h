/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SLABYARD_MACHINE_REQUEST_OF_H
#define SLABYARD_MACHINE_REQUEST_OF_H

#include "machine/machine.h"

/* What the recording says of a call, as a request to a policy. */
static inline struct request request_of(const struct machine *m, const struct record *r)
{
	const struct origin_def *origin = &m->origins[r->origin];
	return (struct request){
		.time_ns = m->time_ns,
		.cpu = machine_cpu(m, r),
		.task = r->task,
		.origin = r->origin,
		.gfp = origin->gfp,
		.bytes = r->size,
		.migratetype = (uint8_t)gfp_migratetype(origin->gfp),
		.flags = r->flags & RECORD_IRQ ? REQUEST_IRQ : 0,
		.zone_hint = -1,
		.node = origin->node,
	};
}

#endif
