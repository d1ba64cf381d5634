/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An allocator that is not the C library's: built as a library to be preloaded, and into a program
 * of its own. It gives out memory and takes none back.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { POOL_BYTES = 64 << 20, ALIGNMENT = 16 };

static char pool[POOL_BYTES] __attribute__((aligned(ALIGNMENT)));
static size_t used;

void *malloc(size_t bytes)
{
	const size_t all = ALIGNMENT + (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	char *block = pool + used;

	if (all > POOL_BYTES - used)
		return NULL;
	used += all;
	memcpy(block, &bytes, sizeof(bytes));
	return block + ALIGNMENT;
}

void free(void *block)
{
	(void)block;
}

void *calloc(size_t count, size_t bytes)
{
	return malloc(count * bytes);
}

void *realloc(void *block, size_t bytes)
{
	size_t old = 0;
	void *moved = malloc(bytes);

	if (block)
		memcpy(&old, (char *)block - ALIGNMENT, sizeof(old));
	if (moved && block)
		memcpy(moved, block, old < bytes ? old : bytes);
	return moved;
}

/* Of the program only: whether its blocks are from here. */
int main(void)
{
	const char *block = malloc(100);

	return block < pool || block >= pool + POOL_BYTES;
}
