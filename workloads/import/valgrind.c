/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What valgrind prints with --trace-malloc=yes: "--PID-- malloc(16) = 0x5246190". A call that
 * complains has its result on a line of its own, "--PID--  = 0x0".
 */
#include <string.h>

#include "core/operation.h"
#include "import/calls.h"
#include "import/recognise.h"
#include "import/text.h"

enum { NUMBERS_MAX = 3, NS_PER_MS = 1000000, LONGEST_TIME = 16 };

struct valgrind {
	struct call pending; /* its result comes later */
	bool waits;
};

static int valgrind_recognise(const char *bytes, size_t length)
{
	static const char *const signs[] = { "-- malloc(", "-- calloc(", "-- _Znw", "-- realloc(" };

	return recognise_any(bytes, length, signs, sizeof(signs) / sizeof(signs[0])) ? 90 : 0;
}

/* "00:00:00:01.307 ": days, hours, minutes, seconds, ms. */
static const char *read_stamp(const char *p, uint64_t *ns)
{
	uint64_t part[5];

	for (int i = 0; i < 5; i++) {
		const char *end = text_decimal(p, &part[i]);

		if (!end || part[i] > 1000000 || (i < 3 && *end != ':') || (i == 3 && *end != '.'))
			return NULL;
		p = end + (i < 4);
	}
	*ns = ((((part[0] * 24 + part[1]) * 60 + part[2]) * 60 + part[3]) * 1000 + part[4]) *
	      NS_PER_MS;
	return text_skip_blanks(p);
}

/* Behind "--PID-- " or "--TIME PID-- "; NULL: no such line. */
static const char *read_prefix(const char *line, uint64_t *ns, uint64_t *pid)
{
	const char *p = line + 2, *stamped;

	*ns = 0;
	if (!text_starts_with(line, "--"))
		return NULL;
	stamped = read_stamp(p, ns);
	p = text_decimal(stamped ? stamped : p, pid);
	return p && *pid <= UINT32_MAX && text_starts_with(p, "-- ") ? p + 3 : NULL;
}

/* The numbers in parentheses, whatever labels them; NULL: they are not ended. */
static const char *read_numbers(const char *p, uint64_t *numbers, unsigned *count)
{
	*count = 0;
	while (*p && *p != ')') {
		const char *end = p[0] == '0' && p[1] == 'x' ? text_hex(p, &numbers[*count])
							     : text_decimal(p, &numbers[*count]);

		if (end)
			++*count;
		p = end ? end : p + 1;
		if (*count == NUMBERS_MAX)
			break;
	}
	p = strchr(p, ')');
	return p ? p + 1 : NULL;
}

/* Fills what the name and the arguments tell. False: it is no call of interest. */
static bool set_call(const char *name, size_t length, const uint64_t *n, unsigned count,
		     struct call *call)
{
	const bool is_new = strncmp(name, "_Znw", 4) == 0 || strncmp(name, "_Zna", 4) == 0;
	const bool is_delete = strncmp(name, "_Zdl", 4) == 0 || strncmp(name, "_Zda", 4) == 0;
	const bool aligned = is_new && memmem(name, length, "align_val_t", 11);

	if ((length == 4 && strncmp(name, "free", 4) == 0) || is_delete) {
		call->operation = OP_FREE;
		call->address = n[0];
	} else if (length == 6 && strncmp(name, "calloc", 6) == 0 && count == 2) {
		call->operation = OP_CALLOC;
		if (__builtin_mul_overflow(n[0], n[1], &call->bytes))
			call->bytes = UINT64_MAX;
	} else if (length == 7 && strncmp(name, "realloc", 7) == 0 && count == 2) {
		call->operation = OP_REALLOC;
		call->old = n[0];
		call->bytes = n[1];
	} else if ((length == 8 && strncmp(name, "memalign", 8) == 0 && count == 2) || aligned) {
		call->operation = OP_MEMALIGN;
		call->alignment = n[aligned];
		call->bytes = n[!aligned];
	} else if ((length == 6 && strncmp(name, "malloc", 6) == 0) || is_new) {
		call->operation = OP_MALLOC;
		call->bytes = n[0];
	} else {
		return false;
	}
	return count > 0;
}

static enum call_result take_result(struct valgrind *v, struct calls *calls, const char *p,
				    struct error *err)
{
	if (!v->waits)
		return calls_unparsed(calls);
	p = text_skip_blanks(p + 1);
	p = *p == '0' ? text_hex(p, &v->pending.address) : NULL;
	v->waits = false;
	if (!p || *p)
		return calls_damaged(calls, "does not end with an address", err);
	return calls_put(calls, &v->pending, err);
}

static enum call_result take_call(struct valgrind *v, struct calls *calls, const char *name,
				  struct call *call, struct error *err)
{
	uint64_t numbers[NUMBERS_MAX] = { 0 };
	const char *open = strchr(name, '('), *p;
	unsigned count;

	if (!open)
		return calls_comment(calls);
	p = read_numbers(open + 1, numbers, &count);
	if (!p)
		return calls_damaged(calls, "has arguments that do not end", err);
	if (!set_call(name, (size_t)(open - name), numbers, count, call))
		return calls_unknown(calls, name, (size_t)(open - name), err);
	if (call->operation == OP_FREE)
		return calls_put(calls, call, err);
	calls_report(calls)->lost_returns += v->waits;
	v->pending = *call;
	v->waits = true;
	/* realloc() of nothing is told with its malloc(). Anything else is a complaint. */
	if (text_starts_with(p, "malloc(") && strchr(p, ')'))
		p = strchr(p, ')') + 1;
	return text_starts_with(p, " = ") ? take_result(v, calls, p + 1, err) : CALL_GOOD;
}

static enum call_result valgrind_line(void *state, struct calls *calls, char *line,
				      struct error *err)
{
	struct call call = { 0 };
	uint64_t pid;
	const char *p = read_prefix(line, &call.time_ns, &pid);

	if (!p && (text_starts_with(line, "==") || !*line))
		return calls_comment(calls);
	if (!p)
		return calls_unparsed(calls);
	call.tid = (uint32_t)pid;
	if (text_starts_with(p, " = "))
		return take_result(state, calls, p + 1, err);
	return take_call(state, calls, p, &call, err);
}

static const struct call_format format = {
	.name = "valgrind-malloc",
	.cannot_tell = "threads, the C library's own addresses (blocks are valgrind's), "
		       "malloc_trim, and time without --time-stamp=yes",
	.assumed = "one thread; C++'s new and delete are malloc and free",
	.level = "libc",
	.state_size = sizeof(struct valgrind),
	.line = valgrind_line,
};

static struct trace_cursor *valgrind_open(struct lines *lines, const struct import_options *options,
					  struct import_report *report, struct error *err)
{
	(void)options;
	return calls_open(&format, lines, report, err);
}

extern const struct import_format valgrind_malloc_format;

const struct import_format valgrind_malloc_format = {
	.info = { .abi = POLICY_ABI,
		  .name = "valgrind-malloc",
		  .help = "what valgrind --trace-malloc=yes prints" },
	.recognise = valgrind_recognise,
	.open = valgrind_open,
};
