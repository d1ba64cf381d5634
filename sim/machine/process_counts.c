/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What processes come to: each, and all together. */
#include "machine/machine.h"

struct mm_counts process_counts(const struct process *p)
{
	return p->mm ? mm_counts(p->mm) : p->last;
}

/* A trace without times has but its records to weigh by. */
double process_means_ratio(const struct process_means *means)
{
	if (means->live_byte_ns > 0)
		return means->rss_byte_ns / means->live_byte_ns;
	return means->live_byte_records > 0 ? means->rss_byte_records / means->live_byte_records
					    : 0;
}

double process_rss_over_live(const struct process *p)
{
	return process_means_ratio(&p->means);
}
