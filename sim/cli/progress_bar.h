/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One line on a terminal's standard error: records done, rate, time left. */
#ifndef SLABYARD_CLI_PROGRESS_BAR_H
#define SLABYARD_CLI_PROGRESS_BAR_H

#include <stdbool.h>

#include "slabyard.h"

/* "auto" (a terminal), "on" or "off"; false: none of these. */
bool progress_bar_wanted(const char *when, bool *wanted);
/* slabyard_run.progress; context is unused. */
void progress_bar_show(void *context, const struct slabyard_progress *progress);
/* Clears the line, when one was shown. */
void progress_bar_clear(void);

/* "[#####.....]  50%" */
void progress_bar_print(double fraction);

#endif
