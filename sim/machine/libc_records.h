/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Records of C library calls, of a process's own system calls and of its life. The common path is
 * inline in the main loop, the rest in libc_records.c, vm_records.c and processes.c.
 */
#ifndef SLABYARD_MACHINE_LIBC_RECORDS_H
#define SLABYARD_MACHINE_LIBC_RECORDS_H

#include "machine/libc_compare.h"

/* The caller of a record. */
struct caller {
	struct process *process;
	uint32_t thread;
};

/* Slow ways of the calls below. */
int libc_new_caller(struct machine *m, const struct record *r, struct thread_slot *slot,
		    struct error *err);
void libc_release_lost(struct machine *m, const struct record *r, const struct caller *caller);
int libc_free_older(struct machine *m, const struct record *r, const struct caller *caller);
/* No memory was left for a page that was touched, or the OOM killer wants it: it is killed. */
void libc_out_of_memory(struct machine *m, const struct record *r, struct process *p);

/* realloc, memalign, mallopt, malloc_trim: everything but malloc, calloc and free. */
int libc_record(struct machine *m, const struct record *r, const struct record *extension,
		struct error *err);
/* brk, mmap and its like, page_read and its like. */
int vm_record(struct machine *m, const struct record *r, const struct record *extension,
	      struct error *err);
/* process_start, fork, exec, exit, thread_start, thread_exit. */
int process_record(struct machine *m, const struct record *r, struct error *err);

/* Whose record it is; 1, 0 when the process was killed, -1 with *err. */
static inline int libc_caller(struct machine *m, const struct record *r, struct caller *caller,
			      struct error *err)
{
	struct processes *ps = &m->processes;
	const uint32_t known = ps->slot_of_task[r->task];
	struct thread_slot slot = known ? ps->slots[known - 1] : (struct thread_slot){ 0 };

	if (__builtin_expect(!slot.process, 0) && libc_new_caller(m, r, &slot, err) != 0)
		return -1;
	struct process *p = process_at(ps, slot.process - 1);

	if (__builtin_expect(p->killed, 0))
		return 0;
	p->cpu = m->clock.cpu;
	ps->frames.request.cpu = m->clock.cpu;
	ps->frames.request.task = r->task;
	ps->frames.request.time_ns = m->time_ns;
	process_account(p, m->time_ns);
	caller->process = p;
	caller->thread = slot.number;
	return 1;
}

/* After each call: what it touched found memory, or not. */
static inline void libc_returned(struct machine *m, const struct record *r, struct process *p)
{
	if (__builtin_expect(m->processes.frames.failed_faults != m->processes.failed_faults ||
				     m->processes.dying,
			     0))
		libc_out_of_memory(m, r, p);
}

static inline uint64_t libc_bytes(const struct record *r, const struct record *extension)
{
	if (__builtin_expect(r->size == UINT32_MAX && extension, 0))
		return (uint64_t)extension->size << 32 | extension->id;
	return r->size;
}

static inline void libc_count_live(struct process *p, uint64_t more, uint64_t less)
{
	p->live_bytes += more - less;
	if (p->live_bytes > p->live_bytes_max)
		p->live_bytes_max = p->live_bytes;
}

/* The program uses what it was given, as far as process.touch says. */
static inline void libc_touch(struct machine *m, struct process *p, uint64_t block, uint64_t bytes)
{
	const struct address_space *space = p->environment.space;

	if (m->touch_bytes_max && bytes && block)
		space->write(space->context, block,
			     bytes < m->touch_bytes_max ? bytes : m->touch_bytes_max);
}

/* The block that a malloc, calloc or memalign returned becomes its id's. */
static inline __attribute__((always_inline)) int libc_allocated(struct machine *m,
								const struct record *r,
								const struct caller *caller,
								uint64_t block, uint64_t bytes)
{
	struct process *p = caller->process;

	if (block && r->id) {
		m->ids.heap[r->id] = heap_block(block, r->address, bytes, p->index + 1);
		libc_count_live(p, bytes, 0);
	}
	libc_touch(m, p, block, bytes);
	libc_compare(m, r, p, block);
	libc_returned(m, r, p);
	return 1;
}

static inline void libc_expect(struct machine *m, const struct record *r, struct process *p)
{
	if (m->mmap_base_known)
		mm_expect(p->mm, r->address, record_detail(r) & CHUNK_NON_MAIN_ARENA);
}

static inline __attribute__((always_inline)) int malloc_record(struct machine *m,
							       const struct record *r,
							       const struct record *extension,
							       struct error *err)
{
	const uint64_t bytes = libc_bytes(r, extension);
	struct caller caller;
	const int found = libc_caller(m, r, &caller, err);

	if (found <= 0)
		return found;
	if (__builtin_expect(r->id && m->ids.heap[r->id].owner, 0))
		libc_release_lost(m, r, &caller);
	libc_expect(m, r, caller.process);
	const uint64_t block =
		r->operation == OP_MALLOC
			? m->libc->malloc(caller.process->libc, caller.thread, bytes)
			: m->libc->calloc(caller.process->libc, caller.thread, bytes);

	return libc_allocated(m, r, &caller, block, bytes);
}

static inline uint32_t freeing_thread(const struct record *r, const struct caller *caller)
{
	return record_detail(r) & FREE_BY_ENDED_THREAD ? LIBC_THREAD_ENDED : caller->thread;
}

static inline __attribute__((always_inline)) int
free_record(struct machine *m, const struct record *r, struct error *err)
{
	struct heap_block *b = &m->ids.heap[r->id];
	struct caller caller;
	const int found = libc_caller(m, r, &caller, err);

	if (found <= 0)
		return found;
	if (m->mmap_base_known)
		mm_expect(caller.process->mm, 0, false);
	if (__builtin_expect(b->owner != caller.process->index + 1, 0))
		return libc_free_older(m, r, &caller);
	const uint64_t block = b->block;

	libc_count_live(caller.process, 0, b->bytes);
	b->owner = 0;
	m->libc->free(caller.process->libc, freeing_thread(r, &caller), block);
	libc_returned(m, r, caller.process);
	return 1;
}

#endif
