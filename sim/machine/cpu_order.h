/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The order of records of several CPUs (assist lock_order). A trace is merged from what each CPU
 * wrote by time, and that is not the order in which things happened: an allocation is logged after
 * the work and a free before it, and where the clock stands still for a while, the merge takes the
 * lowest CPU first, whatever came first.
 *
 * Records that lie less than RECORD_SLACK_NS apart are therefore put in an order in which they can
 * have happened. Each CPU's own order is kept, and that of the records on one id. Where these leave
 * a choice, the recorded addresses tell: the CPU goes first whose next allocation, of an object or
 * of the blocks that refill a per-cpu list, would be given now what it was given.
 *
 * Where all CPUs allocate from the same lists (a policy with would_return_after), a CPU may also
 * have searched them long before it tells: its host took it away meanwhile. Such an allocation goes
 * first where that explains what it and others were given, up to RECORD_REACH_NS before its time.
 */
#ifndef SLABYARD_MACHINE_CPU_ORDER_H
#define SLABYARD_MACHINE_CPU_ORDER_H

#include "base/error.h"
#include "core/record.h"

struct machine;
struct cpu_order;

struct cpu_order *cpu_order_create(struct error *err);
void cpu_order_destroy(struct cpu_order *order);

/*
 * Takes the record that m->position and m->time_ns stand at, with its extension or NULL; an
 * extension is not given by itself. Carries out what is older than the slack.
 */
int cpu_order_add(struct cpu_order *order, struct machine *m, const struct record *r,
		  const struct record *extension, struct error *err);
/* Carries out all that is left. */
int cpu_order_drain(struct cpu_order *order, struct machine *m, struct error *err);

#endif
