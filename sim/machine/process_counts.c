/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What processes come to: each, and all together. */
#include "machine/machine.h"

struct mm_counts process_counts(const struct process *p)
{
	return p->mm ? mm_counts(p->mm) : p->last;
}

/* A trace without times has but its records to weigh by. */
static double ratio(const struct process_means *means)
{
	if (means->live_byte_ns > 0)
		return means->rss_byte_ns / means->live_byte_ns;
	return means->live_byte_records > 0 ? means->rss_byte_records / means->live_byte_records
					    : 0;
}

double process_rss_over_live(const struct process *p)
{
	return ratio(&p->means);
}

static void add_means(struct process_means *sum, const struct process_means *means)
{
	sum->rss_byte_ns += means->rss_byte_ns;
	sum->live_byte_ns += means->live_byte_ns;
	sum->rss_byte_records += means->rss_byte_records;
	sum->live_byte_records += means->live_byte_records;
}

static void add(struct slabyard_summary *s, const struct process *p)
{
	const struct mm_counts counts = process_counts(p);

	s->live_bytes += p->live_bytes;
	s->live_bytes_max += p->live_bytes_max;
	s->rss_bytes += counts.rss_pages << PAGE_SHIFT;
	s->rss_bytes_max += counts.rss_pages_max << PAGE_SHIFT;
	s->total_vm_bytes += counts.total_vm_bytes;
	s->minor_faults += counts.min_flt;
	s->refaults += counts.refaults;
	s->system_calls += counts.system_calls;
	s->trims += p->trims.verdicts[TRIM_TOP] + p->trims.verdicts[TRIM_ALL] +
		    p->trims.verdicts[TRIM_OLD];
	s->trim_released_bytes += p->trims.released_bytes;
	s->trim_system_calls += p->trims.system_calls;
}

void processes_summarise(struct machine *m)
{
	struct process_means means = { 0 };

	m->summary->processes = m->processes.count;
	for (uint32_t i = 0; i < m->processes.count; i++) {
		struct process *p = process_at(&m->processes, i);

		if (!p->ended)
			process_account(p, m->time_ns);
		add(m->summary, p);
		add_means(&means, &p->means);
		m->assists.used[ASSIST_NAMED_mmap_base] += process_counts(p).placed;
	}
	m->summary->rss_over_live = ratio(&means);
}
