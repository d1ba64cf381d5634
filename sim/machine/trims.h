/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Trim policies at work: fills in what they see of the machine, counts what their verdicts gave
 * back and what they cost, and keeps the timers that they ask for.
 */
#ifndef SLABYARD_MACHINE_TRIMS_H
#define SLABYARD_MACHINE_TRIMS_H

#include <stdint.h>

#include "base/error.h"
#include "libc/trim/trim.h"

struct machine;
struct process;

struct process_trims {
	uint64_t asked[TRIM_MOMENTS];
	uint64_t verdicts[TRIM_ACTIONS];
	uint64_t last_ns;
	uint64_t released_bytes; /* of RSS */
	uint64_t unmapped_bytes; /* of the address space */
	uint64_t system_calls;
	uint64_t cost_ps;
	/* Before the verdict that is being carried out. */
	struct trim_before {
		struct trim_view view;
		struct trim_verdict verdict;
		uint64_t rss_pages, total_vm_bytes, system_calls, cost_ps;
	} before;
};

/* Verdicts that memory is given back. */
static inline uint64_t trims_carried_out(const struct process_trims *t)
{
	return t->verdicts[TRIM_TOP] + t->verdicts[TRIM_ALL] + t->verdicts[TRIM_OLD];
}

/* What the process's allocator asks; and its first timer. */
struct trim_judge trims_judge(struct process *p);
int trims_begin(struct machine *m, struct process *p, struct error *err);

/* EVENT_TRIM: the time that a process's policy asked for. */
int trims_timer(struct machine *m, uint32_t process, uint64_t now_ns, struct error *err);

#endif
