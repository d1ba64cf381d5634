/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libc_oracle FILE SEED CALLS THREADS: makes the calls of a script to the C library that this
 * machine has, and writes down what they return; at the end what malloc_info and malloc_stats print
 * goes to FILE.info and FILE.stats. It is a program of its own so that nothing else, no sanitizer
 * and no buffered output, uses the heap.
 */
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <unistd.h>

#include "libc_script.h"

struct worker {
	pthread_t thread;
	sem_t go, done;
	int runs;
	const struct script_step *step; /* NULL: the thread is to end */
	void *result;
};

static void *slots[SCRIPT_SLOTS];
static struct worker workers[SCRIPT_THREADS_MAX];

/* A slot that is in use is freed before it is filled again. */
static void *carry_out(const struct script_step *step)
{
	void **slot = &slots[step->slot];
	void *moved;

	switch (step->call) {
	case SCRIPT_MALLOC:
		free(*slot);
		return *slot = malloc(step->size);
	case SCRIPT_CALLOC:
		free(*slot);
		return *slot = calloc(1, step->size);
	case SCRIPT_MEMALIGN:
		free(*slot);
		return *slot = memalign(step->alignment, step->size);
	case SCRIPT_REALLOC:
		moved = realloc(*slot, step->size);
		if (moved || !step->size)
			*slot = moved;
		return moved;
	case SCRIPT_FREE:
		free(*slot);
		*slot = NULL;
		return NULL;
	case SCRIPT_MALLOPT:
		mallopt(step->parameter, step->value);
		return NULL;
	case SCRIPT_MALLOC_TRIM:
		malloc_trim(step->size);
		return NULL;
	case SCRIPT_SBRK:
		sbrk((intptr_t)step->size);
		return NULL;
	default:
		return NULL;
	}
}

static void *work(void *argument)
{
	struct worker *w = argument;

	for (;;) {
		sem_wait(&w->go);
		if (!w->step)
			return NULL;
		w->result = carry_out(w->step);
		sem_post(&w->done);
	}
}

/* Stacks are small, so that all are kept for the next thread and none is ever unmapped. */
static void start(struct worker *w)
{
	pthread_attr_t attributes;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, 65536);
	sem_init(&w->go, 0, 0);
	sem_init(&w->done, 0, 0);
	if (pthread_create(&w->thread, &attributes, work, w))
		_exit(3);
	w->runs = 1;
}

static void stop(struct worker *w)
{
	if (!w->runs)
		return;
	w->step = NULL;
	sem_post(&w->go);
	pthread_join(w->thread, NULL);
	w->runs = 0;
}

/* The next growth of the heap but a small one runs into it. */
static void put_obstacle(void)
{
	const uintptr_t end = ((uintptr_t)sbrk(0) + 4095) & ~(uintptr_t)4095;

	if (mmap((void *)(end + SCRIPT_OBSTACLE_BYTES), 4096, PROT_NONE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == MAP_FAILED)
		_exit(5);
}

/* The child goes on; its parent ends as it does. */
static void go_on_in_child(void)
{
	int status;
	const pid_t child = fork();

	if (child > 0 && waitpid(child, &status, 0) == child)
		_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 6);
	if (child != 0)
		_exit(7);
	for (int i = 0; i < SCRIPT_THREADS_MAX; i++)
		workers[i].runs = 0;
}

static void *on_thread(const struct script_step *step)
{
	struct worker *w = &workers[step->thread];

	if (step->call == SCRIPT_THREAD_EXIT) {
		stop(w);
		return NULL;
	}
	if (step->call == SCRIPT_OBSTACLE)
		put_obstacle();
	if (step->call == SCRIPT_FORK)
		go_on_in_child();
	if (step->thread == 0)
		return carry_out(step);
	if (!w->runs)
		start(w);
	w->step = step;
	sem_post(&w->go);
	sem_wait(&w->done);
	return w->result;
}

/* In memory that is there before the first call, so that all faults counted are the heap's. */
static struct script_report *make_report(size_t bytes)
{
	void *report = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (report == MAP_FAILED)
		_exit(2);
	return report;
}

static void write_report(const char *path, const void *report, size_t bytes)
{
	const int fd = open(path, O_WRONLY);

	for (size_t written = 0; written < bytes;) {
		const ssize_t n = write(fd, (const char *)report + written, bytes - written);

		if (n <= 0)
			_exit(4);
		written += (size_t)n;
	}
	close(fd);
}

static uint64_t faults(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (uint64_t)usage.ru_minflt;
}

/* Through streams that are there anyway, with buffers that are not on the heap. */
static void describe(const char *path)
{
	static char buffer[1 << 16], name[4096];
	static const char *const suffixes[] = { ".info", ".stats" };

	setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
	for (int i = 0; i < 2; i++) {
		snprintf(name, sizeof(name), "%s%s", path, suffixes[i]);
		const int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

		if (fd < 0 || dup2(fd, i == 0 ? STDOUT_FILENO : STDERR_FILENO) < 0)
			_exit(8);
	}
	malloc_info(0, stdout);
	fflush(stdout);
	malloc_stats();
}

int main(int argc, char **argv)
{
	if (argc != 5)
		return 2;
	const uint64_t calls = strtoull(argv[3], NULL, 10);
	const uint32_t threads = (uint32_t)strtoul(argv[4], NULL, 10);
	const size_t bytes = sizeof(struct script_report) + calls * sizeof(struct script_outcome);
	struct script_report *report = make_report(bytes);
	struct script script;

	script_begin(&script, strtoull(argv[2], NULL, 10), threads);
	report->cpus = (uint64_t)get_nprocs();
	report->brk0 = (uint64_t)(uintptr_t)sbrk(0);
	for (uint32_t i = 1; i < threads; i++)
		start(&workers[i]);
	report->faults = faults();
	for (uint64_t i = 0; i < calls; i++) {
		const struct script_step step = script_next(&script);
		void *block = on_thread(&step);

		report->outcomes[i] = (struct script_outcome){
			.block = (uint64_t)(uintptr_t)block,
			.size_field = block ? ((const size_t *)block)[-1] : 0,
			.break_end = (uint64_t)(uintptr_t)sbrk(0),
		};
	}
	report->faults = faults() - report->faults;
	describe(argv[1]);
	write_report(argv[1], report, bytes);
	_exit(0);
}
