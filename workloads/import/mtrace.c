/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What glibc's mtrace(3) writes: "@ WHERE + 0xBLOCK 0xBYTES". A realloc is two lines, "<" with the
 * old block and ">" with the new one; "!" is one that failed.
 */
#include "core/operation.h"
#include "import/calls.h"
#include "import/text.h"

struct mtrace {
	uint64_t moved_from; /* of a "<" that waits for its ">" */
	bool moves;
};

static int mtrace_recognise(const char *bytes, size_t length)
{
	static const char start[] = "= Start\n";

	return length >= sizeof(start) - 1 && strncmp(bytes, start, sizeof(start) - 1) == 0 ? 95
											    : 0;
}

/* Behind "@ WHERE ", which may be missing. WHERE may hold blanks, in the name of a function. */
static const char *skip_place(const char *line)
{
	if (*line != '@')
		return line;
	for (const char *p = line; (p = strchr(p, ' ')) != NULL; p++)
		if (p[1] && strchr("+-<>!", p[1]) && p[2] == ' ' && (p[3] == '0' || p[3] == '('))
			return p + 1;
	return NULL;
}

/* printf()'s %p and %#lx: nothing is "(nil)", or "0". */
static const char *read_hex(const char *p, uint64_t *value)
{
	p = text_skip_blanks(p);
	if (text_starts_with(p, "(nil)")) {
		*value = 0;
		return p + 5;
	}
	return *p == '0' ? text_hex(p, value) : NULL;
}

static enum call_result put_line(struct mtrace *m, struct calls *calls, char kind,
				 const uint64_t *numbers, struct error *err)
{
	struct call call = {
		.operation = OP_MALLOC, .tid = 1, .address = numbers[0], .bytes = numbers[1]
	};

	if (kind == '<') {
		m->moved_from = numbers[0];
		m->moves = true;
		return CALL_GOOD;
	}
	if (kind == '-') {
		call.operation = OP_FREE;
		call.bytes = 0;
	} else if (kind == '>' || kind == '!') {
		call.operation = OP_REALLOC;
		call.old = kind == '!' ? numbers[0] : m->moved_from;
		call.address = kind == '!' ? 0 : numbers[0];
		m->moves = false;
	}
	return calls_put(calls, &call, err);
}

static enum call_result mtrace_line(void *state, struct calls *calls, char *line, struct error *err)
{
	struct mtrace *m = state;
	uint64_t numbers[2] = { 0, 0 };

	if (*line == '=' || *line == '\0')
		return calls_comment(calls);
	const char *p = skip_place(line);
	const char kind = p ? *p : '\0';

	if (!kind || !strchr("+-<>!", kind))
		return calls_damaged(calls, "is no line of mtrace", err);
	p = read_hex(p + 1, &numbers[0]);
	if (p && strchr("+>!", kind))
		p = read_hex(p, &numbers[1]);
	if (!p || *text_skip_blanks(p))
		return calls_damaged(calls, "does not end with an address and a size", err);
	if (m->moves != (kind == '>'))
		return calls_damaged(calls, "is half a realloc", err);
	return put_line(m, calls, kind, numbers, err);
}

static const struct call_format format = {
	.name = "mtrace",
	.cannot_tell = "time, threads, which call allocated (malloc, calloc or memalign), frees "
		       "of null, and what was allocated before mtrace() was called",
	.assumed = "all at time 0, one thread, every allocation a malloc",
	.level = "libc",
	.state_size = sizeof(struct mtrace),
	.line = mtrace_line,
};

static struct trace_cursor *mtrace_open(struct lines *lines, const struct import_options *options,
					struct import_report *report, struct error *err)
{
	(void)options;
	return calls_open(&format, lines, report, err);
}

extern const struct import_format mtrace_format;

const struct import_format mtrace_format = {
	.info = { .abi = POLICY_ABI, .name = "mtrace", .help = "what glibc's mtrace() writes" },
	.recognise = mtrace_recognise,
	.open = mtrace_open,
};
