/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the machine does when memory has run out for good: as mm/oom_kill.c does, it chooses the
 * process that holds most, as far as that is known of a trace: user pages that its tasks asked for,
 * and oom_score_adj. A kill is data: the trace goes on as it was recorded. Rows go to /events/oom.
 */
#ifndef SLABYARD_MACHINE_OOM_H
#define SLABYARD_MACHINE_OOM_H

#include <stdbool.h>

#include "machine/machine.h"

struct oom *oom_create(struct machine *m, struct error *err);
void oom_destroy(struct oom *oom);
int oom_open(struct machine *m, struct error *err);

/*
 * oom_score_adj, fork, exit and page_fault records. A task that is seen in user mode is alive:
 * nobody who was killed comes back to it, so the recorded kernel killed somebody else, or nobody.
 */
void oom_note(struct machine *m, const struct record *r);
/* The task is of a process that was told to die and has not ended yet. */
bool oom_is_victim(const struct machine *m, uint32_t task);

#endif
