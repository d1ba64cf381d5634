/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A comparison as a table for people, or for other programs. */
#ifndef SLABYARD_CLI_COMPARE_OUTPUT_H
#define SLABYARD_CLI_COMPARE_OUTPUT_H

#include <stdio.h>

#include "sweep/comparison.h"

struct compare_format {
	const char *name;
	void (*print)(const struct comparison *comparison, FILE *out);
};

/* text, csv, json, latex; ends with a NULL name. */
extern const struct compare_format compare_formats[];

#endif
