/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A table that is printed for people (text, LaTeX) or for programs (CSV, JSON) alike. */
#ifndef SLABYARD_CLI_LISTING_H
#define SLABYARD_CLI_LISTING_H

#include <stdbool.h>
#include <stdio.h>

#include "base/text_pool.h"

struct listing_column {
	const char *name;    /* for programs; NULL: not shown to them */
	const char *heading; /* for people; NULL: not shown to them */
};

enum listing_format { LISTING_TEXT, LISTING_CSV, LISTING_JSON, LISTING_LATEX };

struct listing_cell;

struct listing {
	const struct listing_column *columns;
	size_t column_count;
	struct listing_cell *cells; /* row by row */
	size_t count, capacity;
	bool grouped;     /* LaTeX shows what stands in the first column once */
	const char *note; /* lines below, for people; NULL: none */
	struct text_pool text;
	bool lost; /* memory was spent */
};

/* Cells fill a row from left to right, then the next row. Texts are copied. */
void listing_text(struct listing *listing, const char *text);
/* `shown`: as people read it. */
void listing_number(struct listing *listing, double value, const char *shown);
void listing_count(struct listing *listing, size_t value);
void listing_flag(struct listing *listing, bool value, const char *shown);

/* Prints and frees it; -1 when memory was spent, and nothing is printed. */
int listing_finish(struct listing *listing, enum listing_format format, FILE *out);

#endif
