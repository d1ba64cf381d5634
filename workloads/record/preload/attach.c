/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Taking a slot of the recorder's memory, at the first call of a program or in a forked child.
 * Whatever is in the way of that (no recorder, no right, no room) only means that the process is
 * not recorded.
 */
#include <errno.h>
#include <fcntl.h>
#include <gnu/libc-version.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "record/preload/preload.h"

enum {
	TICK_TRIALS = 16,
	SLOT_TRIALS = 2000,
	SLOT_WAIT_NS = 1000000,
};

static const uint32_t not_alive;

struct recorder recorder = { .alive = &not_alive };

static uint32_t *guard; /* a page of its own, zeros in every child */
static bool tried;
static uint32_t malloc_kind;
static char malloc_owner[SHARED_NAME];
static struct call fork_call;
static bool fork_is_told;

/* The C library's own mmap() may be one of those that are watched. */
static void *map_pages(size_t bytes, int flags, int fd, uint64_t offset)
{
	return (void *)syscall(SYS_mmap, NULL, bytes, PROT_READ | PROT_WRITE, flags, fd, offset);
}

static bool is_recorder_memory(const struct shared_control *control)
{
	return memcmp(control->magic, SHARED_MAGIC, sizeof(control->magic)) == 0 &&
	       control->version == SHARED_VERSION && control->slots == SHARED_SLOTS &&
	       control->ring_records == RING_RECORDS && !control->stopped;
}

/* A slot that was free, or SHARED_SLOTS. */
static uint32_t find_slot(struct shared_control *control)
{
	for (uint32_t i = 0; i < SHARED_SLOTS; i++) {
		uint8_t state = SLOT_FREE;

		if (__atomic_compare_exchange_n(&control->slot_state[i], &state, SLOT_TAKEN, false,
						__ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
			return i;
	}
	return SHARED_SLOTS;
}

/*
 * Where many short-lived processes end faster than the recorder writes their traces, this one
 * waits; not for ever, as there may be that many that live.
 */
static uint32_t take_slot(struct shared_control *control)
{
	const struct timespec wait = { .tv_nsec = SLOT_WAIT_NS };
	uint32_t slot = find_slot(control);

	for (int i = 0; slot == SHARED_SLOTS && i < SLOT_TRIALS && !recorder_has_stopped(); i++) {
		ring_the_bell();
		syscall(SYS_nanosleep, &wait, NULL);
		slot = find_slot(control);
	}
	if (slot == SHARED_SLOTS)
		__atomic_add_fetch(&control->refused, 1, __ATOMIC_RELAXED);
	return slot;
}

static void give_slot_back(struct shared_control *control, uint32_t slot)
{
	__atomic_store_n(&control->slot_state[slot], SLOT_FREE, __ATOMIC_RELEASE);
}

static struct shared_control *map_control(int fd)
{
	struct shared_control *control = map_pages(SHARED_PAGE, MAP_SHARED, fd, 0);

	if (control == MAP_FAILED)
		return NULL;
	if (is_recorder_memory(control))
		return control;
	syscall(SYS_munmap, control, SHARED_PAGE);
	return NULL;
}

/* Pages of the same file as the control page, without the file: mremap() of a length of 0. */
static struct shared_slot *map_slot_again(struct shared_control *control, uint32_t slot)
{
	const size_t offset = slot_offset(slot);
	char *all = (char *)syscall(SYS_mremap, control, 0, offset + SLOT_BYTES, MREMAP_MAYMOVE);

	if (all == MAP_FAILED)
		return NULL;
	syscall(SYS_munmap, all, offset);
	return (struct shared_slot *)(all + offset);
}

static uint64_t measure_ticks(void)
{
	uint64_t least = UINT64_MAX;

	for (int i = 0; i < TICK_TRIALS; i++) {
		const uint64_t begin = ticks(), took = ticks() - begin;

		least = took < least ? took : least;
	}
	return least;
}

static size_t add_text(char *to, size_t size, size_t length, const char *text, size_t bytes)
{
	if (length + bytes + 2 > size)
		return length;
	if (length)
		to[length++] = ':';
	memcpy(to + length, text, bytes);
	to[length + bytes] = '\0';
	return length + bytes;
}

/* Of the environment, what glibc's malloc heeds, as tunables: older variables have names there. */
static void tell_tunables(char *to, size_t size)
{
	static const struct {
		const char *variable, *tunable;
	} names[] = {
		{ "MALLOC_ARENA_MAX", "arena_max" },
		{ "MALLOC_ARENA_TEST", "arena_test" },
		{ "MALLOC_TRIM_THRESHOLD_", "trim_threshold" },
		{ "MALLOC_TOP_PAD_", "top_pad" },
		{ "MALLOC_MMAP_THRESHOLD_", "mmap_threshold" },
		{ "MALLOC_MMAP_MAX_", "mmap_max" },
	};
	const char *given = getenv("GLIBC_TUNABLES");
	size_t length = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *value = getenv(names[i].variable);
		char text[SHARED_NAME];
		const int made = value ? snprintf(text, sizeof(text), "glibc.malloc.%s=%s",
						  names[i].tunable, value)
				       : 0;

		if (made > 0 && (size_t)made < sizeof(text))
			length = add_text(to, size, length, text, (size_t)made);
	}
	while (given && *given) {
		const size_t bytes = strcspn(given, ":");

		if (strncmp(given, "glibc.malloc.", strlen("glibc.malloc.")) == 0)
			length = add_text(to, size, length, given, bytes);
		given += bytes + (given[bytes] == ':');
	}
}

static uint64_t pid_namespace(void)
{
	struct stat info;

	return stat("/proc/self/ns/pid", &info) ? 0 : info.st_ino;
}

static void fill_slot(struct shared_slot *slot)
{
	memset(slot, 0, sizeof(*slot));
	slot->pid = recorder.pid;
	slot->attached_ticks = ticks();
	slot->parent_slot = SHARED_SLOTS;
	slot->pid_namespace = pid_namespace();
	slot->brk0 = recorder.brk0;
	slot->brk = recorder.brk;
	slot->cpus = (uint32_t)get_nprocs();
	slot->other_malloc = malloc_kind;
	memcpy(slot->malloc_owner, malloc_owner, sizeof(malloc_owner));
	strncpy(slot->libc_version, gnu_get_libc_version(), sizeof(slot->libc_version) - 1);
	tell_tunables(slot->tunables, sizeof(slot->tunables));
	prctl(PR_GET_NAME, slot->comm);
	if (readlink("/proc/self/exe", slot->executable, sizeof(slot->executable) - 1) < 0)
		slot->executable[0] = '\0';
}

/* Everything is there: from here on calls are recorded. */
static void go_live(uint32_t index, struct shared_slot *slot)
{
	recorder.slot = slot;
	recorder.ring = (struct raw_record *)((char *)slot + SHARED_PAGE);
	recorder.slot_index = index;
	recorder.next = 0;
	recorder.next_sample = SAMPLE_EVERY;
	recorder.limit = 0;
	*guard = 1;
	recorder.alive = guard;
}

static void announce(void)
{
	struct shared_control *control = recorder.control;

	recorder.slot->number = __atomic_add_fetch(&control->attached, 1, __ATOMIC_SEQ_CST);
	__atomic_store_n(&control->slot_state[recorder.slot_index], SLOT_LIVE, __ATOMIC_RELEASE);
	__atomic_add_fetch(&control->taken, 1, __ATOMIC_SEQ_CST);
}

void detach(void)
{
	*guard = 0;
}

/* Until then the recorder does not take the end of the others for the end of all. */
void fork_is_settled(void)
{
	__atomic_add_fetch(&recorder.control->settled, 1, __ATOMIC_SEQ_CST);
}

static void fork_begins(void)
{
	fork_is_told = *recorder.alive && call_begin(&fork_call);
	if (!fork_is_told)
		return;
	fork_call.thread->fork_serial = ++recorder.fork_serial;
	__atomic_add_fetch(&recorder.control->forks, 1, __ATOMIC_SEQ_CST);
	call_put(&fork_call, RAW_FORK, recorder.fork_serial, 0, 0);
	/* The turn is kept until the parent goes on. */
	const bool kept = fork_call.kept;

	fork_call.kept = true;
	call_end(&fork_call);
	fork_call.kept = kept;
}

static void parent_goes_on(void)
{
	if (fork_is_told)
		order_give(&fork_call);
}

static void child_begins(void)
{
	const int kept_errno = errno;

	if (fork_is_told) {
		attach_child(fork_call.thread);
		fork_is_settled();
	}
	errno = kept_errno;
}

/* A page that reads as zeros in a child, even in one made by clone(2) behind our back. */
static bool make_guard(void)
{
	guard = map_pages(SHARED_PAGE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (guard == MAP_FAILED)
		return false;
	return syscall(SYS_madvise, guard, SHARED_PAGE, MADV_WIPEONFORK) == 0;
}

static void begin_process(void)
{
	recorder.pid = getpid();
	recorder.clock = recorder.control->clock;
	order_reset();
}

static bool attach_by_path(const char *path)
{
	const int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0);

	if (fd < 0)
		return false;
	recorder.control = map_control(fd);
	syscall(SYS_close, fd);
	if (!recorder.control || !make_guard() || !threads_begin())
		return false;
	const uint32_t index = take_slot(recorder.control);

	if (index == SHARED_SLOTS)
		return false;
	struct shared_slot *slot = map_slot_again(recorder.control, index);

	if (!slot) {
		give_slot_back(recorder.control, index);
		return false;
	}
	begin_process();
	sbrk(0); /* the C library asks the kernel when it has not yet */
	recorder.brk0 = recorder.brk = break_now();
	fill_slot(slot);
	go_live(index, slot);
	recorder.tick_cost = measure_ticks();
	announce();
	return pthread_atfork(fork_begins, parent_goes_on, child_begins) == 0;
}

/* In the child of a fork, in its one thread. */
void attach_child(struct thread *thread)
{
	const uint32_t parent = recorder.slot_index;
	const pid_t parent_pid = recorder.pid;
	const uint32_t index = take_slot(recorder.control);

	syscall(SYS_munmap, recorder.slot, SLOT_BYTES);
	recorder.alive = &not_alive;
	if (index == SHARED_SLOTS)
		return;
	struct shared_slot *slot = map_slot_again(recorder.control, index);

	if (!slot) {
		give_slot_back(recorder.control, index);
		return;
	}
	begin_process();
	fill_slot(slot);
	slot->parent_slot = parent;
	slot->parent_pid = parent_pid;
	slot->fork_serial = thread->fork_serial;
	go_live(index, slot);
	threads_forget_others(thread);
	threads_tell(thread, ticks());
	__atomic_store_n(&slot->head, recorder.next, __ATOMIC_RELEASE);
	announce();
}

/* Called as long as nothing is alive: before the first try, after a vain one, in a lost child. */
bool attach(void)
{
	const int kept_errno = errno;

	if (tried)
		return false;
	tried = true;
	const char *path = getenv(SHARED_ENVIRONMENT);

	malloc_kind = allocator_find(malloc_owner, sizeof(malloc_owner));
	recorder.is_glibc = malloc_kind != MALLOC_REPLACED;
	const bool attached = path && attach_by_path(path);

	if (attached)
		processes_begin(path);

	errno = kept_errno;
	return attached;
}

/* A program that never allocates is recorded too. */
__attribute__((constructor)) static void begin(void)
{
	attach();
}
