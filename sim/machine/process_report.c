/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/process_report.h"

#include "machine/machine.h"

static void add_means(struct process_means *sum, const struct process_means *means)
{
	sum->rss_byte_ns += means->rss_byte_ns;
	sum->live_byte_ns += means->live_byte_ns;
	sum->rss_byte_records += means->rss_byte_records;
	sum->live_byte_records += means->live_byte_records;
}

static void add(struct slabyard_processes *s, const struct process *p)
{
	const struct mm_counts counts = process_counts(p);

	s->live_bytes += p->ended ? 0 : p->live_bytes;
	s->live_bytes_max += p->live_bytes_max;
	s->rss_bytes += counts.rss_pages << PAGE_SHIFT;
	s->rss_bytes_max += counts.rss_pages_max << PAGE_SHIFT;
	s->total_vm_bytes += counts.total_vm_bytes;
	s->minor_faults += counts.min_flt;
	s->refaults += counts.refaults;
	s->system_calls += counts.system_calls;
	s->trims += trims_carried_out(&p->trims);
	s->trim_released_bytes += p->trims.released_bytes;
	s->trim_system_calls += p->trims.system_calls;
	s->trim_cost_ps += p->trims.cost_ps;
}

void processes_summarise(struct machine *m)
{
	struct process_means means = { 0 };

	m->summary->processes.count = m->processes.count;
	for (uint32_t i = 0; i < m->processes.count; i++) {
		struct process *p = process_at(&m->processes, i);

		if (!p->ended)
			process_account(p, m->time_ns);
		add(&m->summary->processes, p);
		add_means(&means, &p->means);
		m->assists.used[ASSIST_NAMED_mmap_base] += process_counts(p).placed;
	}
	m->summary->processes.rss_over_live = process_means_ratio(&means);
}

static int write_attributes(struct machine *m, struct error *err)
{
	const struct slabyard_processes *s = &m->summary->processes;
	const struct {
		const char *name;
		uint64_t value;
	} numbers[] = {
		{ "processes", s->count },
		{ "processes_killed", s->killed },
		{ "touches_outside", s->touches_outside },
		{ "live_bytes", s->live_bytes },
		{ "live_bytes_max", s->live_bytes_max },
		{ "rss_bytes", s->rss_bytes },
		{ "rss_bytes_max", s->rss_bytes_max },
		{ "total_vm_bytes", s->total_vm_bytes },
		{ "minor_faults", s->minor_faults },
		{ "refaults", s->refaults },
		{ "system_calls", s->system_calls },
		{ "trims", s->trims },
		{ "trim_released_bytes", s->trim_released_bytes },
		{ "trim_system_calls", s->trim_system_calls },
		{ "trim_cost_ps", s->trim_cost_ps },
		{ "mapped_compared", s->mapped_compared },
		{ "mapped_matched", s->mapped_matched },
		{ "breaks_compared", s->breaks_compared },
		{ "breaks_matched", s->breaks_matched },
	};
	const struct result_sink *sink = m->sink_ops;

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (sink->attribute_u64(m->sink, "/summary", numbers[i].name, numbers[i].value,
					err) != 0)
			return -1;
	if (sink->attribute_f64(m->sink, "/summary", "rss_over_live", s->rss_over_live, err) != 0 ||
	    sink->attribute_text(m->sink, "/summary", "libc_policy", m->libc->info.name, err) != 0)
		return -1;
	return sink->attribute_text(m->sink, "/summary", "trim_policy", m->trim->info.name, err);
}

#define NUMBER(column, of_unit, text)                                                              \
	{                                                                                          \
		.name = column, .unit = of_unit, .long_name = text, .type = RESULT_U64             \
	}
static const struct result_column columns[] = {
	NUMBER("process", "1", "index, in order of start"),
	NUMBER("pid", "1", "process id"),
	{ .name = "comm", .unit = "", .long_name = "program", .type = RESULT_TEXT },
	NUMBER("killed", "1", "1: no memory was left for it"),
	NUMBER("live_bytes", "bytes", "asked for and not freed, at the end"),
	NUMBER("live_bytes_max", "bytes", "the most of it"),
	NUMBER("rss_bytes", "bytes", "present at the end"),
	NUMBER("rss_bytes_max", "bytes", "VmHWM"),
	{ .name = "rss_over_live",
	  .unit = "1",
	  .long_name = "mean RSS over mean live bytes, weighted by time",
	  .type = RESULT_F64 },
	NUMBER("total_vm_bytes", "bytes", "VmSize at the end"),
	NUMBER("minor_faults", "faults", "minor page faults"),
	NUMBER("refaults", "faults", "those of them on what trimming gave back"),
	NUMBER("system_calls", "calls", "system calls for memory"),
	NUMBER("asked", "1", "times that the trim policy was asked"),
	NUMBER("trims", "1", "verdicts that memory is given back"),
	NUMBER("trim_released_bytes", "bytes", "RSS given back by them"),
	NUMBER("trim_unmapped_bytes", "bytes", "address space given back by them"),
	NUMBER("trim_system_calls", "calls", "system calls that they took"),
	NUMBER("trim_cost_ps", "ps", "modelled cost of them, without later faults"),
};
#undef NUMBER

enum { COLUMNS = sizeof(columns) / sizeof(columns[0]) };

static int write_process(struct machine *m, struct result_table *table, const struct process *p,
			 struct error *err)
{
	const struct mm_counts c = process_counts(p);
	const uint64_t index = p->index, pid = p->pid, killed = p->killed;
	const uint64_t live = p->ended ? 0 : p->live_bytes, rss = c.rss_pages << PAGE_SHIFT;
	const uint64_t rss_max = c.rss_pages_max << PAGE_SHIFT,
		       trims = trims_carried_out(&p->trims);
	const double rss_over_live = process_rss_over_live(p);
	uint64_t asked = 0;

	for (int i = 0; i < TRIM_MOMENTS; i++)
		asked += p->trims.asked[i];
	const void *const values[COLUMNS] = {
		&index,
		&pid,
		p->comm,
		&killed,
		&live,
		&p->live_bytes_max,
		&rss,
		&rss_max,
		&rss_over_live,
		&c.total_vm_bytes,
		&c.min_flt,
		&c.refaults,
		&c.system_calls,
		&asked,
		&trims,
		&p->trims.released_bytes,
		&p->trims.unmapped_bytes,
		&p->trims.system_calls,
		&p->trims.cost_ps,
	};
	return m->sink_ops->table_append(table, values, err);
}

int process_report(struct machine *m, struct error *err)
{
	if (!m->libc_level)
		return 0;
	struct result_table *table =
		m->sink_ops->table(m->sink, "/summary/processes", columns, COLUMNS, err);

	if (!table || write_attributes(m, err) != 0)
		return -1;
	for (uint32_t i = 0; i < m->processes.count; i++)
		if (write_process(m, table, process_at(&m->processes, i), err) != 0)
			return -1;
	return 0;
}
