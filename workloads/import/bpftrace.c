/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the bpftrace scripts of workloads/record print, a call a line:
 *     libc.bt:    TIME TID malloc BYTES BLOCK, calloc COUNT BYTES BLOCK, realloc OLD BYTES BLOCK,
 *                 memalign ALIGNMENT BYTES BLOCK, free BLOCK
 *     kmalloc.bt: TIME CPU TID kmalloc OBJECT BYTES_REQ BYTES_ALLOC GFP, kfree OBJECT
 */
#include <string.h>

#include "core/operation.h"
#include "core/record.h"
#include "import/calls.h"
#include "import/recognise.h"
#include "import/text.h"

enum { NUMBERS_MAX = 4 };

struct rule {
	const char *name;
	uint8_t operation;
	unsigned numbers;
};

static const struct rule rules[] = {
	{ "malloc", OP_MALLOC, 2 },     { "calloc", OP_CALLOC, 3 }, { "realloc", OP_REALLOC, 3 },
	{ "memalign", OP_MEMALIGN, 3 }, { "free", OP_FREE, 1 },     { "kmalloc", OP_KMALLOC, 4 },
	{ "kfree", OP_KFREE, 1 },
};

static const struct rule *find_rule(const char *word, size_t length)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (strlen(rules[i].name) == length && strncmp(rules[i].name, word, length) == 0)
			return &rules[i];
	return NULL;
}

static const char *read_number(const char *p, uint64_t *value)
{
	p = text_skip_blanks(p);
	p = p[0] == '0' && p[1] == 'x' ? text_hex(p, value) : text_decimal(p, value);
	return p && (*p == ' ' || *p == '\0') ? p : NULL;
}

/* TIME and then one number, or CPU and TID, before a word: how many, 0: it is no such line. */
static unsigned read_head(const char **line, uint64_t *head)
{
	unsigned count = 0;
	const char *p = *line, *end;

	while (count < 3 && (end = read_number(p, &head[count])) != NULL) {
		count++;
		p = end;
	}
	*line = text_skip_blanks(p);
	return count >= 2 && **line >= 'a' && **line <= 'z' ? count : 0;
}

static int recognise(const char *bytes, size_t length, unsigned numbers)
{
	const char *end = bytes + length;
	int hits = 0;

	for (int i = 0; bytes < end && i < RECOGNISED_LINES; i++) {
		const char *next = recognise_next(bytes, end), *p;
		char line[128] = "";
		uint64_t head[3];
		size_t kept = (size_t)(next - bytes);

		kept = kept < sizeof(line) ? kept : sizeof(line) - 1;
		memcpy(line, bytes, kept);
		p = line;
		if (read_head(&p, head) == numbers)
			hits += find_rule(p, strcspn(p, " \n")) != NULL;
		bytes = next;
	}
	return hits >= 1 ? 75 : 0;
}

static int libc_recognise(const char *bytes, size_t length)
{
	return recognise(bytes, length, 2);
}

static int kmalloc_recognise(const char *bytes, size_t length)
{
	return recognise(bytes, length, 3);
}

static enum call_result put_numbers(struct calls *calls, const struct rule *rule, const uint64_t *n,
				    struct call *call, struct error *err)
{
	call->operation = rule->operation;
	call->bytes = n[1];
	call->address = n[rule->numbers - 1];
	if (rule->operation == OP_MALLOC)
		call->bytes = n[0];
	else if (rule->operation == OP_CALLOC && __builtin_mul_overflow(n[0], n[1], &call->bytes))
		call->bytes = UINT64_MAX;
	else if (rule->operation == OP_REALLOC)
		call->old = n[0];
	else if (rule->operation == OP_MEMALIGN)
		call->alignment = n[0];
	if (rule->operation == OP_FREE || rule->operation == OP_KFREE)
		call->bytes = 0;
	if (rule->operation == OP_KMALLOC) {
		call->address = n[0];
		call->bytes_alloc = (uint32_t)n[2];
		call->gfp = (uint32_t)n[3];
	}
	return calls_put(calls, call, err);
}

static enum call_result read_call(struct calls *calls, const char *p, struct call *call,
				  struct error *err)
{
	const size_t length = strcspn(p, " ");
	const struct rule *rule = find_rule(p, length);
	uint64_t numbers[NUMBERS_MAX] = { 0 };

	if (!rule)
		return calls_unknown(calls, p, length, err);
	p += length;
	for (unsigned i = 0; p && i < rule->numbers; i++)
		p = read_number(p, &numbers[i]);
	if (!p || *text_skip_blanks(p))
		return calls_damaged(calls, "has other numbers than its call", err);
	return put_numbers(calls, rule, numbers, call, err);
}

/* "Attaching 3 probes...", "Lost 12 events", and what the program prints. */
static enum call_result other_line(struct calls *calls, const char *line)
{
	uint64_t lost;

	if (text_starts_with(line, "Lost ") && text_decimal(line + 5, &lost))
		calls_report(calls)->lost_events += lost;
	else if (*line && !text_starts_with(line, "Attaching "))
		return calls_unparsed(calls);
	return calls_comment(calls);
}

static enum call_result bpftrace_line(void *state, struct calls *calls, char *line,
				      struct error *err)
{
	const char *p = line;
	uint64_t head[3] = { 0 };
	const unsigned count = read_head(&p, head);
	struct call call = { .time_ns = head[0],
			     .tid = (uint32_t)head[count == 3 ? 2 : 1],
			     .cpu = count == 3 ? (uint32_t)head[1] : 0 };

	(void)state;
	if (call.cpu > RECORD_CPU_MASK)
		return calls_unparsed(calls);
	return count ? read_call(calls, p, &call, err) : other_line(calls, line);
}

static const struct call_format libc = {
	.name = "bpftrace-libc",
	.cannot_tell = "which threads are one process, mallopt and malloc_trim",
	.assumed = "all threads are the first one's process",
	.level = "libc",
	.begins_with_program = true,
	.line = bpftrace_line,
};

static const struct call_format kmalloc = {
	.name = "bpftrace-kmalloc",
	.cannot_tell = "caches and call sites",
	.assumed = "every object is a kmalloc",
	.level = "slab",
	.line = bpftrace_line,
};

static struct trace_cursor *libc_open(struct lines *lines, const struct import_options *options,
				      struct import_report *report, struct error *err)
{
	(void)options;
	return calls_open(&libc, lines, report, err);
}

static struct trace_cursor *kmalloc_open(struct lines *lines, const struct import_options *options,
					 struct import_report *report, struct error *err)
{
	(void)options;
	return calls_open(&kmalloc, lines, report, err);
}

extern const struct import_format bpftrace_libc_format, bpftrace_kmalloc_format;

const struct import_format bpftrace_libc_format = {
	.info = { .abi = POLICY_ABI,
		  .name = "bpftrace-libc",
		  .help = "what the script libc.bt of bpftrace prints" },
	.recognise = libc_recognise,
	.open = libc_open,
};

const struct import_format bpftrace_kmalloc_format = {
	.info = { .abi = POLICY_ABI,
		  .name = "bpftrace-kmalloc",
		  .help = "what the script kmalloc.bt of bpftrace prints" },
	.recognise = kmalloc_recognise,
	.open = kmalloc_open,
};
