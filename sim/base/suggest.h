/* SPDX-License-Identifier: GPL-3.0-or-later */
/* "did you mean": the nearest known name to a mistyped one. */
#ifndef SLABYARD_BASE_SUGGEST_H
#define SLABYARD_BASE_SUGGEST_H

#include <stddef.h>

/*
 * Keeps the candidate nearest to `word` by edit distance; one that goes on after it with '-', '_'
 * or
 * '.' is one edit away. Start with {word}.
 */
struct suggestion {
	const char *word;
	const char *best; /* NULL: nothing near enough */
	size_t distance;
};

void suggest_consider(struct suggestion *s, const char *candidate);

#endif
