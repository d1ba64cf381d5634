/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a sweep stands, on standard error: a live table on a terminal, else a line now and then. */
#ifndef SLABYARD_CLI_SWEEP_PROGRESS_H
#define SLABYARD_CLI_SWEEP_PROGRESS_H

#include "sweep/local.h"

struct sweep_display {
	const struct manifest *manifest;
	bool live;
	size_t lines; /* of the table, that stand on the terminal now */
	double told;  /* seconds at the last plain line */
	size_t told_ended;
};

struct sweep_observer sweep_display_observer(struct sweep_display *display,
					     const struct manifest *manifest);

/* Takes the table away. */
void sweep_display_clear(struct sweep_display *display);

#endif
