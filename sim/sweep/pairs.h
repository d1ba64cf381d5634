/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two configurations' values of one figure on the recordings that both have, seeds and all. */
#ifndef SLABYARD_SWEEP_PAIRS_H
#define SLABYARD_SWEEP_PAIRS_H

#include "sweep/run_cells.h"

struct pairs {
	double *baseline, *value; /* means over seeds, by recording */
	size_t *traces;           /* which recordings these are; behind them those left out */
	double *seeds[2];         /* of the recording that was taken last */
	double *scratch;
	struct sample samples[2]; /* of these */
	double effects;           /* sum over recordings that have one */
	size_t count, left_out, seeds_min, effect_count;
	bool random, varies; /* as in struct comparison_row */
	bool by_ranks;       /* effects are Cliff's deltas, in place of Hedges' g */
};

/* Room for that many recordings and runs of each. False when memory is out; free in any case. */
bool pairs_create(struct pairs *pairs, size_t recordings, size_t seeds);
void pairs_free(struct pairs *pairs);

/* What the configurations have on a recording, if both have the figure. */
void pairs_take(struct pairs *pairs, const struct run_cells *cells, size_t column, size_t baseline,
		size_t config, size_t trace);

bool pairs_all_equal(const struct pairs *pairs);
/* How many recordings went that way from the baseline. */
size_t pairs_lower(const struct pairs *pairs);
size_t pairs_higher(const struct pairs *pairs);

/* Whether pair i is 0 on both sides: it has no ratio, and says nothing of a change. */
bool pairs_is_zero(const struct pairs *pairs, size_t i);
/* Leaves these out; all stay in their order. */
void pairs_leave_out_zeros(struct pairs *pairs);

#endif
