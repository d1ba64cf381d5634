/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/listing.h"

#include <stdlib.h>
#include <string.h>

#include "base/grow.h"
#include "cli/formats.h"
#include "results/cells.h"

enum cell_kind { CELL_TEXT, CELL_NUMBER, CELL_FLAG };

struct listing_cell {
	enum cell_kind kind;
	const char *text; /* as people read it */
	double number;
};

static void add(struct listing *l, enum cell_kind kind, double number, const char *text)
{
	struct listing_cell *grown = grow_array(l->cells, l->count, &l->capacity, sizeof(*grown));
	const char *kept = text_pool_add(&l->text, text);
	if (grown)
		l->cells = grown;
	if (grown && kept)
		grown[l->count++] = (struct listing_cell){ kind, kept, number };
	else
		l->lost = true;
}

void listing_text(struct listing *l, const char *text)
{
	add(l, CELL_TEXT, 0, text);
}

void listing_number(struct listing *l, double value, const char *shown)
{
	add(l, CELL_NUMBER, value, shown);
}

void listing_count(struct listing *l, size_t value)
{
	char text[FORMAT_TEXT_BYTES];
	snprintf(text, sizeof(text), "%zu", value);
	add(l, CELL_NUMBER, (double)value, text);
}

void listing_flag(struct listing *l, bool value, const char *shown)
{
	add(l, CELL_FLAG, value, shown);
}

static void print_text(const struct listing *l, FILE *out)
{
	struct cells cells = { 0 };
	for (size_t i = 0; i < l->column_count; i++)
		cells.columns += l->columns[i].heading != NULL;
	for (size_t i = 0; i < l->column_count; i++)
		if (l->columns[i].heading)
			cells_add(&cells, "%s", l->columns[i].heading);
	for (size_t i = 0; i < l->count; i++)
		if (l->columns[i % l->column_count].heading)
			cells_add(&cells, "%s", l->cells[i].text);
	cells_print(&cells, true, "", out);
	if (l->note)
		fprintf(out, "\n%s", l->note);
}

static void print_csv_row(const struct listing *l, const struct listing_cell *row, FILE *out)
{
	bool first = true;
	for (size_t i = 0; i < l->column_count; i++) {
		if (!l->columns[i].name)
			continue;
		fputs(first ? "" : ",", out);
		first = false;
		if (!row)
			fputs(l->columns[i].name, out);
		else if (row[i].kind == CELL_TEXT)
			format_csv_text(out, row[i].text);
		else
			format_csv_number(out, row[i].number);
	}
	fputc('\n', out);
}

static void print_csv(const struct listing *l, FILE *out)
{
	print_csv_row(l, NULL, out);
	for (size_t row = 0; row + l->column_count <= l->count; row += l->column_count)
		print_csv_row(l, &l->cells[row], out);
}

static void print_json_cell(struct json *j, const char *key, const struct listing_cell *cell)
{
	if (cell->kind == CELL_TEXT)
		json_member(j, key, cell->text);
	else if (cell->kind == CELL_FLAG)
		json_raw_member(j, key, cell->number > 0 ? "true" : "false");
	else
		format_json_number(j, key, cell->number);
}

static void print_json(const struct listing *l, FILE *out)
{
	struct json j = { .out = out };
	json_open(&j, '[');
	for (size_t row = 0; row + l->column_count <= l->count; row += l->column_count) {
		json_next(&j);
		json_open(&j, '{');
		for (size_t i = 0; i < l->column_count; i++)
			if (l->columns[i].name)
				print_json_cell(&j, l->columns[i].name, &l->cells[row + i]);
		json_close(&j, '}');
	}
	json_close(&j, ']');
	fputc('\n', out);
}

/* `same`: the group is the one of the row before. */
static void print_tex_row(const struct listing *l, const struct listing_cell *row, bool same,
			  FILE *out)
{
	bool first = true;
	for (size_t i = 0; i < l->column_count; i++) {
		if (!l->columns[i].heading)
			continue;
		const char *text = row ? row[i].text : l->columns[i].heading;
		fputs(first ? "" : " & ", out);
		format_tex(out, first && same ? "" : text);
		first = false;
	}
	fputs(" \\\\\n", out);
}

static void print_tex_note(const char *note, FILE *out)
{
	for (size_t length; *note; note += length + (note[length] == '\n')) {
		length = strcspn(note, "\n");
		fprintf(out, "%% %.*s\n", (int)length, note);
	}
}

/* For \usepackage{booktabs}. Numbers stand to the right. */
static void print_latex(const struct listing *l, FILE *out)
{
	fputs("\\begin{tabular}{", out);
	for (size_t i = 0; i < l->column_count; i++)
		if (l->columns[i].heading)
			fputc(l->count && l->cells[i].kind == CELL_NUMBER ? 'r' : 'l', out);
	fputs("}\n\\toprule\n", out);
	print_tex_row(l, NULL, false, out);
	for (size_t row = 0; row + l->column_count <= l->count; row += l->column_count) {
		const struct listing_cell *cells = &l->cells[row];
		bool same = l->grouped && row &&
			    strcmp(cells->text, (cells - l->column_count)->text) == 0;
		fputs(row && (!l->grouped || same) ? "" : "\\midrule\n", out);
		print_tex_row(l, cells, same, out);
	}
	fputs("\\bottomrule\n\\end{tabular}\n", out);
	if (l->note)
		print_tex_note(l->note, out);
}

int listing_finish(struct listing *l, enum listing_format format, FILE *out)
{
	static void (*const printers[])(const struct listing *listing, FILE *out) = {
		[LISTING_TEXT] = print_text,
		[LISTING_CSV] = print_csv,
		[LISTING_JSON] = print_json,
		[LISTING_LATEX] = print_latex,
	};
	int status = l->lost ? -1 : 0;
	if (status == 0)
		printers[format](l, out);
	free(l->cells);
	text_pool_free(&l->text);
	*l = (struct listing){ 0 };
	return status;
}
