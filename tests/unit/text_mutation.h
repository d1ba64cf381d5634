/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Damage to text, drawn from a generator: bytes changed, pieces gone, repeated or overwritten. */
#ifndef SLABYARD_TESTS_TEXT_MUTATION_H
#define SLABYARD_TESTS_TEXT_MUTATION_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/rng.h"

struct text_mutation {
	const char *alphabet; /* bytes that are put in; a 0 may be among them */
	size_t alphabet_length;
	uint64_t edits_max, span_max; /* at most so many edits, below so many bytes each */
	size_t text_max;              /* what the buffer holds */
};

/* The new length, which is never 0. */
static inline size_t text_mutate(const struct text_mutation *m, struct rng *rng, char *text,
				 size_t length)
{
	for (uint64_t n = 1 + rng_below(rng, m->edits_max); n; n--) {
		const size_t at = (size_t)rng_below(rng, length);
		const char random = m->alphabet[rng_below(rng, m->alphabet_length)];
		size_t span = (size_t)rng_below(rng, m->span_max);

		if (at + span > length)
			span = length - at;
		switch (rng_below(rng, 4)) {
		case 0:
			text[at] = random;
			break;
		case 1: /* a piece goes */
			memmove(text + at, text + at + span, length - at - span);
			length -= span;
			break;
		case 2: /* a piece comes twice */
			if (length + span > m->text_max)
				break;
			memmove(text + at + span, text + at, length - at);
			length += span;
			break;
		default:
			memset(text + at, random, span);
		}
		if (length == 0)
			text[length++] = '\n';
	}
	return length;
}

#endif
