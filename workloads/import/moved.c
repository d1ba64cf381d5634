/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "import/moved.h"

#include "core/operation.h"

static bool is_compacting(const struct moved *m, uint32_t task)
{
	for (uint32_t i = 0; i < m->count; i++)
		if (m->tasks[i] == task)
			return true;
	return false;
}

/* Of more tasks at once than there is room for, the later ones' frees are taken as they stand. */
static void begin(struct moved *m, uint32_t task)
{
	if (!is_compacting(m, task) && m->count < MOVED_TASKS_MAX)
		m->tasks[m->count++] = task;
}

static void end(struct moved *m, uint32_t task)
{
	for (uint32_t i = 0; i < m->count; i++)
		if (m->tasks[i] == task)
			m->tasks[i] = m->tasks[--m->count];
}

bool moved_enter(struct moved *m, struct import_event *e)
{
	switch (e->record.operation) {
	case OP_COMPACTION_BEGIN:
		begin(m, e->record.task);
		return false;
	case OP_COMPACTION_END:
		end(m, e->record.task);
		return false;
	case OP_MM_PAGE_FREE:
		if (!m->count || e->record.flags & RECORD_IRQ || !is_compacting(m, e->record.task))
			return false;
		e->record.flags |= RECORD_PART;
		e->record.cpu_detail |= PAGE_FREE_MOVED << RECORD_CPU_BITS;
		return true;
	default:
		return false;
	}
}
