/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The configurations that no other one beats in two figures at once (a Pareto front). */
#ifndef SLABYARD_SWEEP_FRONT_H
#define SLABYARD_SWEEP_FRONT_H

#include "sweep/comparison.h"

struct front_row {
	const char *setting;
	const char *trace; /* NULL: of the recordings that all configurations have */
	size_t recordings;
	double value[2];      /* geometric means over recordings, or means; NaN: unknown */
	double rank[2];       /* less is better in both */
	struct parted parted; /* on these recordings */
	bool on_front;
};

struct front {
	struct compared_figure figures[2];
	struct front_row *rows; /* by trace, those on the front first, by the first figure */
	size_t row_count;
	struct text_pool text;
};

/* Of the request the report counts, which names the two figures, and by_trace. */
int front_make(struct front *front, const struct comparison_input *input,
	       const struct comparison_request *request, struct error *err);
void front_free(struct front *front);

#endif
