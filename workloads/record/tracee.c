/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "record/tracee.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/extension.h"
#include "core/ids.h"
#include "core/operation.h"
#include "record/memory.h"
#include "record/namespace.h"

enum {
	GIVE_BACK_EVERY = 4096,
	/* So far ahead memory is fetched: the ring from another processor's cache, and what is
	 * known of a block. */
	AHEAD_RECORDS = 32,
	AHEAD_BLOCKS = 12,
	/* Ended processes that are still known, for parents and children that look for them. */
	DEPARTED_KEPT = 4 * SHARED_SLOTS,
	/* Of what is not told to read or write: most of what faults in anonymous memory writes.
	 * X86_PF_WRITE | X86_PF_USER. */
	FAULT_ASSUMED = 6,
};

/* Text that the program wrote: ended where its room ends. */
static void end_texts(struct shared_slot *facts)
{
	facts->executable[sizeof(facts->executable) - 1] = '\0';
	facts->malloc_owner[sizeof(facts->malloc_owner) - 1] = '\0';
	facts->tunables[sizeof(facts->tunables) - 1] = '\0';
	facts->libc_version[sizeof(facts->libc_version) - 1] = '\0';
	facts->comm[sizeof(facts->comm) - 1] = '\0';
}

static void release(struct tracee *p)
{
	if (p->shared)
		memory_unmap(p->shared);
	if (p->pidfd >= 0)
		close(p->pidfd);
	free(p->faults);
	p->shared = NULL;
	p->pidfd = -1;
	p->faults = NULL;
	p->fault_count = p->fault_capacity = 0;
}

static void unlink_and_free(struct tracee_list *list, struct tracee *p)
{
	struct tracee **at = &list->first;

	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	release(p);
	raw_decoder_free(&p->decoder);
	free(p->forks);
	free(p);
}

void tracee_list_free(struct tracee_list *list)
{
	while (list->first)
		unlink_and_free(list, list->first);
}

/* Of the processes that have ended, the oldest ones are forgotten. */
static void forget_departed(struct tracee_list *list)
{
	while (list->departed > DEPARTED_KEPT) {
		struct tracee *oldest = NULL;

		for (struct tracee *p = list->first; p; p = p->next)
			if (!p->shared)
				oldest = p;
		unlink_and_free(list, oldest);
		list->departed--;
	}
}

static bool is_forked(const struct tracee *p)
{
	return p->facts.parent_slot != SHARED_SLOTS;
}

struct tracee *tracee_find(const struct tracee_list *list, uint32_t slot, pid_t pid)
{
	struct tracee *p = list->first;

	while (p && (p->slot != slot || p->pid != pid))
		p = p->next;
	return p;
}

static int add_event(struct tracee_list *list, struct tracee *p, struct recorded_event *e,
		     uint64_t time_ns, struct error *err)
{
	if (time_ns > p->latest_ns)
		p->latest_ns = time_ns;
	e->time_ns = p->latest_ns;
	e->pid = (uint32_t)p->pid;
	p->events++;
	return list->sink->event(p->stream, e, err);
}

static struct fork_point *find_fork(const struct tracee *p, uint64_t serial)
{
	for (size_t i = p->fork_count; i > 0; i--)
		if (p->forks[i - 1].serial == serial)
			return &p->forks[i - 1];
	return NULL;
}

/* What a fork of the parent left to this process. Without it its own doings would be senseless. */
static int find_inherited(struct tracee_list *list, struct tracee *p, struct error *err)
{
	struct tracee *parent = tracee_find(list, p->facts.parent_slot, p->facts.parent_pid);
	bool got;

	if (!parent) {
		p->is_lost = true;
		list->report->refused++;
		return 0;
	}
	if (parent->shared && tracee_drain(list, parent, UINT64_MAX, &got, err) != 0)
		return -1;
	if (raw_decoder_inherit(&p->decoder, &parent->decoder, err))
		return -1;
	const struct fork_point *point = find_fork(parent, p->facts.fork_serial);

	if (point)
		p->inherited = *point;
	p->is_known_to_parent = point && point->is_told;
	return 0;
}

static pid_t outer_pid(const struct tracee_list *list, const struct shared_slot *facts)
{
	const uint64_t ours = list->pid_namespace, theirs = facts->pid_namespace;

	return ours && theirs && ours != theirs ? pid_from_namespace(theirs, facts->pid)
						: facts->pid;
}

static struct tracee *make(const struct tracee_list *list, uint32_t slot,
			   struct shared_slot *shared, struct error *err)
{
	struct tracee *p = calloc(1, sizeof(*p));

	if (!p) {
		memory_unmap(shared);
		error_set(err, ERROR_RUN, "no memory for the recorded programs");
		return NULL;
	}
	p->slot = slot;
	p->shared = shared;
	p->facts = *shared;
	end_texts(&p->facts);
	p->pid = p->facts.pid;
	p->outer_pid = outer_pid(list, &p->facts);
	p->pidfd = p->outer_pid ? (int)syscall(SYS_pidfd_open, p->outer_pid, 0) : -1;
	if (!p->outer_pid || p->pidfd >= 0 || errno == ESRCH)
		return p;
	error_errno(err, "the recorded program", "cannot be watched");
	memory_unmap(shared);
	free(p);
	return NULL;
}

struct tracee *tracee_create(struct tracee_list *list, uint32_t slot, struct shared_slot *shared,
			     struct error *err)
{
	struct tracee *p = make(list, slot, shared, err);

	if (!p)
		return NULL;
	p->decoder = (struct raw_decoder){ .brk0 = p->facts.brk0,
					   .brk = p->facts.brk,
					   .is_glibc = p->facts.other_malloc != MALLOC_REPLACED };
	p->next = list->first;
	list->first = p;
	if (!is_forked(p))
		return p;
	if (find_inherited(list, p, err) != 0)
		return NULL;
	list->report->forks_left_out += list->leaves_out_forks;
	p->is_lost |= list->leaves_out_forks;
	return p;
}

static int add_start(struct tracee_list *list, struct tracee *p, uint64_t time_ns,
		     struct error *err)
{
	/* Where another allocator puts things, the heap's begin says nothing. */
	const bool is_glibc = p->facts.other_malloc != MALLOC_REPLACED;
	struct recorded_event e = { .record = { .operation = OP_PROCESS_START,
						.address = is_glibc ? p->facts.brk0 : 0 },
				    .tid = (uint32_t)p->pid,
				    .comm = p->facts.comm };

	return add_event(list, p, &e, time_ns, err);
}

static int begin_stream(struct tracee_list *list, struct tracee *p, uint64_t time_ns,
			struct error *err)
{
	const struct recorded_process facts = {
		.pid = p->pid,
		.parent = is_forked(p) ? p->facts.parent_pid : 0,
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
		.tunables = p->facts.tunables,
	};

	p->stream = list->sink->begin(list->sink->context, &facts, err);
	if (!p->stream)
		return -1;
	return p->inherited.stream ? 0 : add_start(list, p, time_ns, err);
}

/*
 * In its parent's stream a child is only known to be there, and to end: its own doings are in its
 * own.
 */
static int tell_parent(struct tracee_list *list, struct tracee *parent, const struct tracee *p,
		       struct error *err)
{
	struct recorded_event e = { .record.operation = p->how == RECORDED_EXEC ? OP_EXEC : OP_EXIT,
				    .pid = (uint32_t)p->pid,
				    .tid = (uint32_t)p->pid,
				    .comm = p->facts.comm };

	if (p->latest_ns > parent->latest_ns)
		parent->latest_ns = p->latest_ns;
	e.time_ns = parent->latest_ns;
	parent->events++;
	return list->sink->event(parent->stream, &e, err);
}

static struct tracee *find_child(const struct tracee_list *list, const struct tracee *parent,
				 uint64_t serial)
{
	struct tracee *p = list->first;

	while (p && (p->facts.parent_pid != parent->pid || p->facts.fork_serial != serial ||
		     p->facts.parent_slot != parent->slot))
		p = p->next;
	return p;
}

/* The parent tells of its child, which may have come to its end before that. */
static int note_child(struct tracee_list *list, struct tracee *parent, uint64_t serial,
		      struct error *err)
{
	struct tracee *child = find_child(list, parent, serial);
	struct fork_point *point = find_fork(parent, serial);

	if (point)
		point->is_told = true;
	if (!child)
		return 0;
	child->is_known_to_parent = true;
	return child->shared ? 0 : tell_parent(list, parent, child, err);
}

/* Before anything is put into the stream. */
static int need_stream(struct tracee_list *list, struct tracee *p, uint64_t time_ns,
		       struct error *err)
{
	return p->stream ? 0 : begin_stream(list, p, time_ns, err);
}

/* Where a child of this fork will find what it has inherited. */
static int note_fork(struct tracee_list *list, struct tracee *p, const struct raw_record *raw,
		     struct error *err)
{
	struct fork_point *grown = realloc(p->forks, (p->fork_count + 1) * sizeof(*grown));
	struct recorded_event by;

	if (!grown)
		return error_set(err, ERROR_RUN, "no memory for the recorded programs");
	p->forks = grown;
	struct fork_point *point = &p->forks[p->fork_count++];

	/* Nothing has happened since its own fork: what it had then goes on. */
	*point = p->inherited;
	point->is_told = false;
	point->serial = raw->in;
	if (!p->stream)
		return 0;
	raw_decoder_name(&p->decoder, raw_thread(raw), &by);
	point->tid = by.tid;
	point->stream = p->stream;
	point->position = list->sink->position(p->stream);
	return 0;
}

static int add_faults(struct tracee_list *list, struct tracee *p, uint64_t until_ns,
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
		if (f->kind == FAULT_UNKNOWN)
			record_set_detail(&e.record, FAULT_ASSUMED);
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

int tracee_add_fault(struct tracee *p, const struct fault *fault, struct error *err)
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

size_t tracee_drop_faults(struct tracee *p)
{
	const size_t dropped = p->fault_count;

	p->fault_count = 0;
	return dropped;
}

static int take_raw(struct tracee_list *list, struct tracee *p, const struct raw_record *raw,
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
	return operation == RAW_FORKED ? note_child(list, p, raw->in, err) : 0;
}

/* The program may be waiting for room. */
static void give_back(struct tracee *p)
{
	__atomic_store_n(&p->shared->tail, p->tail, __ATOMIC_SEQ_CST);
	if (!__atomic_load_n(&p->shared->waiting, __ATOMIC_SEQ_CST))
		return;
	__atomic_add_fetch(&p->shared->room, 1, __ATOMIC_SEQ_CST);
	syscall(SYS_futex, &p->shared->room, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

static void look_ahead(const struct tracee_list *list, const struct tracee *p,
		       const struct raw_record *ring)
{
	const struct raw_record *soon = &ring[(p->tail + AHEAD_BLOCKS) % RING_RECORDS];
	const unsigned operation = raw_operation(soon);

	__builtin_prefetch(&ring[(p->tail + AHEAD_RECORDS) % RING_RECORDS]);
	if (p->stream && operation <= RAW_FREE)
		list->sink->expect(p->stream, operation == RAW_FREE ? soon->in : soon->out);
}

static int drain_ring(struct tracee_list *list, struct tracee *p, uint64_t head, uint64_t until_ns,
		      struct error *err)
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

/* Of a process that is not recorded, or no more: it is not to wait for room. */
static void pass_over(struct tracee *p, uint64_t head)
{
	tracee_drop_faults(p);
	if (p->tail == head)
		return;
	p->tail = head;
	give_back(p);
}

int tracee_drain(struct tracee_list *list, struct tracee *p, uint64_t until_ns, bool *got,
		 struct error *err)
{
	const uint64_t head = __atomic_load_n(&p->shared->head, __ATOMIC_ACQUIRE);
	const uint64_t before = p->tail;

	*got = false;
	p->is_lost |= head - p->tail > RING_RECORDS;
	if (p->is_lost) {
		pass_over(p, head);
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
static bool is_worth_keeping(const struct tracee *p, enum recorded_end how)
{
	return how != RECORDED_EXEC || !is_forked(p) || p->fork_count ||
	       p->events >= FORK_KEPT_EVENTS;
}

static int end_stream(struct tracee_list *list, struct tracee *p, enum recorded_end how,
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

static void add_figures(struct tracee_list *list, const struct tracee *p)
{
	struct record_report *r = list->report;

	r->calls += p->calls;
	r->untold += p->shared->untold;
	r->early_exits += p->shared->early_exits;
	r->deep_libraries += p->shared->deep_libraries;
	r->samples += p->shared->samples;
	r->waits += p->shared->waits;
	list->sampled_ticks += p->shared->sampled_ticks;
	list->waits_ticks += p->shared->waits_ticks;
}

/* What its parent's stream says of it, where that still goes on. */
static int end_in_parent(struct tracee_list *list, struct tracee *p, enum recorded_end how,
			 struct error *err)
{
	struct tracee *parent = tracee_find(list, p->facts.parent_slot, p->facts.parent_pid);

	p->how = how;
	if (!p->is_known_to_parent || !parent || !parent->stream || !parent->shared ||
	    (how != RECORDED_EXIT && how != RECORDED_EXEC))
		return 0;
	return tell_parent(list, parent, p, err);
}

int tracee_end(struct tracee_list *list, struct tracee *p, enum recorded_end how, struct error *err)
{
	bool got;
	int result = tracee_drain(list, p, UINT64_MAX, &got, err);

	if (p->is_lost)
		how = RECORDED_LOST;
	/* A program that never allocates has a stream too. */
	if (result == 0 && !is_forked(p))
		result = need_stream(list, p, p->latest_ns, err);
	if (result == 0 && p->stream)
		result = end_stream(list, p, how, err);
	if (result == 0)
		result = end_in_parent(list, p, how, err);
	add_figures(list, p);
	release(p);
	list->departed++;
	forget_departed(list);
	return result;
}
