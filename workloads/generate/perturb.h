/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A trace as it might have come out another time: the same tasks do the same things, each in its
 * own order, but not at the same moments. What a prediction comes to over several of these says how
 * much of it is chance.
 *
 * Of a parent and its child either may be the one that goes on at a fork. So of each process one of
 * two things is drawn: it is late, by a time drawn evenly up to a delay; or what it did first,
 * until another task had its CPU, it does right at its fork. The delay, at most `delay`, and how
 * likely each of the two is are drawn once for the whole trace: so much for how busy the machine
 * was, and whom its scheduler preferred. What threads of the kernel free for a process (RCU) is as
 * late or early as that one is.
 *
 * What must be one after the other stays so: what a process does; what is done to one allocation; a
 * child after its fork; who frees what is left of a process that has ended, and so had waited for
 * it; and marks, which everything before them passes and nothing behind.
 *
 * Neighbours that do not touch each other change places with the probability `swap`.
 *
 * Before all that, what RCU frees is moved to where a kernel that works at another `pace` would
 * free it (generate/pace.h). Nothing is drawn for that.
 */
#ifndef SLABYARD_GENERATE_PERTURB_H
#define SLABYARD_GENERATE_PERTURB_H

#include <stdint.h>

#include "base/error.h"
#include "core/cursor.h"

struct perturb_params {
	uint64_t delay_ns;
	double swap;
	double pace; /* 0 or 1: as recorded */
	uint64_t seed;
};

/* Takes the cursor over, whatever it returns. Its hash and its definitions are those of `first`. */
struct trace_cursor *perturb_open(struct trace_cursor *first, const struct perturb_params *params,
				  struct error *err);

#endif
