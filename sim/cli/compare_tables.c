/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/compare_output.h"

#include <math.h>
#include <stdio.h>

#include "cli/formats.h"

static void add_number(struct listing *l, double value)
{
	char text[FORMAT_TEXT_BYTES] = "-";
	if (!isnan(value))
		snprintf(text, sizeof(text), "%.4g", value);
	listing_number(l, value, text);
}

static void add_interval(struct listing *l, struct interval interval)
{
	char text[FORMAT_TEXT_BYTES] = "-";
	if (interval_is_known(interval))
		snprintf(text, sizeof(text), "%.4g to %.4g", interval.low, interval.high);
	listing_text(l, text);
	listing_number(l, interval.low, text);
	listing_number(l, interval.high, text);
}

#define GROWTH_NOTE                                                                                \
	"figure = factor * x^exponent, by least squares on the logarithms; 1 is proportional.\n"   \
	"Of several recordings the exponent is the mean of theirs, its interval is over "          \
	"recordings,\nand R2 is the lowest.\n"

static bool has_zeros(const struct growth *g)
{
	for (size_t i = 0; i < g->row_count; i++)
		if (g->rows[i].zeros)
			return true;
	return false;
}

static void add_growth(struct listing *l, const struct growth *g, const struct growth_row *row)
{
	listing_text(l, row->figure->name);
	listing_text(l, g->with);
	listing_text(l, *row->setting ? row->setting : "-");
	listing_text(l, row->trace ? row->trace : "all");
	listing_count(l, row->recordings);
	listing_count(l, row->points);
	listing_count(l, row->zeros);
	add_number(l, row->factor);
	add_number(l, row->exponent);
	add_interval(l, row->interval);
	add_number(l, row->r_squared);
}

int print_growth(const struct growth *g, enum listing_format format, FILE *out)
{
	bool zeros = has_zeros(g);
	const struct listing_column columns[] = {
		{ "figure", "figure" },
		{ "with", "grows with" },
		{ "setting", "setting" },
		{ "recording", "recording" },
		{ "recordings", "recordings" },
		{ "points", "points" },
		{ "zeros", zeros ? "zeros" : NULL },
		{ "factor", NULL },
		{ "exponent", "exponent" },
		{ NULL, "95% interval" },
		{ "low", NULL },
		{ "high", NULL },
		{ "r_squared", "R2" },
	};
	struct listing l = { .columns = columns,
			     .column_count = sizeof(columns) / sizeof(columns[0]),
			     .note = zeros ? GROWTH_NOTE
					     "zeros: values that are 0 and have no logarithm; a "
					     "recording that has some is not fitted.\n"
					   : GROWTH_NOTE };
	for (size_t i = 0; i < g->row_count; i++)
		add_growth(&l, g, &g->rows[i]);
	return listing_finish(&l, format, out);
}

int print_points(const struct growth *g, enum listing_format format, FILE *out)
{
	static const struct listing_column columns[] = {
		{ "figure", "figure" },
		{ "with", "grows with" },
		{ "setting", "setting" },
		{ "recording", "recording" },
		{ "x", "x" },
		{ "y", "y" },
	};
	struct listing l = { .columns = columns,
			     .column_count = sizeof(columns) / sizeof(columns[0]) };
	char text[FORMAT_TEXT_BYTES];
	for (size_t i = 0; i < g->point_count; i++) {
		const struct growth_point *point = &g->points[i];
		listing_text(&l, point->figure->name);
		listing_text(&l, g->with);
		listing_text(&l, *point->setting ? point->setting : "-");
		listing_text(&l, point->trace);
		listing_number(&l, point->x, format_figure("", point->x, text, sizeof(text)));
		listing_number(&l, point->y,
			       format_figure(point->figure->name, point->y, text, sizeof(text)));
	}
	return listing_finish(&l, format, out);
}

#define FRONT_NOTE                                                                                 \
	"On the front: no other setting is at least as good in both figures and better in one.\n"  \
	"Of several recordings the geometric mean is compared.\n"

static bool has_parted(const struct front *f)
{
	for (size_t i = 0; i < f->row_count; i++)
		if (f->rows[i].parted.past)
			return true;
	return false;
}

static void add_front(struct listing *l, const struct front *f, const struct front_row *row)
{
	char text[FORMAT_TEXT_BYTES];
	listing_text(l, *row->setting ? row->setting : "-");
	listing_text(l, row->trace ? row->trace : "all");
	listing_count(l, row->recordings);
	for (size_t k = 0; k < 2; k++)
		listing_number(
			l, row->value[k],
			format_figure(f->figures[k].name, row->value[k], text, sizeof(text)));
	snprintf(text, sizeof(text), "%zu of %zu", row->parted.past, row->parted.runs);
	listing_number(l, (double)row->parted.past, row->parted.past ? text : "");
	listing_flag(l, row->on_front, row->on_front ? "yes" : "");
}

int print_front(const struct front *f, enum listing_format format, FILE *out)
{
	bool parted = has_parted(f);
	const struct listing_column columns[] = {
		{ "setting", "setting" },
		{ "recording", "recording" },
		{ "recordings", "recordings" },
		{ f->figures[0].name, f->figures[0].name },
		{ f->figures[1].name, f->figures[1].name },
		{ "past_horizon", parted ? "past the horizon" : NULL },
		{ "on_front", "on the front" },
	};
	struct listing l = { .columns = columns,
			     .column_count = sizeof(columns) / sizeof(columns[0]),
			     .note = parted ? FRONT_NOTE
					     "past the horizon: runs that parted from their "
					     "recording, and may need less because less was done.\n"
					    : FRONT_NOTE };
	for (size_t i = 0; i < f->row_count; i++)
		add_front(&l, f, &f->rows[i]);
	return listing_finish(&l, format, out);
}
