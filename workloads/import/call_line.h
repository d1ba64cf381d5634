/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A line of ltrace or strace: [PID] [TIME] [MODULE->]NAME[@LIBRARY](ARGUMENTS) = RESULT [<TIME>].
 * A call that another thread's line interrupts is told in two halves, "NAME(ARGUMENTS <unfinished
 * ...>" and "<... NAME resumed> ARGUMENTS) = RESULT", which are joined here.
 */
#ifndef SLABYARD_IMPORT_CALL_LINE_H
#define SLABYARD_IMPORT_CALL_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum call_line_kind {
	CALL_LINE_NONE,  /* no such line */
	CALL_LINE_WHOLE, /* from the call to its result */
	CALL_LINE_FIRST, /* the first half: there is no result yet */
	CALL_LINE_LAST,  /* the second one; arguments are all */
	CALL_LINE_LOST,  /* a second half whose first one is missing */
	CALL_LINE_EXIT,  /* +++ exited, +++ killed */
	CALL_LINE_OTHER, /* a signal or a message */
};

enum { CALL_ARGUMENTS_MAX = 8, CALL_LINE_BYTES = 256, CALL_NAME_BYTES = 32, CALL_DEPTH_MAX = 4 };

struct call_line {
	enum call_line_kind kind;
	uint32_t pid; /* 0: not told */
	uint64_t time_ns;
	const char *name;
	size_t name_length;
	const char *arguments[CALL_ARGUMENTS_MAX]; /* NUL-terminated, without blanks around */
	unsigned argument_count;
	const char *result; /* "" in a first half */
	const char *outer;  /* the thread's call that this one was made in; NULL: none is known */
	unsigned outer_age; /* lines of the thread since it began */
	bool outer_lost;    /* the end of such a call was never told */
	/* For the reader to mark a call that waits for its end: the outer one, a first half's own.
	 */
	bool *outer_mark, *own_mark;
	bool marked; /* a second half: the first one was */
};

struct call_lines; /* the halves that wait, by pid */

struct call_lines *call_lines_create(struct error *err);
void call_lines_destroy(struct call_lines *lines);

/* Reads the line, which is changed, valid until the next one is read. 0, or -1 with *err. */
int call_line_read(struct call_lines *lines, char *text, struct call_line *line, struct error *err);

/* A number as both tools print it: 0x..., decimal, nil, NULL. False: it is none. */
bool call_line_number(const char *text, uint64_t *value);
bool call_line_is(const struct call_line *line, const char *name);

#endif
