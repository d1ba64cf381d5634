/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/resident.h"

#include "base/ptrmap.h"
#include "core/host_memory.h"
#include "machine/machine.h"

enum { TASKS_LEAST = 1 << 12 };

int resident_create(struct machine *m, struct error *err)
{
	m->resident.inherited = ptrmap_create(err);
	if (!m->resident.inherited)
		return -1;
	m->resident.leaders = ptrmap_create(err);
	return m->resident.leaders ? 0 : -1;
}

void resident_destroy(struct machine *m)
{
	if (m->resident.leaders)
		ptrmap_destroy(m->resident.leaders);
	if (m->resident.inherited)
		ptrmap_destroy(m->resident.inherited);
}

uint32_t resident_pid(const struct machine *m, uint32_t task)
{
	const struct task_def *t = &m->trace->definitions->tasks[task];

	return t->tgid ? t->tgid : t->tid;
}

/* Into the row of its process's tasks, behind the first. */
static int join(struct machine *m, uint32_t task, struct error *err)
{
	struct resident *r = &m->resident;
	uint32_t *leader = ptrmap_at(r->leaders, resident_pid(m, task), err);

	if (!leader)
		return -1;
	if (*leader == PTRMAP_NONE) {
		*leader = task;
		return 0;
	}
	r->tasks[task].next = r->tasks[*leader].next;
	r->tasks[*leader].next = task + 1;
	return 0;
}

bool resident_leads(const struct machine *m, uint32_t task)
{
	return ptrmap_get(m->resident.leaders, resident_pid(m, task)) == task;
}

static int make_room(struct machine *m, uint32_t tasks, struct error *err)
{
	struct resident *r = &m->resident;
	uint32_t wanted = r->task_count ? r->task_count : TASKS_LEAST;
	struct task_resident *grown;

	if (tasks <= r->task_count)
		return 0;
	while (wanted < tasks)
		wanted *= 2;
	grown = r->task_count ? arena_grow(m->arena, r->tasks, wanted, sizeof(*r->tasks), err)
			      : arena_array(m->arena, wanted, sizeof(*r->tasks), err);
	if (!grown)
		return -1;
	r->tasks = grown;
	r->task_count = wanted;
	return 0;
}

int resident_cover(struct machine *m, struct error *err)
{
	uint32_t tasks = m->trace->definitions->task_count;

	if (make_room(m, tasks, err) != 0)
		return -1;
	for (; m->resident.joined < tasks; m->resident.joined++)
		if (join(m, m->resident.joined, err) != 0)
			return -1;
	return 0;
}

static uint32_t inherited_by(const struct machine *m, uint32_t pid)
{
	uint32_t pages = ptrmap_get(m->resident.inherited, pid);

	return pages == PTRMAP_NONE ? 0 : pages;
}

/* told: without what its tasks have not told of yet. */
static uint64_t sum_pages(const struct machine *m, uint32_t pid, bool told)
{
	uint64_t pages = inherited_by(m, pid);
	uint32_t leader = ptrmap_get(m->resident.leaders, pid);
	uint32_t number = leader == PTRMAP_NONE ? 0 : leader + 1;

	while (number) {
		const struct task_resident *t = &m->resident.tasks[number - 1];
		int64_t own = (int64_t)t->pages - t->copies - (told ? t->untold : 0);
		pages += own > 0 ? (uint64_t)own : 0;
		number = t->next;
	}
	return pages;
}

uint64_t resident_pages(const struct machine *m, uint32_t pid)
{
	return sum_pages(m, pid, true) + (m->libc_level ? processes_pages(m, pid) : 0);
}

static void forked(struct machine *m, uint32_t task, uint32_t child)
{
	uint64_t pages = sum_pages(m, resident_pid(m, task), false);

	if (child && pages && pages < PTRMAP_NONE)
		host_memory_check(ptrmap_put(m->resident.inherited, child, (uint32_t)pages, NULL) ==
					  0,
				  "pages of processes");
}

static void forget(struct machine *m, uint32_t task)
{
	ptrmap_take(m->resident.inherited, resident_pid(m, task));
	m->resident.tasks[task].copies = 0;
	m->resident.tasks[task].untold = 0;
}

/* do_wp_page(): a write to a page that is there and may not be written. */
static bool copies_page(const struct record *r)
{
	const uint32_t write_protected = 1 << 0 | 1 << 1;

	return (record_detail(r) & write_protected) == write_protected;
}

static void faulted(struct task_resident *t, const struct record *r)
{
	resident_fault(t);
	/* A copy takes the place of a page that was counted. */
	t->copies += copies_page(r);
	t->untold -= copies_page(r);
}

void resident_note(struct machine *m, const struct record *r)
{
	switch (r->operation) {
	case OP_PAGE_FAULT:
		m->resident.faults_recorded = true;
		faulted(&m->resident.tasks[r->task], r);
		break;
	case OP_FORK:
		forked(m, r->task, r->size);
		break;
	case OP_EXEC:
	case OP_EXIT:
		forget(m, r->task);
		break;
	default:
		break;
	}
}
