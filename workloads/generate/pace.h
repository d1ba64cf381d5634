/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What RCU frees, as a kernel that works at another pace would free it.
 *
 * A grace period goes by the tick: objects that are handed to RCU are freed two to three ticks
 * later, in one batch a tick. The slower a kernel works, the less is handed over meanwhile, and the
 * less waits. A trace has these frees at its own kernel's times, which are too late for a slower
 * kernel and too early for a faster one. So of each batch the n objects are taken to have been
 * handed over evenly in the tick before the last two; from there, what lies between that and the
 * free is done in the `pace`-th part of it. Time in which nothing is recorded (the machine idles,
 * or somebody has interrupts off) does not count, as nothing is handed over in it.
 *
 * RCU's callbacks are told by their threads (rcuc, rcuo) and by the functions of RCU that free on
 * their behalf. In a kernel without these threads the callbacks that free by functions of their
 * own stay where they were. Bulk frees stay too.
 *
 * No free comes before what was done to its object earlier, or passes an rcu_barrier or the
 * destruction of a cache.
 */
#ifndef SLABYARD_GENERATE_PACE_H
#define SLABYARD_GENERATE_PACE_H

#include <stdbool.h>

#include "base/error.h"
#include "core/definitions.h"
#include "generate/late.h"

struct pace;

/* pace: how much longer than the recorded kernel took, more than 0. */
struct pace *pace_create(double pace, struct error *err);
void pace_destroy(struct pace *pace);

/* In the order of the trace. */
int pace_put(struct pace *pace, const struct definitions *definitions,
	     const struct late_event *event, struct error *err);

/*
 * 1 with the event that comes next, times ascending; 0 when that may depend on what was not put
 * yet. ended: nothing more will be. -1 and *err.
 */
int pace_take(struct pace *pace, bool ended, struct late_event *event, struct error *err);

#endif
