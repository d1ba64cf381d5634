/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/pareto.h"

#include <math.h>
#include <stdlib.h>

struct point {
	double x, y;
	size_t at;
};

static int compare(const void *a, const void *b)
{
	const struct point *p = a, *q = b;
	int by_x = (p->x > q->x) - (p->x < q->x), by_y = (p->y > q->y) - (p->y < q->y);
	return by_x ? by_x : by_y ? by_y : (p->at > q->at) - (p->at < q->at);
}

/* From left to right: each new least y is on the front, and what equals the point that had it. */
int pareto_front(const double *x, const double *y, size_t count, bool *on_front)
{
	struct point *points = calloc(count + 1, sizeof(*points));
	size_t known = 0;
	if (!points)
		return -1;
	for (size_t i = 0; i < count; i++) {
		on_front[i] = false;
		if (!isnan(x[i]) && !isnan(y[i]))
			points[known++] = (struct point){ x[i], y[i], i };
	}
	qsort(points, known, sizeof(*points), compare);
	const struct point *best = NULL;
	for (size_t i = 0; i < known; i++) {
		bool lower = !best || points[i].y < best->y;
		bool equal = best && !(points[i].x > best->x) && !(points[i].y > best->y);
		if (lower)
			best = &points[i];
		on_front[points[i].at] = lower || equal;
	}
	free(points);
	return 0;
}
