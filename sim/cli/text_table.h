/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows of text in columns as wide as their longest cell; the last column is not padded. */
#ifndef SLABYARD_CLI_TEXT_TABLE_H
#define SLABYARD_CLI_TEXT_TABLE_H

#include <stddef.h>
#include <stdio.h>

enum { TEXT_TABLE_COLUMNS = 8 };

struct text_table {
	size_t columns; /* at most TEXT_TABLE_COLUMNS */
	size_t count, capacity;
	char **cells; /* count rows of `columns` */
};

/* Copies `columns` cells. 0, or -1 when memory is out. */
int text_table_add(struct text_table *table, const char *const *cells);
/* Every row behind `indent` spaces. */
void text_table_print(const struct text_table *table, unsigned indent, FILE *out);
void text_table_free(struct text_table *table);

#endif
