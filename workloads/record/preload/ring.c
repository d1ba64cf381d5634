/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "record/preload/preload.h"

enum {
	WAKE_EVERY = RING_RECORDS / 8,
	WAIT_NS = 20000000,
};

void ring_the_bell(void)
{
	__atomic_add_fetch(&recorder.control->bell, 1, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&recorder.control->asleep, __ATOMIC_SEQ_CST))
		syscall(SYS_futex, &recorder.control->bell, FUTEX_WAKE, 1, NULL, NULL, 0);
}

/* A process that has ended can still be a zombie, so asking for its id is not enough. */
static bool recorder_is_gone(void)
{
	const int fd = (int)syscall(SYS_pidfd_open, recorder.control->recorder, 0);
	struct pollfd p = { .fd = fd, .events = POLLIN };

	if (fd < 0)
		return errno == ESRCH;
	const bool gone = syscall(SYS_poll, &p, 1, 0) == 1;

	syscall(SYS_close, fd);
	return gone;
}

bool recorder_has_stopped(void)
{
	return __atomic_load_n(&recorder.control->stopped, __ATOMIC_RELAXED) || recorder_is_gone();
}

static uint64_t room(void)
{
	return RING_RECORDS -
	       (recorder.next - __atomic_load_n(&recorder.slot->tail, __ATOMIC_ACQUIRE));
}

/* The recorder is behind: nothing is lost, the program waits. */
static void wait_for_room(void)
{
	const uint64_t begin = ticks();

	while (room() < RING_RECORDS / 2) {
		const struct timespec wait = { .tv_nsec = WAIT_NS };
		const uint32_t seen = __atomic_load_n(&recorder.slot->room, __ATOMIC_SEQ_CST);

		__atomic_store_n(&recorder.slot->waiting, 1, __ATOMIC_SEQ_CST);
		if (room() >= RING_RECORDS / 2)
			break;
		ring_the_bell();
		const long woken =
			syscall(SYS_futex, &recorder.slot->room, FUTEX_WAIT, seen, &wait, NULL, 0);

		if (woken < 0 && errno == ETIMEDOUT && recorder_has_stopped()) {
			detach();
			break;
		}
	}
	__atomic_store_n(&recorder.slot->waiting, 0, __ATOMIC_RELAXED);
	recorder.slot->waits++;
	recorder.slot->waits_ticks += ticks() - begin;
}

void ring_attend(void)
{
	const int kept_errno = errno;

	if (room() < WAKE_EVERY + RING_MARGIN)
		wait_for_room();
	else
		ring_the_bell();
	recorder.limit = recorder.next + WAKE_EVERY;
	errno = kept_errno;
}
