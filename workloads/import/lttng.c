/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * LTTng-UST's tracing of the C library (liblttng-ust-libc-wrapper.so), as babeltrace2 prints it:
 * "[06:51:06.730309333] (+0.000005518) HOST lttng_ust_libc:malloc: { cpu_id = 0 }, { vpid = 1, ...
 * }, { size = 16, ptr = 0x557098C9D5B0 }".
 */
#include <stdio.h>
#include <string.h>

#include "core/operation.h"
#include "import/calls.h"
#include "import/day_clock.h"
#include "import/recognise.h"
#include "import/text.h"

#define PROVIDER "lttng_ust_libc:"

enum { COMM_BYTES = 32 };

struct lttng {
	struct day_clock clock;
	char comm[COMM_BYTES];
};

static int lttng_recognise(const char *bytes, size_t length)
{
	static const char *const signs[] = { " " PROVIDER };

	return recognise_any(bytes, length, signs, 1) ? 95 : 0;
}

/* Where the value of a field or of the context stands; NULL: it is not there. */
static const char *find(const char *line, const char *key)
{
	const size_t length = strlen(key);

	for (const char *p = line; (p = strstr(p, key)) != NULL; p += length)
		if (p > line && p[-1] == ' ' && strncmp(p + length, " = ", 3) == 0)
			return p + length + 3;
	return NULL;
}

static bool number(const char *line, const char *key, uint64_t *value)
{
	const char *p = find(line, key);

	*value = 0;
	if (!p)
		return false;
	return (p[0] == '0' && p[1] == 'x' ? text_hex(p, value) : text_decimal(p, value)) != NULL;
}

/* "[06:51:06.730309333]", "[1795330218.730309333]", "[2026-11-25 06:51:06.730309333]". */
static bool read_time(struct lttng *l, const char *line, uint64_t *time_ns)
{
	const char *end = strchr(line, ']'), *p = line + 1;

	if (*line != '[' || !end)
		return false;
	for (const char *blank = p; (blank = strchr(blank, ' ')) != NULL && blank < end;)
		p = ++blank;
	return day_clock_read(&l->clock, p, time_ns) == end;
}

static void read_context(struct lttng *l, const char *line, struct call *call)
{
	const char *comm = find(line, "procname");
	uint64_t value;

	if (number(line, "vtid", &value))
		call->tid = (uint32_t)value;
	if (number(line, "vpid", &value))
		call->tgid = (uint32_t)value;
	if (!call->tid)
		call->tid = call->tgid ? call->tgid : 1;
	if (number(line, "cpu_id", &value))
		call->cpu = (uint32_t)value;
	if (!comm || *comm != '"')
		return;
	const size_t length = strcspn(comm + 1, "\"");

	snprintf(l->comm, sizeof(l->comm), "%.*s", (int)length, comm + 1);
	call->comm = l->comm;
}

/* False: a field is missing, or no number. */
static bool read_fields(const char *event, size_t length, const char *fields, struct call *call)
{
	const bool is_posix = length == 14 && strncmp(event, "posix_memalign", 14) == 0;
	uint64_t times;

	if (length == 4 && strncmp(event, "free", 4) == 0) {
		call->operation = OP_FREE;
		return number(fields, "ptr", &call->address);
	}
	if (!number(fields, "size", &call->bytes) ||
	    !number(fields, is_posix ? "out_ptr" : "ptr", &call->address))
		return false;
	if (length == 6 && strncmp(event, "calloc", 6) == 0) {
		call->operation = OP_CALLOC;
		if (!number(fields, "nmemb", &times))
			return false;
		if (__builtin_mul_overflow(call->bytes, times, &call->bytes))
			call->bytes = UINT64_MAX;
		return true;
	}
	if (length == 7 && strncmp(event, "realloc", 7) == 0) {
		call->operation = OP_REALLOC;
		return number(fields, "in_ptr", &call->old);
	}
	if (!is_posix && !(length == 8 && strncmp(event, "memalign", 8) == 0)) {
		call->operation = OP_MALLOC;
		return true;
	}
	call->operation = OP_MEMALIGN;
	return number(fields, "alignment", &call->alignment);
}

static enum call_result lttng_line(void *state, struct calls *calls, char *line, struct error *err)
{
	static const char *const known[] = { "malloc",   "calloc",         "realloc",
					     "memalign", "posix_memalign", "free" };
	struct lttng *l = state;
	struct call call = { 0 };
	const char *event = strstr(line, " " PROVIDER);

	if (!event)
		return *line ? calls_unparsed(calls) : calls_comment(calls);
	event += strlen(" " PROVIDER);
	const size_t length = strcspn(event, ":");
	bool is_known = false;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		is_known |= strlen(known[i]) == length && strncmp(event, known[i], length) == 0;
	if (!is_known)
		return calls_unknown(calls, event, length, err);
	if (!read_time(l, line, &call.time_ns))
		return calls_damaged(calls, "does not begin with a time", err);
	read_context(l, event, &call);
	if (!read_fields(event, length, event, &call))
		return calls_damaged(calls, "lacks a field of its event", err);
	return calls_put(calls, &call, err);
}

static const struct call_format format = {
	.name = "lttng-ust-libc",
	.cannot_tell = "aligned_alloc(), valloc(), mallopt, malloc_trim, and processes and threads "
		       "without the context (lttng "
		       "add-context -u -t vpid -t vtid -t procname)",
	.assumed = "without that, one thread",
	.level = "libc",
	.begins_with_program = true,
	.state_size = sizeof(struct lttng),
	.line = lttng_line,
};

static struct trace_cursor *lttng_open(struct lines *lines, const struct import_options *options,
				       struct import_report *report, struct error *err)
{
	(void)options;
	return calls_open(&format, lines, report, err);
}

extern const struct import_format lttng_format;

const struct import_format lttng_format = {
	.info = { .abi = POLICY_ABI,
		  .name = "lttng-ust-libc",
		  .help = "lttng_ust_libc events as babeltrace2 prints them" },
	.recognise = lttng_recognise,
	.open = lttng_open,
};
