/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "record/process.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/ids.h"
#include "core/operation.h"

enum {
	GIVE_BACK_EVERY = 4096,
	/* So far ahead memory is fetched: the ring from another processor's cache, and what is
	 * known of a block. */
	AHEAD_RECORDS = 32,
	AHEAD_BLOCKS = 12,
};

/* Text that the program wrote: ended where its room ends. */
static void end_texts(struct shared_slot *facts)
{
	facts->executable[sizeof(facts->executable) - 1] = '\0';
	facts->malloc_owner[sizeof(facts->malloc_owner) - 1] = '\0';
	facts->malloc_environment[sizeof(facts->malloc_environment) - 1] = '\0';
	facts->libc_version[sizeof(facts->libc_version) - 1] = '\0';
	facts->comm[sizeof(facts->comm) - 1] = '\0';
}

struct process *process_create(struct process_list *list, uint32_t slot, struct shared_slot *shared,
			       struct error *err)
{
	struct process *p = calloc(1, sizeof(*p));

	if (!p) {
		munmap(shared, SLOT_BYTES);
		error_set(err, ERROR_RUN, "no memory for the recorded programs");
		return NULL;
	}
	p->slot = slot;
	p->shared = shared;
	p->facts = *shared;
	end_texts(&p->facts);
	p->pid = p->facts.pid;
	p->pidfd = (int)syscall(SYS_pidfd_open, p->pid, 0);
	if (p->pidfd < 0 && errno != ESRCH) {
		error_errno(err, "the recorded program", "cannot be watched");
		munmap(shared, SLOT_BYTES);
		free(p);
		return NULL;
	}
	p->decoder = (struct raw_decoder){ .brk0 = p->facts.brk0,
					   .brk = p->facts.brk,
					   .is_glibc = p->facts.other_malloc != MALLOC_REPLACED };
	p->next = list->first;
	list->first = p;
	return p;
}

static void release(struct process *p)
{
	if (p->shared)
		munmap(p->shared, SLOT_BYTES);
	if (p->pidfd >= 0)
		close(p->pidfd);
	free(p->faults);
	p->shared = NULL;
	p->pidfd = -1;
	p->faults = NULL;
	p->fault_count = p->fault_capacity = 0;
}

void process_list_free(struct process_list *list)
{
	while (list->first) {
		struct process *p = list->first;

		list->first = p->next;
		release(p);
		raw_decoder_free(&p->decoder);
		free(p->forks);
		free(p);
	}
}

struct process *process_find(const struct process_list *list, uint32_t slot, pid_t pid)
{
	struct process *p = list->first;

	while (p && (p->slot != slot || p->pid != pid))
		p = p->next;
	return p;
}

static int add_event(struct process_list *list, struct process *p, struct recorded_event *e,
		     uint64_t time_ns, struct error *err)
{
	if (time_ns > p->latest_ns)
		p->latest_ns = time_ns;
	e->time_ns = p->latest_ns;
	p->events++;
	return list->sink->event(p->stream, e, err);
}

/* What a fork of the parent left to this process; nothing when the parent is not known. */
static int find_inherited(struct process_list *list, struct process *p, struct error *err)
{
	struct process *parent = process_find(list, p->facts.parent_slot, p->facts.parent_pid);
	bool got;

	if (!parent || (parent->shared && process_drain(list, parent, UINT64_MAX, &got, err) != 0))
		return parent ? -1 : 0;
	if (raw_decoder_inherit(&p->decoder, &parent->decoder, err))
		return -1;
	for (size_t i = parent->fork_count; i > 0; i--) {
		if (parent->forks[i - 1].serial == p->facts.fork_serial) {
			p->inherited = parent->forks[i - 1];
			break;
		}
	}
	return 0;
}

static int add_start(struct process_list *list, struct process *p, uint64_t time_ns,
		     struct error *err)
{
	struct recorded_event e = { .record = { .operation = OP_PROCESS_START,
						.address = p->facts.brk0 },
				    .tid = (uint32_t)p->pid,
				    .comm = p->facts.comm };

	return add_event(list, p, &e, time_ns, err);
}

static int begin_stream(struct process_list *list, struct process *p, uint64_t time_ns,
			struct error *err)
{
	const bool forked = p->facts.parent_slot != SHARED_SLOTS;
	const struct recorded_process facts = {
		.pid = p->pid,
		.parent = forked ? p->facts.parent_pid : 0,
		.ancestor = p->inherited.stream,
		.inherited = p->inherited.position,
		.ancestor_tid = p->inherited.tid,
		.brk0 = p->facts.brk0,
		.cpus = p->facts.cpus,
		.executable = p->facts.executable,
		.comm = p->facts.comm,
		.libc_version = p->facts.libc_version,
		.malloc_owner = p->facts.malloc_owner,
		.malloc_unwatched = p->facts.other_malloc == MALLOC_UNWATCHED,
		.malloc_environment = p->facts.malloc_environment,
	};

	p->stream = list->sink->begin(list->sink->context, &facts, err);
	if (!p->stream)
		return -1;
	return p->inherited.stream ? 0 : add_start(list, p, time_ns, err);
}

/* Before anything is put into the stream. */
static int need_stream(struct process_list *list, struct process *p, uint64_t time_ns,
		       struct error *err)
{
	if (p->stream)
		return 0;
	if (p->facts.parent_slot != SHARED_SLOTS && find_inherited(list, p, err))
		return -1;
	return begin_stream(list, p, time_ns, err);
}

/* Where a child of this fork will find what it has inherited. */
static int note_fork(struct process_list *list, struct process *p, const struct raw_record *raw,
		     struct error *err)
{
	struct fork_point *grown = realloc(p->forks, (p->fork_count + 1) * sizeof(*grown));
	struct recorded_event by;

	if (!grown)
		return error_set(err, ERROR_RUN, "no memory for the recorded programs");
	p->forks = grown;
	/* Nothing has happened since its own fork: it left what it had. */
	if (!p->stream && p->facts.parent_slot != SHARED_SLOTS && !p->inherited.stream &&
	    find_inherited(list, p, err))
		return -1;
	struct fork_point *point = &p->forks[p->fork_count++];

	*point = p->inherited;
	point->serial = raw->in;
	if (!p->stream)
		return 0;
	raw_decoder_name(&p->decoder, raw_thread(raw), &by);
	point->tid = by.tid;
	point->stream = p->stream;
	point->position = list->sink->position(p->stream);
	return 0;
}

static int add_faults(struct process_list *list, struct process *p, uint64_t until_ns,
		      struct error *err)
{
	size_t taken = 0;

	for (; taken < p->fault_count; taken++) {
		const struct fault *f = &p->faults[taken];
		const uint64_t time_ns = clock_since(&list->clock, f->monotonic_ns);
		struct recorded_event e = { .tid = f->tid, .comm = p->facts.comm };

		if (time_ns > until_ns)
			break;
		e.record.operation = f->kind == FAULT_WRITE  ? OP_PAGE_WRITE
				     : f->kind == FAULT_READ ? OP_PAGE_READ
							     : OP_PAGE_FAULT;
		e.record.address = f->address;
		e.record.size = f->kind != FAULT_UNKNOWN;
		list->report->faults++;
		if (need_stream(list, p, time_ns, err) || add_event(list, p, &e, time_ns, err))
			return -1;
	}
	if (taken)
		memmove(p->faults, p->faults + taken,
			(p->fault_count - taken) * sizeof(*p->faults));
	p->fault_count -= taken;
	return 0;
}

int process_add_fault(struct process *p, const struct fault *fault, struct error *err)
{
	if (p->fault_count == p->fault_capacity) {
		const size_t capacity = p->fault_capacity ? 2 * p->fault_capacity : 256;
		struct fault *grown = realloc(p->faults, capacity * sizeof(*grown));

		if (!grown)
			return error_set(err, ERROR_RUN, "page faults: out of memory");
		p->faults = grown;
		p->fault_capacity = capacity;
	}
	p->faults[p->fault_count++] = *fault;
	return 0;
}

static int take_raw(struct process_list *list, struct process *p, const struct raw_record *raw,
		    uint64_t time_ns, struct error *err)
{
	const unsigned operation = raw_operation(raw);
	struct recorded_event events[RAW_EVENTS_MAX];

	p->executes = operation == RAW_EXEC;
	p->calls += operation >= RAW_MALLOC && operation <= RAW_MALLOC_TRIM;
	if (operation == RAW_FORK)
		return note_fork(list, p, raw, err);
	const int count = raw_decode(&p->decoder, raw, events, err);

	if (count == -1)
		return -1;
	p->is_lost = count == RAW_SENSELESS;
	if (count > 0 && need_stream(list, p, time_ns, err))
		return -1;
	for (int i = 0; i < count; i++)
		if (add_event(list, p, &events[i], time_ns, err))
			return -1;
	return 0;
}

/* The program may be waiting for room. */
static void give_back(struct process *p)
{
	__atomic_store_n(&p->shared->tail, p->tail, __ATOMIC_SEQ_CST);
	if (!__atomic_load_n(&p->shared->waiting, __ATOMIC_SEQ_CST))
		return;
	__atomic_add_fetch(&p->shared->room, 1, __ATOMIC_SEQ_CST);
	syscall(SYS_futex, &p->shared->room, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

static void look_ahead(const struct process_list *list, const struct process *p,
		       const struct raw_record *ring)
{
	const struct raw_record *soon = &ring[(p->tail + AHEAD_BLOCKS) % RING_RECORDS];
	const unsigned operation = raw_operation(soon);

	__builtin_prefetch(&ring[(p->tail + AHEAD_RECORDS) % RING_RECORDS]);
	if (p->stream && operation <= RAW_FREE)
		list->sink->expect(p->stream, operation == RAW_FREE ? soon->in : soon->out);
}

static int drain_ring(struct process_list *list, struct process *p, uint64_t head,
		      uint64_t until_ns, struct error *err)
{
	const struct raw_record *ring = (const void *)((const char *)p->shared + SHARED_PAGE);

	while (p->tail < head && !p->is_lost) {
		const struct raw_record raw = ring[p->tail % RING_RECORDS];
		const uint64_t time_ns = clock_ns(&list->clock, raw.ticks);

		if (time_ns > until_ns)
			break;
		look_ahead(list, p, ring);
		if ((p->fault_count && add_faults(list, p, time_ns, err)) ||
		    take_raw(list, p, &raw, time_ns, err))
			return -1;
		if (++p->tail % GIVE_BACK_EVERY == 0)
			give_back(p);
	}
	return 0;
}

int process_drain(struct process_list *list, struct process *p, uint64_t until_ns, bool *got,
		  struct error *err)
{
	const uint64_t head = __atomic_load_n(&p->shared->head, __ATOMIC_ACQUIRE);
	const uint64_t before = p->tail;

	*got = false;
	if (p->is_lost)
		return 0;
	if (head - p->tail > RING_RECORDS) {
		p->is_lost = true;
		return 0;
	}
	if (drain_ring(list, p, head, until_ns, err) ||
	    (p->fault_count && add_faults(list, p, until_ns, err)))
		return -1;
	*got = p->tail != before;
	if (*got)
		give_back(p);
	return 0;
}

/* Executables are followed by a new process; what a short-lived fork did before is left out. */
static bool is_worth_keeping(const struct process *p, enum recorded_end how)
{
	return how != RECORDED_EXEC || p->facts.parent_slot == SHARED_SLOTS || p->fork_count ||
	       p->events >= FORK_KEPT_EVENTS;
}

static int end_stream(struct process_list *list, struct process *p, enum recorded_end how,
		      struct error *err)
{
	const bool keep = is_worth_keeping(p, how);
	struct recorded_event e = { .record.operation = how == RECORDED_EXEC ? OP_EXEC : OP_EXIT,
				    .tid = (uint32_t)p->pid,
				    .comm = p->facts.comm };
	const bool ends = how == RECORDED_EXEC || how == RECORDED_EXIT;

	if (ends && add_event(list, p, &e, p->latest_ns, err))
		return -1;
	if (list->sink->end(p->stream, how, keep, err))
		return -1;
	list->report->short_forks += !keep;
	list->report->events += keep ? p->events : 0;
	return 0;
}

static void add_figures(struct process_list *list, const struct process *p)
{
	struct record_report *r = list->report;

	r->calls += p->calls;
	r->untold += p->shared->untold;
	r->early_exits += p->shared->early_exits;
	r->samples += p->shared->samples;
	r->waits += p->shared->waits;
	list->sampled_ticks += p->shared->sampled_ticks;
	list->waits_ticks += p->shared->waits_ticks;
}

int process_end(struct process_list *list, struct process *p, enum recorded_end how,
		struct error *err)
{
	bool got;
	int result = process_drain(list, p, UINT64_MAX, &got, err);

	if (p->is_lost)
		how = RECORDED_LOST;
	/* A program that never allocates has a stream too. */
	if (result == 0 && p->facts.parent_slot == SHARED_SLOTS)
		result = need_stream(list, p, p->latest_ns, err);
	if (result == 0 && p->stream)
		result = end_stream(list, p, how, err);
	add_figures(list, p);
	release(p);
	return result;
}
