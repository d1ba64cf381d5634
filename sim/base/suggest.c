/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/suggest.h"

#include <stdbool.h>
#include <string.h>

enum { NAME_MAX_LENGTH = 63 };

static size_t min3(size_t a, size_t b, size_t c)
{
	size_t least = a < b ? a : b;
	return least < c ? least : c;
}

/* Edit distance where swapping two neighbours counts once (optimal string alignment). */
static size_t distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
	size_t rows[3][NAME_MAX_LENGTH + 1];
	size_t *before = rows[0], *previous = rows[1], *row = rows[2];

	for (size_t j = 0; j <= b_length; j++)
		previous[j] = j;
	for (size_t i = 1; i <= a_length; i++) {
		row[0] = i;
		for (size_t j = 1; j <= b_length; j++) {
			size_t change = previous[j - 1] + (a[i - 1] != b[j - 1]);
			row[j] = min3(previous[j] + 1, row[j - 1] + 1, change);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    before[j - 2] + 1 < row[j])
				row[j] = before[j - 2] + 1;
		}
		size_t *oldest = before;
		before = previous;
		previous = row;
		row = oldest;
	}
	return previous[b_length];
}

/* All that is missing are the name's last words. */
static bool lacks_words(const char *word, size_t length, const char *candidate)
{
	return length > 2 && strncmp(candidate, word, length) == 0 && candidate[length] &&
	       strchr("-_.", candidate[length]);
}

void suggest_consider(struct suggestion *s, const char *candidate)
{
	size_t word_length = strlen(s->word), length = strlen(candidate);

	if (word_length > NAME_MAX_LENGTH || length > NAME_MAX_LENGTH)
		return;
	size_t d = distance(s->word, word_length, candidate, length);
	if (lacks_words(s->word, word_length, candidate))
		d = 1;
	if (d > 1 + word_length / 4 || d >= length)
		return;
	if (s->best && d >= s->distance)
		return;
	s->best = candidate;
	s->distance = d;
}
