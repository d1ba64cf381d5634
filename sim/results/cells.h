/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text in aligned columns: gathered cell by cell, printed when every width is known. */
#ifndef SLABYARD_RESULTS_CELLS_H
#define SLABYARD_RESULTS_CELLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct cells {
	size_t columns;
	char **text; /* row by row */
	size_t count, capacity;
	bool lost; /* memory was spent: some cells are missing */
};

/* Cells fill a row from left to right, then the next row. */
void cells_add(struct cells *cells, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Columns that hold nothing but numbers below a header stand to the right. Empties cells. */
void cells_print(struct cells *cells, bool has_header, const char *indent, FILE *out);

/* Columns of a terminal that UTF-8 text takes: its characters, each of which takes one here. */
size_t cell_width(const char *text);

#endif
