/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "results/cells.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static bool reserve(struct cells *cells)
{
	if (cells->count < cells->capacity)
		return true;
	size_t capacity = cells->capacity ? 2 * cells->capacity : 64;
	char **grown = realloc(cells->text, capacity * sizeof(*grown));
	if (!grown)
		return false;
	cells->text = grown;
	cells->capacity = capacity;
	return true;
}

void cells_add(struct cells *cells, const char *format, ...)
{
	char *text;
	va_list args;
	va_start(args, format);
	int length = vasprintf(&text, format, args);
	va_end(args);
	if (length < 0 || !reserve(cells)) {
		cells->lost = true;
		return;
	}
	cells->text[cells->count++] = text;
}

size_t cell_width(const char *text)
{
	size_t width = 0;
	for (; *text; text++)
		width += ((unsigned char)*text & 0xc0) != 0x80;
	return width;
}

static bool is_number(const char *text)
{
	return *text && strspn(text, "0123456789.,-+e%") == strlen(text);
}

static void column_shape(const struct cells *cells, size_t column, bool has_header, size_t *width,
			 bool *right)
{
	size_t first = has_header ? cells->columns + column : column;
	*width = 0;
	*right = first < cells->count;
	for (size_t i = column; i < cells->count; i += cells->columns) {
		size_t w = cell_width(cells->text[i]);
		*width = w > *width ? w : *width;
		if (i >= first && !is_number(cells->text[i]))
			*right = false;
	}
}

static void print_cell(const char *text, size_t width, bool right, bool last, FILE *out)
{
	int pad = (int)(width - cell_width(text));
	if (right)
		fprintf(out, "%*s%s", pad, "", text);
	else if (last)
		fputs(text, out);
	else
		fprintf(out, "%s%*s", text, pad, "");
	fputs(last ? "\n" : "  ", out);
}

static void cells_empty(struct cells *cells)
{
	for (size_t i = 0; i < cells->count; i++)
		free(cells->text[i]);
	free(cells->text);
	*cells = (struct cells){ .columns = cells->columns };
}

void cells_print(struct cells *cells, bool has_header, const char *indent, FILE *out)
{
	size_t width[16];
	bool right[16];
	size_t columns = cells->columns < 16 ? cells->columns : 16;
	for (size_t c = 0; c < columns; c++)
		column_shape(cells, c, has_header, &width[c], &right[c]);
	for (size_t i = 0; i < cells->count; i++) {
		size_t c = i % cells->columns;
		if (c >= columns)
			continue;
		if (c == 0)
			fputs(indent, out);
		print_cell(cells->text[i], width[c], right[c], c == columns - 1, out);
	}
	if (cells->lost)
		fprintf(out, "%s(out of memory: not all is shown)\n", indent);
	cells_empty(cells);
}
