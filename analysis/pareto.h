/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Points that no other point beats in both figures. */
#ifndef SLABYARD_ANALYSIS_PARETO_H
#define SLABYARD_ANALYSIS_PARETO_H

#include <stdbool.h>
#include <stddef.h>

/*
 * on_front[i]: no point is at least as good as i in both and better in one. Less is better; negate
 * what is to be large. A point with a NaN is never on the front. -1 when memory is out.
 */
int pareto_front(const double *x, const double *y, size_t count, bool *on_front);

#endif
