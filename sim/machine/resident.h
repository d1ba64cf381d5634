/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Pages that processes have resident, as far as a trace of page allocations tells: user pages that
 * their tasks asked for and that were not freed, and those that a fork left them with. A task adds
 * to its process's count only with every 66th fault (check_sync_rss_stat() of mm/memory.c), by what
 * it has had since the last time. Where faults were not recorded, each allocation of a user's pages
 * is taken for one.
 */
#ifndef SLABYARD_MACHINE_RESIDENT_H
#define SLABYARD_MACHINE_RESIDENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "core/record.h"

struct machine;
struct ptrmap;

/* By task index. */
struct task_resident {
	uint32_t pages;  /* user pages that it asked for */
	uint32_t copies; /* of these, in place of a page that it shared (copy on write) */
	uint32_t faults; /* since it last told of its pages, */
	int32_t untold;  /* and what it has had since then */
	uint32_t next;   /* task of its process, plus 1; the process's first one leads the row */
};

enum { RSS_FAULTS = 66 }; /* TASK_RSS_EVENTS_THRESH, and two */

struct resident {
	struct task_resident *tasks;
	uint32_t task_count, joined; /* tasks there is room for, and those that have their place */
	bool faults_recorded;
	struct ptrmap *leaders;   /* pid -> its first task */
	struct ptrmap *inherited; /* pid -> pages that its parent had when it was forked */
};

int resident_create(struct machine *m, struct error *err);
void resident_destroy(struct machine *m);
/* Covers all tasks of the batch in hand. */
int resident_cover(struct machine *m, struct error *err);

/* page_fault, fork, exec and exit records. */
void resident_note(struct machine *m, const struct record *r);

/* Process of a task: its tgid, or the task's own tid where that was not recorded. */
uint32_t resident_pid(const struct machine *m, uint32_t task);
/* True for the first task of each process. */
bool resident_leads(const struct machine *m, uint32_t task);
/* get_mm_rss() of a process: what its tasks have told. */
uint64_t resident_pages(const struct machine *m, uint32_t pid);

/* One more fault; what it brings is not told of before the next ones. */
static inline void resident_fault(struct task_resident *task)
{
	task->faults = (task->faults + 1) % RSS_FAULTS;
	if (task->faults == 0)
		task->untold = 0;
}

/* Pages that a user asked for, or gives back: less than 0. */
static inline void resident_count(struct resident *resident, uint32_t task, int32_t pages)
{
	struct task_resident *t = &resident->tasks[task];

	t->pages += (uint32_t)pages;
	if (pages <= 0)
		return;
	if (!resident->faults_recorded)
		resident_fault(t);
	t->untold += pages;
}

#endif
