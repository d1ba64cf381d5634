/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/assist.h"

#include <string.h>

#include "base/suggest.h"

static const struct {
	const char *name, *help;
	enum { ALLOWED_IF_LISTED, ALLOWED_IF_NAMED, ALLOWED_ALWAYS } when;
} assist_table[ASSIST_COUNT] = {
#define ASSIST(name, help) { #name, help, ALLOWED_IF_LISTED },
#define NAMED(name, help)  { #name, help, ALLOWED_IF_NAMED },
#define INPUT(name, help)  { #name, help, ALLOWED_ALWAYS },
#include "machine/assists.def"
#undef INPUT
#undef NAMED
#undef ASSIST
};

const char *assist_name(enum assist assist)
{
	return assist_table[assist].name;
}

const char *assist_help(enum assist assist)
{
	return assist_table[assist].help;
}

bool assists_any(const struct assists *assists)
{
	for (int i = 0; i < ASSIST_COUNT; i++)
		if (assists->allowed[i] && assist_table[i].when != ALLOWED_ALWAYS)
			return true;
	return false;
}

static int allow_one(struct assists *assists, const char *name, size_t length, struct error *err)
{
	char word[64];
	if (length >= sizeof(word))
		length = sizeof(word) - 1;
	memcpy(word, name, length);
	word[length] = '\0';

	struct suggestion near = { .word = word };
	for (int i = 0; i < ASSIST_COUNT; i++) {
		if (strcmp(word, assist_table[i].name) == 0) {
			assists->allowed[i] = true;
			return 0;
		}
		suggest_consider(&near, assist_table[i].name);
	}
	if (near.best)
		return error_set(err, ERROR_INPUT,
				 "--assist: unknown name '%s', did you mean '%s'?", word,
				 near.best);
	return error_set(err, ERROR_INPUT, "--assist: unknown name '%s'", word);
}

int assists_parse(struct assists *assists, const char *text, struct error *err)
{
	memset(assists, 0, sizeof(*assists));
	for (int i = 0; i < ASSIST_COUNT; i++)
		assists->allowed[i] = assist_table[i].when == ALLOWED_ALWAYS;
	if (!text || strcmp(text, "none") == 0)
		return 0;
	if (strcmp(text, "all") == 0) {
		for (int i = 0; i < ASSIST_COUNT; i++)
			assists->allowed[i] = assist_table[i].when != ALLOWED_IF_NAMED;
		return 0;
	}
	for (const char *at = text;;) {
		size_t length = strcspn(at, ",");
		if (allow_one(assists, at, length, err) != 0)
			return -1;
		if (!at[length])
			return 0;
		at += length + 1;
	}
}
