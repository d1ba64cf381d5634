/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Preloaded, makes every allocation fail after the first FAILING_MALLOC_AFTER ones (all succeed
 * without), as on a host whose memory is out; says at the end how many there were.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);

static uint64_t limit = UINT64_MAX, count;

__attribute__((constructor)) static void begin(void)
{
	const char *after = getenv("FAILING_MALLOC_AFTER");

	if (after)
		limit = strtoull(after, NULL, 10);
	count = 0;
}

__attribute__((destructor)) static void end(void)
{
	const char *path = getenv("FAILING_MALLOC_COUNT");
	uint64_t counted = count;

	limit = UINT64_MAX;
	if (!path)
		return;
	FILE *out = fopen(path, "w");
	if (out) {
		fprintf(out, "%llu\n", (unsigned long long)counted);
		fclose(out);
	}
}

static int fails(void)
{
	if (__atomic_add_fetch(&count, 1, __ATOMIC_RELAXED) <= limit)
		return 0;
	errno = ENOMEM;
	return 1;
}

void *malloc(size_t size)
{
	return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t number, size_t size)
{
	return fails() ? NULL : __libc_calloc(number, size);
}

void *realloc(void *block, size_t size)
{
	return fails() ? NULL : __libc_realloc(block, size);
}
