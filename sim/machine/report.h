/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is known at the end of a run: into the summary, and into the result file. */
#ifndef SLABYARD_MACHINE_REPORT_H
#define SLABYARD_MACHINE_REPORT_H

#include "base/error.h"

struct machine;

int report_summary(struct machine *m, struct error *err);
/* /summary, /latency, /provenance; needs report_summary. */
int report_write(struct machine *m, struct error *err);
/* latency_report.c: figures of all allocations and of all frees, in /summary. */
int report_latency_figures(struct machine *m, struct error *err);

#endif
