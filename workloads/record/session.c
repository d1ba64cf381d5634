/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "record/faults.h"
#include "record/launch.h"
#include "record/memory.h"
#include "record/record.h"
#include "record/tracee.h"

enum {
	SLEEP_NS = 10000000,
	SLEEP_FAULTS_NS = 2000000, /* the kernel's rings hold no more than some milliseconds */
	SLEEP_IDLE_NS = 50000000,
	IDLE_AFTER = 100, /* sleeps in vain */
	FLUSH_NS = 1000000000,
	FORK_GRACE_NS = 500000000,
};

struct session {
	struct memory memory;
	struct tracee_list list;
	struct tracee *live[SHARED_SLOTS];
	struct faults *faults;
	struct fault *early; /* of processes that are not known, or not yet */
	size_t early_count, early_capacity;
	pid_t program;
	bool has_ended;
	uint32_t taken; /* as seen last */
	uint64_t now_ns, flushed_ns;
	uint64_t alone_ns; /* since when nobody is live; 0: somebody is */
	unsigned idle;
};

/* The process of that pid that is recorded now. */
static struct tracee *find_live(const struct session *s, pid_t pid)
{
	for (uint32_t i = 0; i < SHARED_SLOTS; i++)
		if (s->live[i] && pid && s->live[i]->outer_pid == pid)
			return s->live[i];
	return NULL;
}

static int end_process(struct session *s, struct tracee *p, enum recorded_end how,
		       struct error *err)
{
	const uint32_t slot = p->slot;

	s->live[slot] = NULL;
	if (how == RECORDED_EXIT && p->executes) {
		how = RECORDED_EXEC;
		s->list.report->unfollowed++;
	}
	const int result = tracee_end(&s->list, p, how, err);

	memory_free_slot(&s->memory, slot);
	return result;
}

static int keep_early(struct session *s, const struct fault *fault, struct error *err)
{
	if (s->early_count == s->early_capacity) {
		const size_t capacity = s->early_capacity ? 2 * s->early_capacity : 1024;
		struct fault *grown = realloc(s->early, capacity * sizeof(*grown));

		if (!grown)
			return error_set(err, ERROR_RUN, "page faults: out of memory");
		s->early = grown;
		s->early_capacity = capacity;
	}
	s->early[s->early_count++] = *fault;
	return 0;
}

/* The early faults of that pid: to the process that has attached, or to nobody. */
static int settle_early(struct session *s, pid_t pid, struct tracee *p, struct error *err)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->early_count; i++) {
		if (s->early[i].pid != pid)
			s->early[kept++] = s->early[i];
		else if (!p)
			s->list.report->faults_lost++;
		else if (tracee_add_fault(p, &s->early[i], err))
			return -1;
	}
	s->early_count = kept;
	return 0;
}

/* Faults of that process until now were those of the program before. */
static int take_exec(struct session *s, const struct fault *exec, struct tracee *p,
		     struct error *err)
{
	const uint64_t exec_ns = clock_since(&s->list.clock, exec->monotonic_ns);

	if (p && exec_ns < clock_ns(&s->list.clock, p->facts.attached_ticks))
		s->list.report->faults_lost += tracee_drop_faults(p);
	else if (p)
		p->is_over = true;
	return settle_early(s, exec->pid, NULL, err);
}

/*
 * A program's first faults are those of its loader, before it has found the recorder: they wait
 * until it has.
 */
static int take_fault(struct session *s, const struct fault *fault, struct error *err)
{
	struct tracee *p = find_live(s, fault->pid);

	if (fault->kind == FAULT_EXEC)
		return take_exec(s, fault, p, err);
	return p && !p->is_over ? tracee_add_fault(p, fault, err) : keep_early(s, fault, err);
}

static int take_faults(struct session *s, struct error *err)
{
	const struct fault *list;
	size_t count;

	if (!s->faults)
		return 0;
	if (faults_take(s->faults, &list, &count, err))
		return -1;
	for (size_t i = 0; i < count; i++)
		if (take_fault(s, &list[i], err))
			return -1;
	return 0;
}

static int add_process(struct session *s, uint32_t slot, struct error *err)
{
	struct shared_slot *shared = memory_map(&s->memory, slot, err);
	struct tracee *p = shared ? tracee_create(&s->list, slot, shared, err) : NULL;

	if (!p)
		return -1;
	struct tracee *other = find_live(s, p->outer_pid);

	s->list.report->attached |= p->outer_pid == s->program;
	s->live[slot] = p;
	if (!other)
		return settle_early(s, p->outer_pid, p, err);
	/* One process is two programs: it has executed the later one. */
	const bool is_later = p->facts.number > other->facts.number;

	if (is_later && settle_early(s, p->outer_pid, p, err))
		return -1;
	return end_process(s, is_later ? other : p, RECORDED_EXEC, err);
}

struct arrival {
	uint32_t slot, number;
};

static int by_number(const void *a, const void *b)
{
	const uint32_t first = ((const struct arrival *)a)->number,
		       second = ((const struct arrival *)b)->number;

	return (first > second) - (first < second);
}

/* Slots that went live since the last look, in that order: parents before their children. */
static int find_arrivals(const struct session *s, struct arrival *list, uint32_t *count,
			 struct error *err)
{
	*count = 0;
	for (uint32_t i = 0; i < SHARED_SLOTS; i++) {
		const uint8_t state =
			__atomic_load_n(&s->memory.control->slot_state[i], __ATOMIC_ACQUIRE);

		if (state != SLOT_LIVE || s->live[i])
			continue;
		struct shared_slot *shared = memory_map(&s->memory, i, err);

		if (!shared)
			return -1;
		list[(*count)++] = (struct arrival){ i, shared->number };
		memory_unmap(shared);
	}
	qsort(list, *count, sizeof(*list), by_number);
	return 0;
}

/* Whether there were any that were not known. */
static int find_some(struct session *s, bool *found, struct error *err)
{
	struct arrival arrivals[SHARED_SLOTS];
	uint32_t count;

	if (find_arrivals(s, arrivals, &count, err))
		return -1;
	*found = count > 0;
	for (uint32_t i = 0; i < count; i++)
		if (add_process(s, arrivals[i].slot, err))
			return -1;
	return 0;
}

/* Looks until nobody is new: what attached before the last one found is known then. */
static int find_new(struct session *s, struct error *err)
{
	const uint32_t taken = __atomic_load_n(&s->memory.control->taken, __ATOMIC_SEQ_CST);
	bool found = taken != s->taken;

	s->taken = taken;
	while (found)
		if (find_some(s, &found, err))
			return -1;
	return 0;
}

/* Without faults there is nothing to put in between: everything that is there is taken. */
static int drain_all(struct session *s, bool *got, struct error *err)
{
	const uint64_t until = s->faults ? s->now_ns : UINT64_MAX;

	*got = false;
	for (uint32_t i = 0; i < SHARED_SLOTS; i++) {
		bool some;

		if (!s->live[i])
			continue;
		if (tracee_drain(&s->list, s->live[i], until, &some, err))
			return -1;
		*got |= some;
	}
	return 0;
}

static bool has_ended(const struct tracee *p)
{
	struct pollfd poll_fd = { .fd = p->pidfd, .events = POLLIN };

	return p->pidfd < 0 || poll(&poll_fd, 1, 0) == 1;
}

/* Children before their parents, whose traces tell of their end. NULL: there is none. */
static struct tracee *last_of(const struct session *s, const bool *ended)
{
	struct tracee *last = NULL;

	for (uint32_t i = 0; i < SHARED_SLOTS; i++)
		if (ended[i] && s->live[i] &&
		    (!last || s->live[i]->facts.number > last->facts.number))
			last = s->live[i];
	return last;
}

/* A process that has ended between two looks may have made another one before. */
static int end_processes(struct session *s, struct error *err)
{
	bool ended[SHARED_SLOTS];
	struct tracee *p;

	for (uint32_t i = 0; i < SHARED_SLOTS; i++)
		ended[i] = s->live[i] && has_ended(s->live[i]);
	if (find_new(s, err) || take_faults(s, err))
		return -1;
	while ((p = last_of(s, ended)) != NULL) {
		ended[p->slot] = false;
		if (has_ended(p) && end_process(s, p, RECORDED_EXIT, err))
			return -1;
	}
	return 0;
}

static int flush_all(struct session *s, struct error *err)
{
	if (s->now_ns - s->flushed_ns < FLUSH_NS)
		return 0;
	s->flushed_ns = s->now_ns;
	for (uint32_t i = 0; i < SHARED_SLOTS; i++)
		if (s->live[i] && s->live[i]->stream &&
		    s->list.sink->flush(s->live[i]->stream, err))
			return -1;
	return 0;
}

static bool is_any_live(const struct session *s)
{
	for (uint32_t i = 0; i < SHARED_SLOTS; i++)
		if (s->live[i])
			return true;
	return false;
}

/*
 * Nobody lives, and no child is on its way that has not told of itself yet. One that never will
 * (it was killed, or the fork has failed unseen) is not waited for for ever.
 */
static bool are_all_gone(struct session *s)
{
	const struct shared_control *control = s->memory.control;
	const uint32_t settled = __atomic_load_n(&control->settled, __ATOMIC_SEQ_CST);
	const bool is_settled = settled == __atomic_load_n(&control->forks, __ATOMIC_SEQ_CST);

	if (is_any_live(s)) {
		s->alone_ns = 0;
		return false;
	}
	if (!s->alone_ns)
		s->alone_ns = s->now_ns;
	return is_settled || s->now_ns - s->alone_ns > FORK_GRACE_NS;
}

/* Until a program rings, a child ends, or for a while. */
static void rest(struct session *s, bool got)
{
	struct shared_control *control = s->memory.control;
	const uint32_t bell = __atomic_load_n(&control->bell, __ATOMIC_SEQ_CST);

	s->idle = got ? 0 : s->idle + 1;
	const struct timespec wait = { .tv_nsec = s->faults              ? SLEEP_FAULTS_NS
						  : s->idle > IDLE_AFTER ? SLEEP_IDLE_NS
									 : SLEEP_NS };

	__atomic_store_n(&control->asleep, 1, __ATOMIC_SEQ_CST);
	syscall(SYS_futex, &control->bell, FUTEX_WAIT, bell, &wait, NULL, 0);
	__atomic_store_n(&control->asleep, 0, __ATOMIC_SEQ_CST);
}

static int look(struct session *s, bool *got, struct error *err)
{
	s->now_ns = clock_look(&s->list.clock);
	if (find_new(s, err) || take_faults(s, err) || drain_all(s, got, err) ||
	    end_processes(s, err) || flush_all(s, err))
		return -1;
	if (s->has_ended)
		return 0;
	const int ended = launch_poll(&s->list.report->status, err);

	s->has_ended = ended > 0;
	return ended < 0 ? -1 : 0;
}

/* Until all that was recorded has ended, or somebody asks for the end. */
static int watch(struct session *s, struct error *err)
{
	bool got = false, is_over = false;

	while (!is_over) {
		const bool was_over = s->has_ended && are_all_gone(s);

		if (look(s, &got, err))
			return -1;
		/* The look may have found a child of the last one that has ended. */
		is_over =
			s->has_ended && ((was_over && !is_any_live(s)) || launch_is_interrupted());
		if (!is_over)
			rest(s, got);
	}
	return 0;
}

/* What still lives is let go. */
static int leave(struct session *s, struct error *err)
{
	s->memory.control->stopped = 1;
	for (uint32_t i = 0; i < SHARED_SLOTS; i++)
		if (s->live[i] && end_process(s, s->live[i], RECORDED_LEFT, err))
			return -1;
	return 0;
}

static void report_figures(struct session *s)
{
	struct record_report *r = s->list.report;
	const double ns_per_tick = s->list.clock.ns_per_tick;

	r->call_ns =
		r->samples ? (double)s->list.sampled_ticks * ns_per_tick / (double)r->samples : 0;
	r->waits_ns = (uint64_t)((double)s->list.waits_ticks * ns_per_tick);
	r->refused += s->memory.control->refused;
	r->faults_lost += s->early_count;
	if (!s->faults)
		return;
	r->faults_lost += faults_lost(s->faults);
	r->faults_typed = faults_are_typed(s->faults);
	r->faults_user_only = faults_are_user_only(s->faults);
}

/* The recording has failed: the program goes on without. */
static void wait_for_program(struct session *s)
{
	struct error ignored;

	s->memory.control->stopped = 1;
	while (!s->has_ended && launch_poll(&s->list.report->status, &ignored) == 0)
		rest(s, false);
}

static int run(struct session *s, const struct record_options *options, struct error *err)
{
	if (options->faults && !(s->faults = faults_open(err)))
		return -1;
	s->program = launch(options->arguments, options->library, s->memory.path, err);
	if (s->program < 0)
		return -1;
	int result = watch(s, err);

	if (result == 0)
		result = leave(s, err);
	if (result != 0)
		wait_for_program(s);
	report_figures(s);
	launch_end();
	return result;
}

int record_run(const struct record_options *options, const struct record_sink *sink,
	       struct record_report *report, struct error *err)
{
	struct session *s = calloc(1, sizeof(*s));

	*report = (struct record_report){ 0 };
	if (!s)
		return error_set(err, ERROR_RUN, "no memory for a recording");
	s->list.sink = sink;
	s->list.report = report;
	s->list.leaves_out_forks = options->leaves_out_forks;
	clock_begin(&s->list.clock);
	int result = memory_create(&s->memory, &s->list.clock, err);

	if (result == 0) {
		s->list.pid_namespace = s->memory.control->pid_namespace;
		result = run(s, options, err);
		tracee_list_free(&s->list);
		faults_close(s->faults);
		memory_destroy(&s->memory);
	}
	free(s->early);
	free(s);
	return result;
}
