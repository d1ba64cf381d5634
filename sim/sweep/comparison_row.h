/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the values of two configurations say: means, change, intervals, p and a verdict. */
#ifndef SLABYARD_SWEEP_COMPARISON_ROW_H
#define SLABYARD_SWEEP_COMPARISON_ROW_H

#include "sweep/pairs.h"

/* A p below it, after Holm's correction where there are many, shows a difference. */
double comparison_significant(void);

/*
 * Everything of a row that follows from the pairs alone; they lose those that are 0 on both sides
 * where the others have ratios.
 */
void comparison_row_fill(struct comparison_row *row, struct pairs *pairs,
			 const struct comparison_request *request);

/* By what was filled, and the row's `parted_unevenly` and `stability`. */
enum comparison_verdict comparison_row_judge(const struct comparison_row *row,
					     const struct pairs *pairs);

#endif
