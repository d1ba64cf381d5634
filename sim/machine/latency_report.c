/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Latencies of all allocations together, and of all frees, whatever operations they are. */
#include <stdlib.h>

#include "machine/machine.h"
#include "machine/report.h"

enum side { ALLOCATES, FREES, SIDES };

/* SIDES: neither. */
static enum side side_of(enum action action)
{
	switch (action) {
	case ACTION_PAGE_ALLOC:
	case ACTION_KMALLOC:
	case ACTION_KREALLOC:
	case ACTION_CACHE_ALLOC:
	case ACTION_MALLOC:
		return ALLOCATES;
	case ACTION_PAGE_FREE:
	case ACTION_KFREE:
	case ACTION_CACHE_FREE:
	case ACTION_FREE:
		return FREES;
	default:
		return SIDES;
	}
}

static int write_figure(struct machine *m, const char *name, double value, struct error *err)
{
	return m->sink_ops->attribute_f64(m->sink, "/summary", name, value, err);
}

static int write_side(struct machine *m, enum side side, const struct histogram *h,
		      struct error *err)
{
	static const char *const names[SIDES][5] = {
		{ "alloc_latency_ps_mean", "alloc_latency_ps_p50", "alloc_latency_ps_p99",
		  "alloc_latency_ps_p99_9", "alloc_latency_ps_max" },
		{ "free_latency_ps_mean", "free_latency_ps_p50", "free_latency_ps_p99",
		  "free_latency_ps_p99_9", "free_latency_ps_max" },
	};
	uint64_t count = histogram_count(h);
	if (!count)
		return 0;
	const double figures[] = {
		(double)h->sum / (double)count,
		(double)histogram_quantile(h, 0.5),
		(double)histogram_quantile(h, 0.99),
		(double)histogram_quantile(h, 0.999),
		(double)h->max,
	};
	for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++)
		if (write_figure(m, names[side][i], figures[i], err) != 0)
			return -1;
	return 0;
}

int report_latency_figures(struct machine *m, struct error *err)
{
	struct histogram *sums = calloc(SIDES, sizeof(*sums));
	if (!sums)
		return error_set(err, ERROR_RUN, "no memory for latency histograms");
	for (int i = 0; i < OPERATION_COUNT; i++) {
		enum side side = side_of(m->action[i]);
		if (side != SIDES && m->operations[i].latency_ps)
			histogram_merge(&sums[side], m->operations[i].latency_ps);
	}
	int status = 0;
	for (enum side side = ALLOCATES; side < SIDES && status == 0; side++)
		status = write_side(m, side, &sums[side], err);
	free(sums);
	return status;
}
