/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Looking at the first lines of an input for what only one tool prints. */
#ifndef SLABYARD_IMPORT_RECOGNISE_H
#define SLABYARD_IMPORT_RECOGNISE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

enum { RECOGNISED_LINES = 64 };

/* Where the line behind `p` begins, or `end`. */
static inline const char *recognise_next(const char *p, const char *end)
{
	const char *newline = memchr(p, '\n', (size_t)(end - p));

	return newline ? newline + 1 : end;
}

/* Whether one of the first lines holds one of the texts. */
static inline bool recognise_any(const char *bytes, size_t length, const char *const *texts,
				 size_t count)
{
	const char *end = bytes + length, *p = bytes;

	for (int lines = 0; p < end && lines < RECOGNISED_LINES; lines++) {
		const char *next = recognise_next(p, end);

		for (size_t i = 0; i < count; i++)
			if (memmem(p, (size_t)(next - p), texts[i], strlen(texts[i])))
				return true;
		p = next;
	}
	return false;
}

#endif
