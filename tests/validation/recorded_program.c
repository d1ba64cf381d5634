/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What record_test.py records: recorded_program NAME does one thing that a recorder has to follow.
 * Built without sanitizers, as they bring an allocator of their own.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <malloc.h>
#include <mcheck.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SLOTS = 128, PAGE = 4096 };

struct churn {
	uint64_t state;
	void *slots[SLOTS];
};

static uint64_t churn_next(struct churn *c)
{
	c->state ^= c->state << 13;
	c->state ^= c->state >> 7;
	c->state ^= c->state << 17;
	return c->state;
}

static void *any_block(uint64_t random, size_t bytes)
{
	void *block = NULL;

	switch (random % 8) {
	case 0:
		return calloc(1 + bytes / 8, 8);
	case 1:
		return memalign((size_t)32 << random / 8 % 8, bytes);
	case 2:
		return posix_memalign(&block, 256, bytes) == 0 ? block : NULL;
	case 3:
		return realloc(malloc(bytes / 2 + 1), bytes);
	case 4:
		return aligned_alloc(64, bytes);
	default:
		return malloc(bytes);
	}
}

static void churn(struct churn *c, int calls)
{
	for (int i = 0; i < calls; i++) {
		const uint64_t random = churn_next(c);
		void **slot = &c->slots[random % SLOTS];
		const size_t bytes =
			random % 199 ? random / SLOTS % 3000 : 100000 + random % 200000;

		free(*slot);
		*slot = any_block(random / 65536, bytes);
	}
}

static int rare_calls(void)
{
	struct churn c = { .state = 1 };
	void *volatile huge;

	churn(&c, 3000);
	mallopt(M_MXFAST, 0);
	churn(&c, 500);
	mallopt(M_MMAP_THRESHOLD, 64 << 10);
	churn(&c, 500);
	malloc_trim(0);
	free(valloc(100));
	free(pvalloc(5000));
	free(reallocarray(malloc(10), 20, 30));
	huge = malloc(PTRDIFF_MAX / 2);
	if (huge || sbrk(3 * PAGE) == (void *)-1)
		return 1;
	churn(&c, 3000);
	mallopt(M_TRIM_THRESHOLD, -1);
	mallopt(M_TOP_PAD, 1 << 20);
	if (sbrk(24) == (void *)-1)
		return 1;
	churn(&c, 3000);
	malloc_trim(100);
	return 0;
}

/* Something lies in the way of the break. */
static int stuck_break(void)
{
	struct churn c = { .state = 2 };

	churn(&c, 500);
	if (mmap((char *)sbrk(0) + 16 * PAGE, PAGE, PROT_NONE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == MAP_FAILED)
		return 1;
	mallopt(M_MMAP_THRESHOLD, 16 << 20);
	churn(&c, 20000);
	return 0;
}

/* What malloc has to refuse, by whichever of its names. */
static int refused_sizes(void)
{
	static const size_t sizes[] = { (size_t)1 << 42, (size_t)1 << 60, PTRDIFF_MAX, SIZE_MAX };
	struct churn c = { .state = 8 };
	void *volatile block;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		churn(&c, 300);
		if ((block = malloc(sizes[i] / 2 + ((size_t)1 << 47))) != NULL)
			return 1;
		churn(&c, 300);
		block = malloc(100);
		if (realloc(block, sizes[i] / 2 + ((size_t)1 << 47)))
			return 1;
		churn(&c, 300);
		if (memalign(64, sizes[i] / 2 + ((size_t)1 << 47)))
			return 1;
		free(block);
	}
	churn(&c, 1000);
	return 0;
}

static pthread_key_t destructed;
static pthread_mutex_t exchange_lock = PTHREAD_MUTEX_INITIALIZER;
static void *exchange[SLOTS];

static void *thread(void *number)
{
	struct churn c = { .state = 88172645463325252u * (1 + 2 * (uintptr_t)number) };

	pthread_setspecific(destructed, malloc(100));
	for (int i = 0; i < 50; i++) {
		churn(&c, 60);
		void **mine = &c.slots[churn_next(&c) % SLOTS];
		void **ours = &exchange[churn_next(&c) % SLOTS];

		pthread_mutex_lock(&exchange_lock);
		void *kept = *ours;
		*ours = *mine;
		*mine = kept;
		pthread_mutex_unlock(&exchange_lock);
	}
	for (int i = 0; i < SLOTS; i++)
		free(c.slots[i]);
	return NULL;
}

static int threads(void)
{
	pthread_attr_t detached;
	pthread_t ids[8], nobody;

	pthread_key_create(&destructed, free);
	pthread_attr_init(&detached);
	pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
	for (uintptr_t round = 0; round < 6; round++) {
		for (uintptr_t i = 0; i < 8; i++)
			pthread_create(&ids[i], NULL, thread, (void *)(round * 8 + i));
		pthread_create(&nobody, &detached, thread, (void *)(100 + round));
		free(malloc(1000));
		for (int i = 0; i < 8; i++)
			pthread_join(ids[i], NULL);
	}
	return 0;
}

static pthread_barrier_t all_are_here;

static void *wait_with_a_block(void *size)
{
	void *block = malloc((uintptr_t)size);

	pthread_barrier_wait(&all_are_here);
	free(block);
	return NULL;
}

/* More threads at once than there may be arenas. */
static int crowd(void)
{
	const unsigned count = 8 * (unsigned)get_nprocs() + 8;
	pthread_t *ids = malloc(count * sizeof(*ids));

	pthread_barrier_init(&all_are_here, NULL, count + 1);
	for (uintptr_t i = 0; ids && i < count; i++)
		if (pthread_create(&ids[i], NULL, wait_with_a_block, (void *)(16 * i + 24)) != 0)
			return 1;
	pthread_barrier_wait(&all_are_here);
	for (unsigned i = 0; ids && i < count; i++)
		pthread_join(ids[i], NULL);
	free(ids);
	return 0;
}

static int wait_for_all(void)
{
	int status, failed = 0;

	while (wait(&status) > 0)
		failed |= status;
	return failed;
}

/* A child with a child of its own, and one that only executes another program. */
static int forks(void)
{
	struct churn c = { .state = 3 };

	churn(&c, 2000);
	if (fork() == 0) {
		churn(&c, 1500);
		if (fork() == 0) {
			churn(&c, 700);
			_exit(0);
		}
		churn(&c, 300);
		_exit(wait_for_all() != 0);
	}
	if (fork() == 0) {
		free(c.slots[0]);
		execlp("true", "true", (char *)NULL);
		_exit(1);
	}
	churn(&c, 1000);
	const int failed = wait_for_all() || system("true");

	churn(&c, 100);
	return failed != 0;
}

/* The parent ends at once; its child goes on, and the C library has forked it itself. */
static int daemonised(void)
{
	struct churn c = { .state = 10 };

	churn(&c, 2000);
	if (daemon(1, 1))
		return 1;
	usleep(50000);
	churn(&c, 1000);
	return 0;
}

/* Children that are forked after others have ended, and free what their parent has. */
static int fork_after_fork(void)
{
	struct churn c = { .state = 11 };

	for (int i = 0; i < 4; i++) {
		churn(&c, 500);
		if (fork() == 0) {
			churn(&c, 400);
			_exit(0);
		}
		if (wait(NULL) < 0)
			return 1;
	}
	return 0;
}

/* A child that is process 1 of a namespace of its own; 77: that is not allowed here. */
static int first_of_namespace(void)
{
	struct churn c = { .state = 12 };

	churn(&c, 500);
	if (unshare(CLONE_NEWPID))
		return 77;
	if (fork() == 0) {
		churn(&c, 500);
		_exit(getpid() != 1);
	}
	return wait_for_all() != 0;
}

/* A fork while other threads allocate. */
static int fork_of_many(void)
{
	pthread_t ids[3];
	struct churn c = { .state = 4 };

	pthread_key_create(&destructed, free);
	for (uintptr_t i = 0; i < 3; i++)
		pthread_create(&ids[i], NULL, thread, (void *)i);
	churn(&c, 500);
	if (fork() == 0) {
		churn(&c, 500);
		_exit(0);
	}
	for (int i = 0; i < 3; i++)
		pthread_join(ids[i], NULL);
	return wait_for_all() != 0;
}

static int endless(void)
{
	struct churn c = { .state = 5 };

	churn(&c, 50000);
	if (write(STDOUT_FILENO, "ready\n", 6) < 0)
		return 1;
	for (;;) {
		churn(&c, 100);
		usleep(1000);
	}
}

/* What a program can see of being recorded: addresses of its heap, and open files. */
static int self(void)
{
	struct churn c = { .state = 6 };
	const char *heap = malloc(1);
	uint64_t sum = 0;

	churn(&c, 5000);
	for (int i = 0; i < SLOTS; i++)
		if (malloc_usable_size(c.slots[i]) < 50000)
			sum = sum * 31 + (uint64_t)((char *)c.slots[i] - heap);
	printf("%" PRIu64 "\n", sum);
	for (int fd = 0; fd < 1024; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			printf("%d ", fd);
	puts("");
	return 0;
}

/* What mtrace() sees: all of it, as it is called before. */
static int traced(void)
{
	struct churn c = { .state = 7 };

	if (getenv("MALLOC_TRACE"))
		mtrace();
	churn(&c, 3000);
	return 0;
}

/* 100 pages written, 50 read, by a mapping of the program's own. */
static int touches(void)
{
	volatile char *pages =
		mmap(NULL, 200 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char sum = 0;

	madvise((void *)(uintptr_t)pages, 200 * PAGE, MADV_NOHUGEPAGE);
	for (int i = 0; i < 100; i++)
		pages[i * PAGE] = 1;
	for (int i = 100; i < 150; i++)
		sum = (char)(sum + pages[i * PAGE]);
	printf("%p\n", (void *)(uintptr_t)pages);
	madvise((void *)(uintptr_t)pages, 100 * PAGE, MADV_DONTNEED);
	void *moved = mremap((void *)(uintptr_t)pages, 200 * PAGE, 400 * PAGE, MREMAP_MAYMOVE);

	return munmap(moved, 400 * PAGE) || sum;
}

/* Blocks small and mapped, all of them written; what the kernel counts of it. */
static int counted(void)
{
	enum { BLOCKS = 2000, BYTES = 3000, MAPPED_PAGES = 2560 };
	struct rusage usage;

	prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
	for (int i = 0; i < BLOCKS; i++)
		memset(malloc(BYTES), 1, BYTES);
	memset(malloc(MAPPED_PAGES * PAGE), 1, MAPPED_PAGES * PAGE);
	getrusage(RUSAGE_SELF, &usage);
	printf("%ld\n", usage.ru_minflt);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(void);
	} things[] = {
		{ "rare_calls", rare_calls },
		{ "stuck_break", stuck_break },
		{ "refused_sizes", refused_sizes },
		{ "daemonised", daemonised },
		{ "fork_after_fork", fork_after_fork },
		{ "first_of_namespace", first_of_namespace },
		{ "threads", threads },
		{ "crowd", crowd },
		{ "forks", forks },
		{ "endless", endless },
		{ "fork_of_many", fork_of_many },
		{ "self", self },
		{ "touches", touches },
		{ "counted", counted },
		{ "traced", traced },
	};

	for (size_t i = 0; argc == 2 && i < sizeof(things) / sizeof(things[0]); i++)
		if (strcmp(argv[1], things[i].name) == 0)
			return things[i].run();
	return 2;
}
