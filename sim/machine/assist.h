/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Assists: recorded facts that a replay may use instead of predicting them, named on the command
 * line. Every use is counted and stands in the result, so that nobody takes help for prediction.
 */
#ifndef SLABYARD_MACHINE_ASSIST_H
#define SLABYARD_MACHINE_ASSIST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

enum assist {
#define ASSIST(name, help) ASSIST_NAMED_##name,
#define NAMED(name, help)  ASSIST_NAMED_##name,
#define INPUT(name, help)  ASSIST_NAMED_##name,
#include "machine/assists.def"
#undef INPUT
#undef NAMED
#undef ASSIST
	ASSIST_COUNT
};

struct assists {
	bool allowed[ASSIST_COUNT];
	uint64_t used[ASSIST_COUNT];
};

const char *assist_name(enum assist assist);
const char *assist_help(enum assist assist);

/* "none", "all" (but those that must be named) or names with commas between; NULL is none. */
int assists_parse(struct assists *assists, const char *text, struct error *err);
/* Some assist is allowed; inputs, which always are, do not count. */
bool assists_any(const struct assists *assists);

/* True when the fact may be used; counts the use. */
static inline bool assist_use(struct assists *assists, enum assist assist)
{
	if (!assists->allowed[assist])
		return false;
	assists->used[assist]++;
	return true;
}

#endif
