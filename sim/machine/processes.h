/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The processes of a run at libc level: each has an address space and an allocator of its own.
 * A process is made when its first record is met, unless a process_start or a fork made it before.
 */
#ifndef SLABYARD_MACHINE_PROCESSES_H
#define SLABYARD_MACHINE_PROCESSES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ptrmap.h"
#include "core/services.h"
#include "libc/libc.h"
#include "machine/trims.h"
#include "vm/mm.h"

struct machine;
struct record;

/* Where a part of the recorded address space lies in the simulated one. */
struct placed_region {
	uint64_t recorded, simulated;
};

/* What the parent had alive at a fork, for the child's frees of it. */
struct inherited {
	struct ptrmap *of; /* recorded address -> index */
	struct inherited_block {
		uint64_t recorded, block, bytes; /* block 0: it is freed */
	} * blocks;
	uint32_t count;
};

struct process {
	struct machine *machine;
	uint32_t index; /* in order of their start, never used again */
	uint32_t pid;
	const char *comm;
	bool brk0_recorded; /* the trace says where its heap begins: addresses can be compared */
	bool ended;
	bool killed; /* no memory was left for it: its records are passed over */
	bool dying;  /* it is to be killed when its call is over */

	struct mm *mm;
	const uint64_t *rss_pages; /* of mm */
	struct mm_counts last;     /* of an ended process */
	struct arena *arena;       /* of the allocator */
	struct services services;
	struct libc_environment environment;
	struct trim_judge judge;
	void *libc;

	uint32_t threads; /* highest number given out + 1 */
	uint32_t *free_threads, free_thread_count, free_thread_capacity;
	uint32_t cpu; /* of its latest record */

	struct placed_region *regions;
	uint32_t region_count, region_capacity, region_last;
	struct inherited inherited;

	uint64_t live_bytes, live_bytes_max; /* asked for and not freed */
	struct process_means {
		uint64_t since_ns;
		/* Sums over simulated time, and over records for traces without times. */
		double rss_byte_ns, live_byte_ns, rss_byte_records, live_byte_records;
	} means;
	struct process_trims trims;
};

/* A thread of the trace, by tid. */
struct thread_slot {
	uint32_t process; /* index + 1, 0: none yet, or it has ended */
	uint32_t number;  /* in its process */
};

/*
 * A live block, by id in SPACE_HEAP; owner 0: the id is free. `block` is where it lies in the
 * simulation.
 */
struct heap_block {
	uint64_t block, recorded;
	uint64_t bytes : 40; /* asked for; more counts as BLOCK_BYTES_MAX */
	uint64_t owner : 24; /* process index + 1 */
};

#define BLOCK_BYTES_MAX ((UINT64_C(1) << 40) - 1)

enum { PROCESSES_MAX = (1 << 24) - 1, PROCESS_THREADS_MAX = LIBC_THREADS_MAX };

static inline struct heap_block heap_block(uint64_t block, uint64_t recorded, uint64_t bytes,
					   uint32_t owner)
{
	return (struct heap_block){
		.block = block,
		.recorded = recorded,
		.bytes = (bytes < BLOCK_BYTES_MAX ? bytes : BLOCK_BYTES_MAX) & BLOCK_BYTES_MAX,
		.owner = owner & PROCESSES_MAX,
	};
}

struct processes {
	struct mm_frames frames;
	struct process **list;
	uint32_t count, capacity;
	uint32_t live;
	struct ptrmap *of_pid; /* live ones: pid -> index */
	struct ptrmap *slot_of_tid;
	struct thread_slot *slots;
	uint32_t slot_count, slot_capacity;
	uint32_t *slot_of_task; /* by task of the trace: slot + 1 */
	uint32_t task_capacity;
	uint64_t failed_faults; /* as far as they were looked at */
	bool dying;             /* somebody is */
};

/* Needs the page allocator; -1 with *err. */
int processes_create(struct machine *m, struct error *err);
void processes_destroy(struct machine *m);

/* Makes room for all tasks of the batch in hand. */
int processes_cover_tasks(struct machine *m, struct error *err);

/* The process and the thread of a record's task, made when they are new; -1 with *err. */
int process_find(struct machine *m, uint32_t task, struct thread_slot *slot, struct error *err);

/* Each returns 1, 0 when there was nothing to do, or -1 with *err. */
int process_start(struct machine *m, const struct record *r, struct error *err);
int process_fork(struct machine *m, const struct record *r, struct error *err);
int process_thread_exit(struct machine *m, const struct record *r, struct error *err);

/* exec and exit: the task's process is no more. */
int process_stop(struct machine *m, const struct record *r);

/* Pages that the process holds, with its page tables; 0: there is no such process. */
uint64_t processes_pages(const struct machine *m, uint32_t pid);

/*
 * The OOM killer has chosen it: its memory is given back, or with `later`, as it is it that asks
 * for memory just now, when its call is over.
 */
void process_kill(struct machine *m, uint32_t pid, bool later);

/* Its memory is given back, and its blocks are no more. */
void process_end(struct machine *m, struct process *p);

/* Of its address space, ended or not. */
struct mm_counts process_counts(const struct process *p);

/* Mean RSS over mean live bytes, 0: nothing was ever alive. */
double process_means_ratio(const struct process_means *means);
double process_rss_over_live(const struct process *p);

/* What was there until now counts for as long as it was. */
static inline void process_account(struct process *p, uint64_t now_ns)
{
	struct process_means *means = &p->means;
	const double rss = (double)(*p->rss_pages << PAGE_SHIFT), live = (double)p->live_bytes;
	const double ns = (double)(now_ns - means->since_ns);

	means->since_ns = now_ns;
	means->rss_byte_ns += rss * ns;
	means->live_byte_ns += live * ns;
	means->rss_byte_records += rss;
	means->live_byte_records += live;
}

static inline struct process *process_at(const struct processes *ps, uint32_t index)
{
	return ps->list[index];
}

#endif
