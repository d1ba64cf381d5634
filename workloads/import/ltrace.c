/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What ltrace prints of calls of malloc and its like, with -x or -e, -f or not, with times or not.
 */
#include <string.h>

#include "core/operation.h"
#include "core/record.h"
#include "import/call_line.h"
#include "import/calls.h"
#include "import/recognise.h"
#include "import/text.h"

enum { HIDDEN_MAX = 4096, POSIX_MEMALIGN_ARGUMENTS = 3 };

/* What of a call's arguments means what: numbers of arguments, -1: there is none. */
struct rule {
	const char *name;
	uint8_t operation;
	int8_t block, bytes, times, alignment;
};

static const struct rule rules[] = {
	{ "malloc", OP_MALLOC, -1, 0, -1, -1 },
	{ "calloc", OP_CALLOC, -1, 0, 1, -1 },
	{ "realloc", OP_REALLOC, 0, 1, -1, -1 },
	{ "reallocarray", OP_REALLOC, 0, 1, 2, -1 },
	{ "memalign", OP_MEMALIGN, -1, 1, -1, 0 },
	{ "aligned_alloc", OP_MEMALIGN, -1, 1, -1, 0 },
	{ "posix_memalign", OP_MEMALIGN, -1, 2, -1, 1 },
	{ "valloc", OP_MEMALIGN, -1, 0, -1, -1 },
	{ "pvalloc", OP_MEMALIGN, -1, 0, -1, -1 },
	{ "free", OP_FREE, 0, -1, -1, -1 },
	{ "cfree", OP_FREE, 0, -1, -1, -1 },
	{ "malloc_trim", OP_MALLOC_TRIM, -1, 0, -1, -1 },
	{ "mallopt", OP_MALLOPT, -1, 0, -1, -1 },
};

/* A block of posix_memalign(), whose address ltrace does not print. */
struct hidden {
	uint64_t name, alignment;
};

struct ltrace {
	struct call_lines *lines;
	struct hidden hidden[HIDDEN_MAX];
	uint32_t hidden_count;
	uint64_t hidden_names;
};

static const struct rule *find_rule(const char *name, size_t length)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (strlen(rules[i].name) == length && strncmp(rules[i].name, name, length) == 0)
			return &rules[i];
	return NULL;
}

static int ltrace_recognise(const char *bytes, size_t length)
{
	static const char *const signs[] = { "->malloc(", "->free(", "malloc@",   "calloc@",
					     "realloc@",  "free@",   "->calloc(", "->realloc(" };

	return recognise_any(bytes, length, signs, sizeof(signs) / sizeof(signs[0])) ? 85 : 0;
}

static bool argument(const struct call_line *line, int8_t which, uint64_t *value)
{
	*value = 0;
	if (which < 0)
		return true;
	return (unsigned)which < line->argument_count &&
	       call_line_number(line->arguments[which], value);
}

/* Fills the call but for its result. */
static bool read_arguments(const struct rule *rule, const struct call_line *line, struct call *call)
{
	uint64_t block, times;

	*call = (struct call){ .operation = rule->operation,
			       .tid = line->pid,
			       .time_ns = line->time_ns };
	if (!argument(line, rule->block, &block) || !argument(line, rule->bytes, &call->bytes) ||
	    !argument(line, rule->times, &times) ||
	    !argument(line, rule->alignment, &call->alignment))
		return false;
	if (rule->times >= 0 && __builtin_mul_overflow(call->bytes, times, &call->bytes))
		call->bytes = UINT64_MAX;
	if (rule->operation == OP_FREE)
		call->address = block;
	else
		call->old = block;
	if (rule->operation == OP_MEMALIGN && rule->alignment < 0)
		call->alignment = 4096;
	return true;
}

static enum call_result put_hidden(struct ltrace *l, struct calls *calls, struct call *call,
				   struct error *err)
{
	call->address = HEAP_PLACE_UNKNOWN + 64 * ++l->hidden_names;
	calls_report(calls)->hidden_blocks++;
	if (l->hidden_count < HIDDEN_MAX)
		l->hidden[l->hidden_count++] = (struct hidden){ call->address, call->alignment };
	return calls_put(calls, call, err);
}

/* A free of an unknown block that is aligned as a hidden one was to be is taken for its free. */
static void find_hidden(struct ltrace *l, struct calls *calls, uint64_t *block)
{
	for (uint32_t i = 0; *block && i < l->hidden_count; i++) {
		if (*block % l->hidden[i].alignment || calls_knows_block(calls, *block))
			continue;
		*block = l->hidden[i].name;
		memmove(&l->hidden[i], &l->hidden[i + 1],
			(l->hidden_count - i - 1) * sizeof(l->hidden[0]));
		l->hidden_count--;
		calls_report(calls)->hidden_found++;
		return;
	}
}

static enum call_result put_result(struct ltrace *l, struct calls *calls, const struct rule *rule,
				   const struct call_line *line, struct call *call,
				   struct error *err)
{
	uint64_t result;

	if (rule->operation == OP_MALLOPT) {
		uint64_t value;

		if (!argument(line, 1, &value))
			return calls_damaged(calls, "is a mallopt without a value", err);
		call->address = (uint64_t)(int64_t)(int32_t)value;
		return calls_put(calls, call, err);
	}
	if (rule->operation == OP_FREE || rule->operation == OP_MALLOC_TRIM)
		return calls_put(calls, call, err);
	if (!call_line_number(line->result, &result))
		return calls_damaged(calls, "does not end with an address", err);
	if (strcmp(rule->name, "posix_memalign") != 0) {
		call->address = result;
		return calls_put(calls, call, err);
	}
	if (result)
		return calls_put(calls, call, err);
	/* With the prototype of ltrace.conf the first argument is what was put there. */
	if (line->argument_count == POSIX_MEMALIGN_ARGUMENTS && argument(line, 0, &call->address))
		return calls_put(calls, call, err);
	return put_hidden(l, calls, call, err);
}

static const struct rule *outer_rule(const struct call_line *line)
{
	return line->outer ? find_rule(line->outer, strlen(line->outer)) : NULL;
}

/* With -x one call is told twice, as the program's and right within that as the library's. */
static bool is_told_twice(const struct call_line *line, const struct rule *rule)
{
	return outer_rule(line) == rule && line->outer_age == 1 + (line->kind == CALL_LINE_LAST);
}

/* glibc's realloc() calls malloc(), and so on: what is inside a call that is told is part of it. */
static bool is_nested(const struct call_line *line, const struct rule *rule)
{
	const struct rule *outer = outer_rule(line);

	if (!outer)
		return false;
	if (outer->operation == OP_MALLOC || outer->operation == OP_FREE)
		return is_told_twice(line, rule);
	return true;
}

static enum call_result put_call(struct ltrace *l, struct calls *calls, const struct rule *rule,
				 const struct call_line *line, struct error *err)
{
	const bool frees = rule->operation == OP_FREE;
	struct call call;

	/* A block is free from the call on: its address may be another one's before the return. */
	if (line->kind == CALL_LINE_FIRST ? !frees : frees && line->kind == CALL_LINE_LAST)
		return CALL_GOOD;
	if (!read_arguments(rule, line, &call))
		return calls_damaged(calls, "has arguments that are no numbers", err);
	find_hidden(l, calls, frees ? &call.address : &call.old);
	return frees ? calls_put(calls, &call, err) : put_result(l, calls, rule, line, &call, err);
}

/*
 * Of a call that is told twice the first end counts, the library's: of the two, which are one
 * instruction, ltrace may miss one. A call that waits is marked when there is no more to it: its
 * result is known, or it is inside another one itself.
 */
static enum call_result put_nested(struct ltrace *l, struct calls *calls, const struct rule *rule,
				   const struct call_line *line, struct error *err)
{
	const bool ends = line->kind != CALL_LINE_FIRST;

	calls_report(calls)->nested_calls += ends;
	if (!ends && line->own_mark)
		*line->own_mark = true;
	if (!ends || rule->operation == OP_FREE || *line->outer_mark || !is_told_twice(line, rule))
		return CALL_GOOD;
	*line->outer_mark = true;
	return put_call(l, calls, rule, line, err);
}

static enum call_result ltrace_line(void *state, struct calls *calls, char *text, struct error *err)
{
	struct ltrace *l = state;
	struct call_line line;

	if (!l->lines && !(l->lines = call_lines_create(err)))
		return CALL_ERROR;
	if (!*text)
		return calls_comment(calls);
	if (call_line_read(l->lines, text, &line, err))
		return CALL_ERROR;
	line.pid = line.pid ? line.pid : 1;
	calls_report(calls)->lost_returns += line.outer_lost;
	const struct rule *rule = find_rule(line.name, line.name_length);

	switch (line.kind) {
	case CALL_LINE_NONE:
		return calls_unparsed(calls);
	case CALL_LINE_OTHER:
		return calls_comment(calls);
	case CALL_LINE_EXIT:
		return calls_put_exit(calls, line.pid, 0, line.time_ns, err);
	case CALL_LINE_LOST:
		calls_report(calls)->lost_returns++;
		return CALL_GOOD;
	default:
		break;
	}
	if (!rule)
		return calls_unknown(calls, line.name, line.name_length, err);
	if (is_nested(&line, rule))
		return put_nested(l, calls, rule, &line, err);
	return line.marked ? CALL_GOOD : put_call(l, calls, rule, &line, err);
}

static void ltrace_end(void *state)
{
	call_lines_destroy(((struct ltrace *)state)->lines);
}

static const struct call_format format = {
	.name = "ltrace",
	.cannot_tell = "which threads are one process, calls before it attached, where "
		       "posix_memalign() put a block (with ltrace -F ltrace.conf it can), and "
		       "time without -ttt",
	.assumed = "all threads are the first one's process; a call happens when it returns, a "
		   "free when it is called",
	.level = "libc",
	.begins_with_program = true,
	.state_size = sizeof(struct ltrace),
	.line = ltrace_line,
	.end = ltrace_end,
};

static struct trace_cursor *ltrace_open(struct lines *lines, const struct import_options *options,
					struct import_report *report, struct error *err)
{
	(void)options;
	return calls_open(&format, lines, report, err);
}

extern const struct import_format ltrace_format;

const struct import_format ltrace_format = {
	.info = { .abi = POLICY_ABI,
		  .name = "ltrace",
		  .help = "what ltrace prints of malloc calls" },
	.recognise = ltrace_recognise,
	.open = ltrace_open,
};
