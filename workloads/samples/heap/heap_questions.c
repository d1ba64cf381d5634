/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The programs behind the experiments on the C library: what it does with memory that is freed.
 * All that is allocated is what is told here, and all of it is written. The argument says which:
 *
 *   reuse       1 MB allocated and freed, four times
 *   realtime    1000 blocks of 100 kB allocated and freed, and again: the phase with a deadline
 *   mapped      the same with 100 blocks of 1 MB
 *   pinned      1000 blocks of 100 kB and a small one on top of them; the large ones are freed
 *   ascending   10,000 blocks of 200 bytes, freed from the lowest address to the highest
 *   descending  the same, freed from the highest address to the lowest
 *
 * Between freeing and what follows it sleeps for a second: time for policies that go by it.
 * Under `slabyard record` its marks go into the trace. Alone it prints at each of them what the
 * kernel says of the process, for simulations to be held against.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

/* The recorder's; absent without it. */
void slabyard_mark(unsigned number) __attribute__((weak));

static char *brk0;

/* Of /proc/self/smaps_rollup, which counts page by page (status lags), read without a heap. */
static long anonymous_kb(void)
{
	static const char name[] = "Anonymous:";
	char text[4096];
	const int file = open("/proc/self/smaps_rollup", O_RDONLY);
	const ssize_t got = file < 0 ? -1 : read(file, text, sizeof(text) - 1);

	if (file >= 0)
		close(file);
	if (got < 0)
		return -1;
	text[got] = '\0';
	const char *line = strstr(text, name);

	return line ? strtol(line + strlen(name), NULL, 10) : -1;
}

static void mark(unsigned number)
{
	char line[160];
	struct rusage usage;

	if (slabyard_mark) {
		slabyard_mark(number);
		return;
	}
	getrusage(RUSAGE_SELF, &usage);
	const int length = snprintf(
		line, sizeof(line), "mark %u: heap %ld bytes, anonymous %ld kB, %ld minor faults\n",
		number, (long)((char *)sbrk(0) - brk0), anonymous_kb(), usage.ru_minflt);

	if (write(STDOUT_FILENO, line, (size_t)length) != length)
		exit(1);
}

static void idle(unsigned number)
{
	usleep(1000000);
	mark(number);
}

static void *written(size_t bytes)
{
	void *block = malloc(bytes);

	if (!block)
		exit(1);
	return memset(block, 1, bytes);
}

static void reuse(void)
{
	for (unsigned round = 1; round <= 4; round++) {
		free(written(1000000));
		mark(round);
	}
}

/* The list of blocks is no block of the heap. */
static void *blocks[10000];

static void allocate(int count, size_t bytes)
{
	for (int i = 0; i < count; i++)
		blocks[i] = written(bytes);
}

static void free_ascending(int count)
{
	for (int i = 0; i < count; i++)
		free(blocks[i]);
}

static void free_descending(int count)
{
	for (int i = count - 1; i >= 0; i--)
		free(blocks[i]);
}

static void two_phases(int count, size_t bytes)
{
	for (unsigned phase = 0; phase < 2; phase++) {
		allocate(count, bytes);
		mark(3 * phase + 1);
		free_ascending(count);
		mark(3 * phase + 2);
		idle(3 * phase + 3);
	}
}

static void pinned(void)
{
	allocate(1000, 100000);
	written(2000);
	mark(1);
	free_ascending(1000);
	mark(2);
	idle(3);
}

static void in_order(void (*free_all)(int count))
{
	allocate(10000, 200);
	mark(1);
	free_all(10000);
	mark(2);
	idle(3);
}

int main(int argc, char **argv)
{
	const char *which = argc == 2 ? argv[1] : "";

	prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0); /* pages of 4 KiB */
	brk0 = sbrk(0);
	memset(blocks, 0, sizeof(blocks));
	mark(0);
	if (!strcmp(which, "reuse"))
		reuse();
	else if (!strcmp(which, "realtime"))
		two_phases(1000, 100000);
	else if (!strcmp(which, "mapped"))
		two_phases(100, 1000000);
	else if (!strcmp(which, "pinned"))
		pinned();
	else if (!strcmp(which, "ascending"))
		in_order(free_ascending);
	else if (!strcmp(which, "descending"))
		in_order(free_descending);
	else
		return dprintf(STDERR_FILENO, "usage: heap_questions WHICH\n") < 0 ? 3 : 2;
	return 0;
}
