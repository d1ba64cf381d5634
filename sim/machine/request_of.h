/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SLABYARD_MACHINE_REQUEST_OF_H
#define SLABYARD_MACHINE_REQUEST_OF_H

#include "machine/machine.h"

/* What the recording says of a call, as a request to a policy; m->clock.cpu is its CPU. */
static inline struct request request_of(const struct machine *m, const struct record *r)
{
	struct request request = m->requests[r->origin];
	request.time_ns = m->time_ns;
	request.cpu = m->clock.cpu;
	request.task = r->task;
	request.bytes = r->size;
	request.flags = r->flags & RECORD_IRQ ? REQUEST_IRQ : 0;
	return request;
}

#endif
