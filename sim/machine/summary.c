/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>

#include "machine/closed.h"
#include "machine/effect_pairs.h"
#include "machine/machine.h"
#include "machine/process_report.h"
#include "machine/progress.h"
#include "machine/recorded_environment.h"
#include "machine/report.h"
#include "machine/start.h"

static int no_memory(struct error *err)
{
	return error_set(err, ERROR_RUN, "no memory for the summary");
}

static int summarise_operations(struct machine *m, struct error *err)
{
	struct slabyard_summary *s = m->summary;
	s->operations = calloc(OPERATION_COUNT, sizeof(*s->operations));
	if (!s->operations)
		return no_memory(err);
	for (int i = 0; i < OPERATION_COUNT; i++) {
		const struct operation_stats *stats = &m->operations[i];
		const struct histogram *h = stats->latency_ps;
		uint64_t executed = h ? histogram_count(h) : 0;
		uint64_t count = stats->idle + executed;
		/* An extension is the second half of another record. */
		if (!count || i == OP_EXTENSION)
			continue;
		s->records += count;
		struct slabyard_operation_summary *o = &s->operations[s->operation_count++];
		*o = (struct slabyard_operation_summary){ .name = operation_table[i].name,
							  .count = count,
							  .executed = executed,
							  .failed = stats->failed };
		s->executed += executed;
		if (m->action[i] == ACTION_NO_LAYER)
			s->no_layer += count;
		if (!executed)
			continue;
		o->latency_ps_p50 = histogram_quantile(h, 0.5);
		o->latency_ps_p99 = histogram_quantile(h, 0.99);
		o->latency_ps_max = h->max;
		o->latency_ps_mean = (double)h->sum / (double)executed;
	}
	return 0;
}

static int summarise_pages(struct machine *m, struct error *err)
{
	struct page_counts *counts = calloc(1, sizeof(*counts));
	if (!counts)
		return no_memory(err);
	m->page->counts(m->page_state, counts);
	uint32_t largest = 0;
	for (uint32_t i = 0; i < counts->zone_count; i++) {
		m->summary->free_pages += counts->zones[i].free_pages;
		if (counts->zones[i].managed > counts->zones[largest].managed)
			largest = i;
	}
	const uint32_t huge_order = 9;
	if (counts->zone_count && counts->orders > huge_order)
		m->summary->unusable_free_index_order9 =
			unusable_free_index(&counts->zones[largest], counts->orders, huge_order) /
			1000.0;
	free(counts);
	return 0;
}

static void summarise_slabs(struct machine *m)
{
	if (m->page_level)
		return;
	uint32_t count = m->slab->cache_count(m->slab_state);
	for (uint32_t i = 0; i < count; i++) {
		struct cache_counts counts = { 0 };
		if (!m->slab->counts(m->slab_state, (cache_id){ i }, &counts))
			continue;
		m->summary->slabs += counts.slabs;
		m->summary->slab_bytes_requested += counts.requested_bytes;
		m->summary->slab_bytes_held += counts.held_bytes;
	}
}

static void summarise_effects(struct machine *m)
{
	struct effect_totals totals = effect_pairs_totals(m->effects);
	m->summary->effects_recorded = totals.recorded;
	m->summary->effects_simulated = totals.simulated;
	m->summary->effects_order = totals.order;
	m->summary->effects_position = totals.position;
	m->summary->effects_frame = totals.frame;
}

/* Those that no assist allows are always taken. */
static void note_taken(const struct machine *m, struct slabyard_summary *s)
{
	size_t used = 0;
	for (int i = 0; i < ASSIST_COUNT; i++) {
		s->taken_from_trace += m->assists.used[i];
		if (m->assists.used[i] && used < sizeof(s->taken))
			used += (size_t)snprintf(s->taken + used, sizeof(s->taken) - used,
						 "%s%s %llu", used ? ", " : "",
						 assist_name((enum assist)i),
						 (unsigned long long)m->assists.used[i]);
	}
}

int report_summary(struct machine *m, struct error *err)
{
	struct slabyard_summary *s = m->summary;
	const double ns = 1e9, ps = 1e12;
	if (summarise_operations(m, err) != 0 || summarise_pages(m, err) != 0)
		return -1;
	summarise_slabs(m);
	summarise_effects(m);
	processes_summarise(m);
	recorded_environment_summarise(m);
	s->memory_bytes = m->memory_bytes;
	s->cpus = m->cpus;
	s->level = machine_level_name(m);
	s->page_policy = m->page->info.name;
	s->slab_policy = m->page_level ? NULL : m->slab->info.name;
	s->libc_policy = m->libc_level ? m->libc->info.name : NULL;
	s->trim_policy = m->libc_level ? m->trim->info.name : NULL;
	if (machine_recorded_allocator(m))
		snprintf(s->recorded_policy, sizeof(s->recorded_policy), "%.7s",
			 machine_recorded_allocator(m));
	start_describe(m->start, s->start, sizeof(s->start));
	s->simulated_seconds = (double)(m->time_ns - m->origin_ns) / ns;
	s->cost_seconds = (double)m->work.cost_ps / ps;
	s->list_steps = m->work.count[WORK_list_step];
	s->wall_seconds = progress_seconds(m);
	s->no_event_lines = m->import.unparsed;
	s->first_no_event_line = m->import.unparsed_line;
	note_taken(m, s);
	for (uint32_t i = m->cpus; i < MACHINE_CPUS_MAX; i++)
		s->cpus_folded += m->cpu_seen[i];
	s->stalls = m->closed ? closed_stalls(m->closed) : 0;
	return 0;
}
