/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Threads get a small number at their first call. Which one is calling is told by a key of
 * pthread_getspecific(); its destructor tells that the thread ends.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "record/preload/preload.h"

enum { ENDED_KEPT = 64, SIGNAL_SET_BYTES = 8 };

static struct thread threads[RAW_THREADS];
static uint16_t free_indices[RAW_THREADS];
static uint32_t free_count, ever_used;

/* The C library itself frees for a thread that ends, after it has put the thread's cache away. */
static struct thread ended_thread = { .index = RAW_THREAD_ENDED };
static int32_t ended_tids[ENDED_KEPT];
static uint32_t ended_count;

static struct thread *threads_add(int32_t tid)
{
	if (!free_count && ever_used == RAW_THREADS)
		return NULL;
	const uint32_t index = free_count ? free_indices[--free_count] : ever_used++;

	threads[index] = (struct thread){ .tid = tid, .index = (uint16_t)index };
	return &threads[index];
}

void threads_remove(struct thread *thread)
{
	ended_tids[ended_count++ % ENDED_KEPT] = thread->tid;
	thread->tid = 0;
	free_indices[free_count++] = thread->index;
}

/* In a forked child, which has only the thread that called fork(). */
void threads_forget_others(struct thread *self)
{
	free_count = 0;
	for (uint32_t i = 0; i < ever_used; i++) {
		if (&threads[i] == self)
			continue;
		threads[i].tid = 0;
		free_indices[free_count++] = (uint16_t)i;
	}
	self->tid = (int32_t)syscall(SYS_gettid);
	self->exits = 0;
	ended_count = 0;
	memset(ended_tids, 0, sizeof(ended_tids));
}

void threads_tell(const struct thread *thread, uint64_t at)
{
	uint64_t comm[2] = { 0 };

	prctl(PR_GET_NAME, comm);
	raw_put(thread, RAW_THREAD_START, (uint64_t)thread->tid, 0, 0, at);
	raw_put(thread, RAW_NAME, comm[0], comm[1], 0, at);
}

/*
 * Other destructors run as well, and some free: this one asks to be run once more. The initial
 * thread's cache is not given back when it leaves by pthread_exit().
 */
static void thread_ends(void *value)
{
	struct thread *thread = value;
	struct call call;

	if (recorder.leaving == thread || thread->tid == recorder.pid)
		return;
	pthread_setspecific(recorder.key, thread);
	if (thread->exits++ == 0 || !call_begin(&call))
		return;
	call.kept = true;
	call_end(&call);
	order_leave(thread);
}

bool threads_begin(void)
{
	return pthread_key_create(&recorder.key, thread_ends) == 0;
}

static bool blocks_as_at_the_end(void)
{
	uint64_t blocked = 0;

	return syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &blocked, SIGNAL_SET_BYTES) == 0 &&
	       signals_show_end(blocked);
}

static bool has_ended(int32_t tid)
{
	bool known = false;

	for (int i = 0; i < ENDED_KEPT; i++)
		known |= ended_tids[i] == tid;
	return known && blocks_as_at_the_end();
}

/*
 * A detached thread gives the memory of its stack back itself. Its cache is gone by then: that it
 * has ended comes first, whoever tells it.
 */
static bool end_is_mine_to_tell(int32_t tid)
{
	return order_is_leaving(tid) && blocks_as_at_the_end() && order_stay(tid);
}

/* The first call of a thread, or one after its end has begun. */
static struct thread *who_calls(int32_t tid, uint64_t at)
{
	if (recorder.leaving && recorder.leaving->tid == tid)
		return recorder.leaving;
	/* No key may be set any more: the next thread on this stack would find it. */
	if (has_ended(tid))
		return &ended_thread;
	struct thread *thread = threads_add(tid);

	if (!thread)
		return NULL;
	if (pthread_setspecific(recorder.key, thread)) {
		threads_remove(thread);
		return NULL;
	}
	threads_tell(thread, at);
	return thread;
}

bool call_begin_unknown(struct call *call)
{
	const int32_t tid = (int32_t)syscall(SYS_gettid);
	const bool ends = end_is_mine_to_tell(tid);
	const enum turn turn = ends ? TURN_TAKEN : order_take(tid, NULL, call->alone);

	if (turn == TURN_REFUSED)
		return false;
	call->alone &= !ends;
	call->kept = turn == TURN_KEPT;
	recorder.busy = true;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	call->start = ticks();
	if (ends) {
		raw_put(recorder.leaving, RAW_THREAD_EXIT, 0, 0, 0, call->start);
		threads_remove(recorder.leaving);
		recorder.leaving = NULL;
	}
	call->thread = who_calls(tid, call->start);
	if (!call->thread) {
		recorder.slot->untold++;
		order_give(call);
		return false;
	}
	break_look(call->thread, RAW_BRK_FOREIGN, call->start);
	return true;
}
