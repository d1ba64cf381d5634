/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SLABYARD_CLI_RUN_SUMMARY_H
#define SLABYARD_CLI_RUN_SUMMARY_H

#include <stdio.h>

#include "slabyard.h"

/* What came of a run, for people. */
void run_summary_print(FILE *out, const struct slabyard_run *run,
		       const struct slabyard_summary *summary);

#endif
