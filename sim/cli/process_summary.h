/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What `slabyard run` prints of processes; nothing below libc level. */
#ifndef SLABYARD_CLI_PROCESS_SUMMARY_H
#define SLABYARD_CLI_PROCESS_SUMMARY_H

#include <stdio.h>

#include "slabyard.h"

/* Beside the placements: blocks mapped on their own, breaks. */
void process_summary_placements(FILE *out, const struct slabyard_summary *s);
void process_summary_print(FILE *out, const struct slabyard_summary *s);

#endif
