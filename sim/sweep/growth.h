/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How figures grow with a parameter (memory, load) or with another figure (objects, records): power
 * laws, one for each setting that is the same otherwise.
 *
 * With a parameter every recording has a fit of its own, over the parameter's values; several
 * recordings together have the mean of their exponents, with an interval over recordings. With a
 * figure each recording is a point.
 */
#ifndef SLABYARD_SWEEP_GROWTH_H
#define SLABYARD_SWEEP_GROWTH_H

#include "sweep/comparison.h"

struct growth_row {
	const struct compared_figure *figure;
	const char *setting;
	const char *trace; /* NULL: of all recordings */
	size_t recordings, points;
	size_t zeros; /* points that have no logarithm: with one of them there is no fit */
	double factor, exponent;  /* figure = factor * with^exponent; NaN: no such fit */
	double r_squared;         /* the lowest of the recordings' */
	struct interval interval; /* of the exponent; over recordings, or over points of one fit */
};

/* What was fitted. */
struct growth_point {
	const struct compared_figure *figure;
	const char *setting, *trace;
	double x, y; /* mean over seeds */
};

struct growth {
	struct compared_figure *figures;
	size_t figure_count;
	struct growth_row *rows; /* by figure, then setting, then trace */
	size_t row_count, row_capacity;
	struct growth_point *points; /* in the order of the fits */
	size_t point_count, point_capacity;
	const char *with; /* the parameter's or the figure's name */
	struct text_pool text;
};

/* Of the request the report, level and by_trace count. `with` is a parameter's path or a figure. */
int growth_make(struct growth *growth, const struct comparison_input *input, const char *with,
		const struct comparison_request *request, struct error *err);
void growth_free(struct growth *growth);

#endif
