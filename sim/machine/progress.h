/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SLABYARD_MACHINE_PROGRESS_H
#define SLABYARD_MACHINE_PROGRESS_H

struct machine;

void progress_begin(struct machine *m);
/* Called once a batch; tells the caller of the run a few times a second. */
void progress_tick(struct machine *m);
/* Seconds of the host's time since progress_begin. */
double progress_seconds(const struct machine *m);

#endif
