/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a result says of processes as a whole: attributes of /summary, and /summary/processes. */
#ifndef SLABYARD_MACHINE_PROCESS_REPORT_H
#define SLABYARD_MACHINE_PROCESS_REPORT_H

#include "base/error.h"

struct machine;

/* Sums over all processes that there were, into m->summary. */
void processes_summarise(struct machine *m);

/* Nothing below libc level. */
int process_report(struct machine *m, struct error *err);

#endif
