/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SLABYARD_MACHINE_REQUEST_OF_H
#define SLABYARD_MACHINE_REQUEST_OF_H

#include <stddef.h>
#include <string.h>

#include "machine/machine.h"

/*
 * What the recording says of a call, as a request to a policy; m->clock.cpu is its CPU. Written
 * where it is wanted: to return it would cost a copy of what was stored just before.
 */
static inline void request_of(const struct machine *m, const struct record *r,
			      struct request *request)
{
	const struct request *shared = &m->requests[r->origin];

	/* What calls of one origin share, in one move. */
	memcpy(request, shared, offsetof(struct request, time_ns));
	request->time_ns = m->time_ns;
	request->cpu = m->clock.cpu;
	request->task = r->task;
	request->bytes = shared->bytes ? shared->bytes : r->size;
	request->id = 0;
	request->flags = r->flags & RECORD_IRQ ? REQUEST_IRQ : 0;
}

#endif
