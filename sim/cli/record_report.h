/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was recorded, and at what price: printed when it is over. */
#ifndef SLABYARD_CLI_RECORD_REPORT_H
#define SLABYARD_CLI_RECORD_REPORT_H

#include <stdio.h>

#include "machine/recording.h"

void record_report_print(FILE *out, const struct recording *recording,
			 const struct record_report *report, bool faults);

#endif
