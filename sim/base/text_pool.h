/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Strings that live together and are freed together. */
#ifndef SLABYARD_BASE_TEXT_POOL_H
#define SLABYARD_BASE_TEXT_POOL_H

#include <stddef.h>

/* Zeroed: empty. */
struct text_pool {
	struct text_chunk *newest;
};

/* Each returns a copy that lives as long as the pool, NULL when memory is out. */
const char *text_pool_add(struct text_pool *pool, const char *text);
const char *text_pool_add_part(struct text_pool *pool, const char *text, size_t length);
const char *text_pool_format(struct text_pool *pool, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

void text_pool_free(struct text_pool *pool);

#endif
