/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/setting_names.h"

#include <stdbool.h>
#include <string.h>

/* The last part of the path that a word begins with. */
static const char *last_name(const char *word, size_t *length)
{
	const char *name = word, *end = word + strcspn(word, "= ");
	for (const char *at = word; at < end; at++)
		name = *at == '.' ? at + 1 : name;
	*length = (size_t)(end - name);
	return name;
}

static const char *next_word(const char *word)
{
	word += strcspn(word, " ");
	return word + strspn(word, " ");
}

static bool ends_alike(const char *label)
{
	for (const char *a = label; *a; a = next_word(a))
		for (const char *b = next_word(a); *b; b = next_word(b)) {
			size_t of_a, of_b;
			const char *name_a = last_name(a, &of_a), *name_b = last_name(b, &of_b);
			if (of_a == of_b && strncmp(name_a, name_b, of_a) == 0)
				return true;
		}
	return false;
}

const char *setting_names_short(const char *label, char *text, size_t size)
{
	size_t used = 0, length;
	if (strlen(label) >= size || ends_alike(label))
		return label;
	for (const char *word = label; *word; word = next_word(word)) {
		const char *name = last_name(word, &length);
		length = strcspn(name, " ");
		if (used)
			text[used++] = ' ';
		memcpy(text + used, name, length);
		used += length;
	}
	text[used] = 0;
	return text;
}
