/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/progress.h"

#include <time.h>

#include "machine/machine.h"

static double now_seconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void progress_begin(struct machine *m)
{
	m->wall_begin = m->wall_told = now_seconds();
}

double progress_seconds(const struct machine *m)
{
	return now_seconds() - m->wall_begin;
}

void progress_tick(struct machine *m)
{
	const double interval = 0.25;
	if (!m->run->progress)
		return;
	double now = now_seconds();
	if (now - m->wall_told < interval)
		return;
	m->wall_told = now;
	struct slabyard_progress progress = {
		.records = machine_record(m),
		.fraction = m->trace->ops->progress(m->trace),
		.seconds = now - m->wall_begin,
	};
	m->run->progress(m->run->progress_context, &progress);
}
