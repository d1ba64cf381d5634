/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The turn of a thread that ends lasts until its part of the heap has been put away. That happens
 * inside the C library, after the last call that could be seen; calls of other threads meanwhile
 * would come before it in the trace, or after, by chance. The C library blocks all signals of the
 * thread right after, its own ones too, which nobody else can: that can be seen from outside.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "record/preload/preload.h"

enum {
	SPINS = 200,
	STATUS_BYTES = 2048,
	QUICK_LOOKS = 50,
	STUCK_MAX = 50,
	PAUSE_NS = 100000,
};

static void relax(void)
{
#ifdef __x86_64__
	__builtin_ia32_pause();
#endif
}

static void futex_wake(int threads)
{
	syscall(SYS_futex, &recorder.order, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, threads, NULL, NULL,
		0);
}

void order_wake(void)
{
	const int kept_errno = errno;

	futex_wake(1);
	errno = kept_errno;
}

static uint32_t order_now(void)
{
	return __atomic_load_n(&recorder.order, __ATOMIC_ACQUIRE);
}

static bool order_try(int32_t tid, uint32_t waited)
{
	uint32_t nobody = 0;

	return __atomic_load_n(&recorder.order, __ATOMIC_RELAXED) == 0 &&
	       __atomic_compare_exchange_n(&recorder.order, &nobody, (uint32_t)tid | waited, false,
					   __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

static void order_sleep(void)
{
	uint32_t seen = order_now();

	if (!seen || seen & ORDER_LEAVING)
		return;
	if (!(seen & ORDER_WAITED) &&
	    !__atomic_compare_exchange_n(&recorder.order, &seen, seen | ORDER_WAITED, false,
					 __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		return;
	syscall(SYS_futex, &recorder.order, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, seen | ORDER_WAITED,
		NULL, NULL, 0);
}

enum leaving_state {
	LEAVING_BUSY,
	LEAVING_DONE,
	LEAVING_STUCK, /* waits for something, perhaps for us */
};

static enum leaving_state judge_status(const char *status)
{
	const char *state = strstr(status, "\nState:\t"), *blocked = strstr(status, "\nSigBlk:\t");

	if (!state || !blocked)
		return LEAVING_STUCK;
	if (signals_show_end(strtoull(blocked + 9, NULL, 16)))
		return LEAVING_DONE;
	return state[8] == 'S' ? LEAVING_STUCK : LEAVING_BUSY;
}

static enum leaving_state look_at_leaving(int32_t tid)
{
	char path[64], status[STATUS_BYTES];

	snprintf(path, sizeof(path), "/proc/self/task/%d/status", (int)tid);
	const int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);

	if (fd < 0)
		return errno == ENOENT ? LEAVING_DONE : LEAVING_STUCK;
	const long length = syscall(SYS_read, fd, status, sizeof(status) - 1);

	syscall(SYS_close, fd);
	if (length <= 0)
		return LEAVING_DONE; /* it ended meanwhile */
	status[length] = '\0';
	return judge_status(status);
}

/* Whether it is still the turn of the thread that leaves, whoever waits for that. */
static bool is_leaving(uint32_t order, uint32_t tid)
{
	return (order & ~ORDER_WAITED) == (tid | ORDER_LEAVING);
}

/* Until it is done, or it has been waiting for so long that it may well wait for us. */
static enum leaving_state wait_for_leaving(uint32_t tid)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };
	unsigned stuck = 0;

	for (unsigned looks = 1; is_leaving(order_now(), tid); looks++) {
		const enum leaving_state state = look_at_leaving((int32_t)tid);

		stuck = state == LEAVING_STUCK ? stuck + 1 : 0;
		if (state == LEAVING_DONE || stuck > STUCK_MAX)
			return state;
		if (looks < QUICK_LOOKS)
			sched_yield();
		else
			syscall(SYS_nanosleep, &pause, NULL);
	}
	return LEAVING_BUSY;
}

/*
 * Takes the turn of the thread that is leaving over; false: somebody else has. One that waits for
 * another thread, which may wait for its turn, is not waited for: what it does from then on comes
 * too late in the trace.
 */
static bool order_inherit(int32_t tid, uint32_t seen)
{
	const uint32_t from = seen & ORDER_TID;
	const enum leaving_state state = wait_for_leaving(from);

	if (state == LEAVING_BUSY)
		return false;
	for (seen = order_now();
	     is_leaving(seen, from) &&
	     !__atomic_compare_exchange_n(&recorder.order, &seen, (uint32_t)tid | ORDER_WAITED,
					  false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);)
		;
	if (!is_leaving(seen, from))
		return false;
	raw_put(recorder.leaving, RAW_THREAD_EXIT, 0, 0, 0, ticks());
	if (state == LEAVING_DONE)
		threads_remove(recorder.leaving);
	else
		recorder.slot->early_exits++;
	recorder.leaving = NULL;
	return true;
}

static enum turn order_wait_for_others(int32_t tid)
{
	uint32_t waited = 0;

	for (;;) {
		for (int i = 0; i < SPINS; i++) {
			if (order_try(tid, waited))
				return TURN_TAKEN;
			relax();
		}
		const uint32_t seen = order_now();

		if (seen & ORDER_LEAVING) {
			if (order_inherit(tid, seen))
				return TURN_TAKEN;
		} else {
			order_sleep();
		}
		/* Others may sleep as well: whoever has slept wakes the next one. */
		waited = ORDER_WAITED;
	}
}

enum turn order_wait(int32_t tid, const struct thread *thread)
{
	const uint32_t seen = order_now();
	const int kept_errno = errno;

	if ((seen & ORDER_TID) == (uint32_t)tid &&
	    (!(seen & ORDER_LEAVING) || !thread || recorder.leaving == thread)) {
		if (!recorder.busy)
			return TURN_KEPT;
		/* Other allocators than glibc's map memory through the functions watched here. */
		recorder.slot->untold += recorder.is_glibc;
		return TURN_REFUSED;
	}
	const enum turn turn = order_wait_for_others(tid);

	errno = kept_errno;
	return turn;
}

/* From here on the turn is kept. */
void order_leave(struct thread *thread)
{
	recorder.leaving = thread;
	__atomic_fetch_or(&recorder.order, ORDER_LEAVING, __ATOMIC_RELEASE);
	futex_wake(INT_MAX);
}

bool order_is_leaving(int32_t tid)
{
	return is_leaving(order_now(), (uint32_t)tid);
}

bool order_stay(int32_t tid)
{
	for (uint32_t seen = order_now(); is_leaving(seen, (uint32_t)tid);) {
		if (__atomic_compare_exchange_n(&recorder.order, &seen,
						(uint32_t)tid | ORDER_WAITED, false,
						__ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
			return true;
	}
	return false;
}

/* As in a process that was just made: nobody's turn. */
void order_reset(void)
{
	recorder.order = 0;
	recorder.busy = false;
	recorder.leaving = NULL;
}
