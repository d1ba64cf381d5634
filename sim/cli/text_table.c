/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/text_table.h"

#include <stdlib.h>
#include <string.h>

#include "results/cells.h"

static int reserve_row(struct text_table *table)
{
	if (table->count < table->capacity)
		return 0;
	size_t capacity = table->capacity ? table->capacity * 2 : 16;
	char **grown = reallocarray(table->cells, capacity * table->columns, sizeof(char *));
	if (!grown)
		return -1;
	table->cells = grown;
	table->capacity = capacity;
	return 0;
}

int text_table_add(struct text_table *table, const char *const *cells)
{
	if (reserve_row(table))
		return -1;
	char **row = &table->cells[table->count * table->columns];
	for (size_t i = 0; i < table->columns; i++) {
		row[i] = strdup(cells[i]);
		if (!row[i]) {
			while (i--)
				free(row[i]);
			return -1;
		}
	}
	table->count++;
	return 0;
}

static size_t column_width(const struct text_table *table, size_t column)
{
	size_t width = 0;
	for (size_t row = 0; row < table->count; row++) {
		size_t length = cell_width(table->cells[row * table->columns + column]);
		width = length > width ? length : width;
	}
	return width;
}

void text_table_print(const struct text_table *table, unsigned indent, FILE *out)
{
	size_t width[TEXT_TABLE_COLUMNS];
	for (size_t i = 0; i < table->columns; i++)
		width[i] = column_width(table, i);
	for (size_t row = 0; row < table->count; row++) {
		char *const *cells = &table->cells[row * table->columns];
		fprintf(out, "%*s", (int)indent, "");
		for (size_t i = 0; i + 1 < table->columns; i++)
			fprintf(out, "%s%*s  ", cells[i], (int)(width[i] - cell_width(cells[i])),
				"");
		fprintf(out, "%s\n", cells[table->columns - 1]);
	}
}

void text_table_free(struct text_table *table)
{
	for (size_t i = 0; i < table->count * table->columns; i++)
		free(table->cells[i]);
	free(table->cells);
	*table = (struct text_table){ .columns = table->columns };
}
