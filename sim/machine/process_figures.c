/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/process_figures.h"

#include <string.h>

#include "machine/machine.h"

#define NUMBER(column, of_unit, text)                                                              \
	{                                                                                          \
		.name = column, .unit = of_unit, .long_name = text, .type = RESULT_U64             \
	}
const struct result_column process_figures[PROCESS_FIGURES] = {
	NUMBER("vm_size_bytes", "bytes", "VmSize, as far as it is known: heap and mappings"),
	NUMBER("vm_rss_bytes", "bytes", "VmRSS of it"),
	NUMBER("vm_hwm_bytes", "bytes", "VmHWM: largest RSS so far"),
	NUMBER("vm_pte_bytes", "bytes", "VmPTE: its page tables"),
	NUMBER("brk_bytes", "bytes", "heap that the break bounds"),
	NUMBER("live_bytes", "bytes", "asked for by the program and not freed"),
	NUMBER("minor_faults", "faults", "minor page faults so far"),
	NUMBER("cow_faults", "faults", "those of them that copied a page"),
	NUMBER("refaults", "faults", "those of them on pages that trimming gave back"),
	NUMBER("system_calls", "calls", "system calls for memory so far"),
	NUMBER("trims", "verdicts", "verdicts that memory is given back, so far"),
};

enum { KEYS = 4 }; /* columns that say which row it is */

void process_figures_of(const struct process *p, uint64_t *values)
{
	const struct mm_counts counts = process_counts(p);
	const uint64_t figures[PROCESS_FIGURES] = {
		counts.total_vm_bytes,
		counts.rss_pages << PAGE_SHIFT,
		counts.rss_pages_max << PAGE_SHIFT,
		counts.page_tables << PAGE_SHIFT,
		counts.brk_bytes,
		p->ended ? 0 : p->live_bytes,
		counts.min_flt,
		counts.cow_faults,
		counts.refaults,
		counts.system_calls,
		trims_carried_out(&p->trims),
	};

	memcpy(values, figures, sizeof(figures));
}

int process_snapshots_open(struct machine *m, struct result_table **out, struct error *err)
{
	struct result_column columns[KEYS + PROCESS_FIGURES] = {
		NUMBER("snapshot", "1", "number, as in taken"),
		NUMBER("process", "1", "index of the process"),
		NUMBER("pid", "1", "as in the trace"),
		NUMBER("ended", "1", "1: it is no more"),
	};

	*out = NULL;
	if (!m->libc_level)
		return 0;
	memcpy(columns + KEYS, process_figures, sizeof(process_figures));
	*out = m->sink_ops->table(m->sink, "/snapshots/processes", columns, KEYS + PROCESS_FIGURES,
				  err);
	return *out ? 0 : -1;
}
#undef NUMBER

int process_snapshots_take(struct result_table *table, struct machine *m, uint64_t snapshot,
			   struct error *err)
{
	uint64_t cells[KEYS + PROCESS_FIGURES];
	const void *values[KEYS + PROCESS_FIGURES];

	for (size_t i = 0; i < KEYS + PROCESS_FIGURES; i++)
		values[i] = &cells[i];
	for (uint32_t i = 0; table && i < m->processes.count; i++) {
		const struct process *p = process_at(&m->processes, i);

		cells[0] = snapshot;
		cells[1] = p->index;
		cells[2] = p->pid;
		cells[3] = p->ended;
		process_figures_of(p, cells + KEYS);
		if (m->sink_ops->table_append(table, values, err) != 0)
			return -1;
	}
	return 0;
}
