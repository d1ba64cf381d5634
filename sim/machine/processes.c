/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/processes.h"

#include <stdlib.h>
#include <string.h>

#include "machine/execute.h"
#include "machine/machine.h"

/* Of the most that an allocator's tables may take: address space, little of which is touched. */
static const size_t allocator_bytes_max = 1ull << 40;

/* Where a heap begins that no trace tells of: as a program without randomisation has it. */
static const uint64_t brk0_default = 0x555555559000ull;

int processes_create(struct machine *m, struct error *err)
{
	struct processes *ps = &m->processes;
	const struct page_source source = machine_user_pages(m);

	ps->of_pid = ptrmap_create(err);
	ps->slot_of_tid = ps->of_pid ? ptrmap_create(err) : NULL;
	if (!ps->slot_of_tid)
		return -1;
	return mm_frames_init(&ps->frames, &source, m->memory_bytes >> PAGE_SHIFT, &m->work, err);
}

static void release(struct process *p)
{
	const struct libc_policy *libc = p->machine->libc;

	if (p->mm)
		p->last = mm_counts(p->mm);
	p->last.rss_pages = p->last.total_vm_bytes = p->last.brk_bytes = 0;
	p->last.page_tables = 0;
	p->rss_pages = &p->last.rss_pages;
	if (p->libc && libc->destroy)
		libc->destroy(p->libc);
	p->libc = NULL;
	mm_destroy(p->mm);
	p->mm = NULL;
	arena_destroy(p->arena);
	p->arena = NULL;
	free(p->free_threads);
	p->free_threads = NULL;
	p->free_thread_count = p->free_thread_capacity = 0;
	free(p->regions);
	p->regions = NULL;
	p->region_count = p->region_capacity = 0;
	ptrmap_destroy(p->inherited.of);
	free(p->inherited.blocks);
	p->inherited = (struct inherited){ 0 };
}

void processes_destroy(struct machine *m)
{
	struct processes *ps = &m->processes;

	mm_frames_abandon(&ps->frames);
	for (uint32_t i = 0; i < ps->count; i++) {
		if (!ps->list[i]->ended)
			release(ps->list[i]);
		free(ps->list[i]);
	}
	free(ps->list);
	free(ps->slots);
	free(ps->slot_of_task);
	ptrmap_destroy(ps->of_pid);
	ptrmap_destroy(ps->slot_of_tid);
	mm_frames_finish(&ps->frames);
}

static int no_memory(struct error *err)
{
	return error_set(err, ERROR_RUN, "no memory for the simulated processes");
}

int processes_cover_tasks(struct machine *m, struct error *err)
{
	struct processes *ps = &m->processes;
	const uint32_t count = m->trace->definitions->task_count;

	if (count <= ps->task_capacity)
		return 0;
	const uint32_t capacity = 2 * count;
	uint32_t *grown = realloc(ps->slot_of_task, capacity * sizeof(*grown));

	if (!grown)
		return no_memory(err);
	memset(grown + ps->task_capacity, 0, (capacity - ps->task_capacity) * sizeof(*grown));
	ps->slot_of_task = grown;
	ps->task_capacity = capacity;
	return 0;
}

/* Adds a process without memory or allocator. */
static struct process *add(struct machine *m, uint32_t pid, const char *comm, struct error *err)
{
	struct processes *ps = &m->processes;

	if (ps->count == PROCESSES_MAX) {
		error_at_record(err, m->trace->name, "record", machine_record(m),
				"more than %d processes", PROCESSES_MAX);
		return NULL;
	}
	if (ps->count == ps->capacity) {
		const uint32_t capacity = ps->capacity ? 2 * ps->capacity : 16;
		struct process **grown = realloc(ps->list, capacity * sizeof(*grown));

		if (!grown) {
			no_memory(err);
			return NULL;
		}
		ps->list = grown;
		ps->capacity = capacity;
	}
	struct process *p = calloc(1, sizeof(*p));

	if (!p || ptrmap_put(ps->of_pid, pid, ps->count, err) != 0) {
		free(p);
		no_memory(err);
		return NULL;
	}
	p->machine = m;
	p->index = ps->count;
	p->pid = pid;
	p->comm = comm;
	p->cpu = m->clock.cpu;
	p->rss_pages = &p->last.rss_pages;
	p->means.since_ns = m->time_ns;
	ps->list[ps->count++] = p;
	ps->live++;
	return p;
}

/* What its allocator stands on; the address space is there. */
static int prepare_environment(struct process *p, struct error *err)
{
	struct machine *m = p->machine;

	p->rss_pages = mm_counts_rss(p->mm);
	p->arena = arena_create(allocator_bytes_max, err);
	if (!p->arena)
		return -1;
	p->services = m->services;
	p->services.arena = p->arena;
	p->judge = trims_judge(p);
	p->environment = (struct libc_environment){
		.space = mm_space(p->mm),
		.services = &p->services,
		.trim = &p->judge,
		.age_clock_ns = m->trim->info.capabilities & TRIM_NEEDS_AGES ? &m->time_ns : NULL,
	};
	return 0;
}

static struct process *make(struct machine *m, uint32_t pid, const char *comm, uint64_t brk0,
			    struct error *err)
{
	struct process *p = add(m, pid, comm, err);

	if (!p)
		return NULL;
	p->brk0_recorded = brk0 != 0;
	p->mm = mm_create(&m->processes.frames, brk0 ? brk0 : brk0_default, err);
	if (!p->mm || prepare_environment(p, err) != 0)
		return NULL;
	recorded_environment_fill(m, &p->environment);
	if (m->process_params->mlockall)
		mm_lock_all(p->mm, true, true);
	p->libc = m->libc->create(&p->environment, m->libc_params, err);
	return p->libc && trims_begin(m, p, err) == 0 ? p : NULL;
}

static struct process *of_pid(const struct processes *ps, uint32_t pid)
{
	const uint32_t index = ptrmap_get(ps->of_pid, pid);

	return index == PTRMAP_NONE ? NULL : ps->list[index];
}

/* The slot of a tid, which is empty when it is new. UINT32_MAX and *err: no memory. */
static uint32_t slot_of_tid(struct processes *ps, uint32_t tid, struct error *err)
{
	const uint32_t known = ptrmap_get(ps->slot_of_tid, tid);

	if (known != PTRMAP_NONE)
		return known;
	if (ps->slot_count == ps->slot_capacity) {
		const uint32_t capacity = ps->slot_capacity ? 2 * ps->slot_capacity : 64;
		struct thread_slot *grown = realloc(ps->slots, capacity * sizeof(*grown));

		if (!grown) {
			no_memory(err);
			return UINT32_MAX;
		}
		ps->slots = grown;
		ps->slot_capacity = capacity;
	}
	if (ptrmap_put(ps->slot_of_tid, tid, ps->slot_count, err) != 0)
		return UINT32_MAX;
	ps->slots[ps->slot_count] = (struct thread_slot){ 0 };
	return ps->slot_count++;
}

/* A thread number that no live thread of the process has; -1 with *err. */
static int number_thread(struct process *p, uint32_t *number, struct error *err)
{
	if (p->free_thread_count) {
		*number = p->free_threads[--p->free_thread_count];
		return 0;
	}
	if (p->threads == PROCESS_THREADS_MAX)
		return error_at_record(err, p->machine->trace->name, "record",
				       machine_record(p->machine),
				       "more than %d threads of one process", PROCESS_THREADS_MAX);
	*number = p->threads++;
	return 0;
}

static int fill_slot(struct machine *m, const struct task_def *task, struct thread_slot *slot,
		     struct error *err)
{
	const uint32_t pid = task->tgid ? task->tgid : task->tid;
	struct process *p = of_pid(&m->processes, pid);

	if (!p)
		p = make(m, pid, task->comm, 0, err);
	if (!p || number_thread(p, &slot->number, err) != 0)
		return -1;
	slot->process = p->index + 1;
	return 0;
}

/* What a fork told of as a process turns out to be a thread: the copy is not wanted. */
static void drop_copy(struct machine *m, const struct task_def *task, struct thread_slot *slot)
{
	if (!slot->process || !task->tgid || task->tgid == task->tid)
		return;
	struct process *p = process_at(&m->processes, slot->process - 1);

	if (p->pid == task->tid && !p->ended)
		process_end(m, p);
}

int process_find(struct machine *m, uint32_t task, struct thread_slot *found, struct error *err)
{
	struct processes *ps = &m->processes;
	const struct task_def *def = &m->trace->definitions->tasks[task];

	if (!ps->slot_of_task[task]) {
		const uint32_t index = slot_of_tid(ps, def->tid, err);

		if (index == UINT32_MAX)
			return -1;
		ps->slot_of_task[task] = index + 1;
		drop_copy(m, def, &ps->slots[index]);
	}
	struct thread_slot *slot = &ps->slots[ps->slot_of_task[task] - 1];

	if (!slot->process && fill_slot(m, def, slot, err) != 0)
		return -1;
	*found = *slot;
	return 0;
}

/* No thread of the trace is one of this process any more. */
static void forget_threads(struct processes *ps, const struct process *p)
{
	for (uint32_t i = 0; i < ps->slot_count; i++)
		if (ps->slots[i].process == p->index + 1)
			ps->slots[i] = (struct thread_slot){ 0 };
}

void process_end(struct machine *m, struct process *p)
{
	process_account(p, m->time_ns);
	release(p);
	p->ended = true;
	m->processes.live--;
	if (p->killed)
		return; /* its threads are known, so that what they still do is passed over */
	forget_threads(&m->processes, p);
	if (of_pid(&m->processes, p->pid) == p)
		ptrmap_take(m->processes.of_pid, p->pid);
}

uint64_t processes_pages(const struct machine *m, uint32_t pid)
{
	const struct process *p = of_pid(&m->processes, pid);
	const struct mm_counts counts = p ? process_counts(p) : (struct mm_counts){ 0 };

	return counts.rss_pages + counts.page_tables;
}

void process_kill(struct machine *m, uint32_t pid, bool later)
{
	struct process *p = of_pid(&m->processes, pid);

	if (!p || p->killed)
		return;
	p->dying = later;
	m->processes.dying |= later;
	if (later)
		return;
	m->summary->processes.killed++;
	p->killed = true;
	process_end(m, p);
}

static void end_live(struct machine *m, struct process *p)
{
	if (!p->ended) {
		process_end(m, p);
	} else if (p->killed) {
		forget_threads(&m->processes, p);
		ptrmap_take(m->processes.of_pid, p->pid);
	}
}

/* A new program in the process: what it was before ends. */
static int start_anew(struct machine *m, const struct task_def *task, uint64_t brk0,
		      struct error *err)
{
	const uint32_t pid = task->tgid ? task->tgid : task->tid;
	struct process *old = of_pid(&m->processes, pid);

	if (old)
		end_live(m, old);
	return make(m, pid, task->comm, brk0, err) ? 1 : -1;
}

int process_start(struct machine *m, const struct record *r, struct error *err)
{
	if (r->address && !mm_may_begin(r->address))
		return error_at_record(err, m->trace->name, "record", machine_record(m),
				       "no heap can begin at %#llx",
				       (unsigned long long)r->address);
	m->assists.used[ASSIST_NAMED_brk0] += r->address != 0;
	return start_anew(m, &m->trace->definitions->tasks[r->task], r->address, err);
}

int process_stop(struct machine *m, const struct record *r)
{
	const struct task_def *task = &m->trace->definitions->tasks[r->task];
	struct process *old = of_pid(&m->processes, task->tgid ? task->tgid : task->tid);

	if (old)
		end_live(m, old);
	return old != NULL;
}

int process_thread_exit(struct machine *m, const struct record *r, struct error *err)
{
	struct thread_slot slot;

	if (process_find(m, r->task, &slot, err) != 0)
		return -1;
	struct process *p = process_at(&m->processes, slot.process - 1);

	if (p->killed)
		return 0;
	m->libc->thread_exit(p->libc, slot.number);
	if (p->free_thread_count == p->free_thread_capacity) {
		const uint32_t capacity =
			p->free_thread_capacity ? 2 * p->free_thread_capacity : 16;
		uint32_t *grown = realloc(p->free_threads, capacity * sizeof(*grown));

		if (!grown)
			return no_memory(err);
		p->free_threads = grown;
		p->free_thread_capacity = capacity;
	}
	p->free_threads[p->free_thread_count++] = slot.number;
	m->processes.slots[m->processes.slot_of_task[r->task] - 1] = (struct thread_slot){ 0 };
	return 1;
}

static int inherit_block(struct inherited *in, struct inherited_block block, struct error *err)
{
	in->blocks[in->count] = block;
	return ptrmap_put(in->of, block.recorded, in->count++, err);
}

/* The child may free what the parent had alive: by the address that the parent knew it by. */
static int inherit_blocks(struct machine *m, const struct process *parent, struct process *child,
			  struct error *err)
{
	const struct inherited *older = &parent->inherited;
	struct inherited *in = &child->inherited;
	uint32_t count = older->count;

	for (uint32_t id = 0; id < m->ids.heap_count; id++)
		count += m->ids.heap[id].owner == parent->index + 1;
	in->of = ptrmap_create(err);
	if (!in->of)
		return -1;
	in->blocks = malloc((count + 1) * sizeof(*in->blocks));
	if (!in->blocks)
		return no_memory(err);
	for (uint32_t i = 0; i < older->count; i++)
		if (older->blocks[i].block && inherit_block(in, older->blocks[i], err) != 0)
			return -1;
	for (uint32_t id = 0; id < m->ids.heap_count; id++) {
		const struct heap_block *b = &m->ids.heap[id];
		const struct inherited_block block = { b->recorded, b->block, b->bytes };

		if (b->owner == parent->index + 1 && inherit_block(in, block, err) != 0)
			return -1;
	}
	return 0;
}

static int copy_regions(const struct process *parent, struct process *child, struct error *err)
{
	if (!parent->region_count)
		return 0;
	child->regions = malloc(parent->region_count * sizeof(*child->regions));
	if (!child->regions)
		return no_memory(err);
	memcpy(child->regions, parent->regions, parent->region_count * sizeof(*child->regions));
	child->region_count = child->region_capacity = parent->region_count;
	return 0;
}

static int copy_process(struct machine *m, const struct process *parent, struct process *child,
			uint32_t thread, struct error *err)
{
	child->brk0_recorded = parent->brk0_recorded;
	child->live_bytes = child->live_bytes_max = parent->live_bytes;
	child->threads = parent->threads;
	child->mm = mm_fork(parent->mm, err);
	if (!child->mm || prepare_environment(child, err) != 0)
		return -1;
	child->libc = m->libc->fork(parent->libc, thread, &child->environment, err);
	if (!child->libc || inherit_blocks(m, parent, child, err) != 0 ||
	    copy_regions(parent, child, err) != 0)
		return -1;
	return trims_begin(m, child, err);
}

/* The tid that a fork tells is of a new thread, not of a process. */
static bool is_thread(const struct machine *m, uint32_t tid)
{
	const struct definitions *d = m->trace->definitions;

	for (uint32_t i = d->task_count; i-- > 0;)
		if (d->tasks[i].tid == tid)
			return d->tasks[i].tgid && d->tasks[i].tgid != tid;
	return false;
}

/*
 * A trace of a forked process alone begins with what its parent did, as its own; from the fork on
 * it is the child, with the thread that forked only.
 */
static int go_on_as_child(struct machine *m, struct process *p, const struct thread_slot *forking,
			  struct error *err)
{
	void *libc = m->libc->fork(p->libc, forking->number, &p->environment, err);

	if (!libc)
		return -1;
	if (m->libc->destroy)
		m->libc->destroy(p->libc);
	p->libc = libc;
	forget_threads(&m->processes, p);
	return 1;
}

int process_fork(struct machine *m, const struct record *r, struct error *err)
{
	const uint32_t child_tid = r->size;
	struct thread_slot slot;

	if (is_thread(m, child_tid))
		return 0;
	if (process_find(m, r->task, &slot, err) != 0)
		return -1;
	const uint32_t index = slot_of_tid(&m->processes, child_tid, err);
	struct process *parent = process_at(&m->processes, slot.process - 1);
	struct process *old = of_pid(&m->processes, child_tid);

	if (index == UINT32_MAX)
		return -1;
	if (parent->killed)
		return 0;
	if (old == parent) {
		const int result = go_on_as_child(m, parent, &slot, err);

		m->processes.slots[index] = slot;
		return result;
	}
	if (old)
		end_live(m, old);
	struct process *child = add(m, child_tid, parent->comm, err);

	if (!child || copy_process(m, parent, child, slot.number, err) != 0)
		return -1;
	m->processes.slots[index] = (struct thread_slot){ child->index + 1, slot.number };
	return 1;
}
