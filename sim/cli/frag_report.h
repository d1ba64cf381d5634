/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What `slabyard frag` prints, in each of its forms. */
#ifndef SLABYARD_CLI_FRAG_REPORT_H
#define SLABYARD_CLI_FRAG_REPORT_H

#include <stdio.h>

#include "cli/frag_data.h"
#include "cli/frag_rank.h"

struct frag_report {
	const char *path;
	const struct frag_data *data;
	const struct frag_ranking *ranking;
	enum frag_by by;
	int order; /* the only one that is told of; -1: all */
};

void frag_print_text(FILE *out, const struct frag_report *report);
/* The ranked table, a line a group, behind a line of column names. */
void frag_print_csv(FILE *out, const struct frag_report *report);
void frag_print_json(FILE *out, const struct frag_report *report);

#endif
