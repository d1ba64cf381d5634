/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/text_pool.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_BYTES = 4096 };

struct text_chunk {
	struct text_chunk *older;
	size_t used, size;
	char bytes[];
};

static char *take(struct text_pool *pool, size_t size)
{
	struct text_chunk *chunk = pool->newest;
	if (!chunk || chunk->size - chunk->used < size) {
		size_t room = size > CHUNK_BYTES ? size : CHUNK_BYTES;
		chunk = malloc(sizeof(*chunk) + room);
		if (!chunk)
			return NULL;
		*chunk = (struct text_chunk){ .older = pool->newest, .size = room };
		pool->newest = chunk;
	}
	char *bytes = chunk->bytes + chunk->used;
	chunk->used += size;
	return bytes;
}

const char *text_pool_add_part(struct text_pool *pool, const char *text, size_t length)
{
	char *copy = take(pool, length + 1);
	if (!copy)
		return NULL;
	memcpy(copy, text, length);
	copy[length] = '\0';
	return copy;
}

const char *text_pool_add(struct text_pool *pool, const char *text)
{
	return text_pool_add_part(pool, text, strlen(text));
}

const char *text_pool_format(struct text_pool *pool, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int length = vsnprintf(NULL, 0, format, args);
	va_end(args);
	char *text = length >= 0 ? take(pool, (size_t)length + 1) : NULL;
	if (!text)
		return NULL;
	va_start(args, format);
	vsnprintf(text, (size_t)length + 1, format, args);
	va_end(args);
	return text;
}

void text_pool_free(struct text_pool *pool)
{
	while (pool->newest) {
		struct text_chunk *older = pool->newest->older;
		free(pool->newest);
		pool->newest = older;
	}
}
