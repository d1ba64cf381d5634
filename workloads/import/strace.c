/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What strace -e trace=%memory prints: the system calls by which a process's address space changes,
 * those of its loader and of its C library too.
 */
#include <string.h>

#include "base/ptrmap.h"
#include "core/extension.h"
#include "import/call_line.h"
#include "import/calls.h"
#include "import/recognise.h"
#include "import/text.h"

struct flag {
	const char *name;
	uint32_t value;
};

/* include/uapi/asm-generic/mman*.h */
static const struct flag flags[] = {
	{ "PROT_NONE", 0 },
	{ "PROT_READ", 1 },
	{ "PROT_WRITE", 2 },
	{ "PROT_EXEC", 4 },
	{ "PROT_GROWSDOWN", 0x01000000 },
	{ "PROT_GROWSUP", 0x02000000 },
	{ "MAP_SHARED", 1 },
	{ "MAP_PRIVATE", 2 },
	{ "MAP_SHARED_VALIDATE", 3 },
	{ "MAP_FIXED", 0x10 },
	{ "MAP_ANONYMOUS", 0x20 },
	{ "MAP_32BIT", 0x40 },
	{ "MAP_GROWSDOWN", 0x100 },
	{ "MAP_DENYWRITE", 0x800 },
	{ "MAP_EXECUTABLE", 0x1000 },
	{ "MAP_LOCKED", 0x2000 },
	{ "MAP_NORESERVE", 0x4000 },
	{ "MAP_POPULATE", 0x8000 },
	{ "MAP_NONBLOCK", 0x10000 },
	{ "MAP_STACK", 0x20000 },
	{ "MAP_HUGETLB", 0x40000 },
	{ "MAP_SYNC", 0x80000 },
	{ "MAP_FIXED_NOREPLACE", 0x100000 },
	{ "MADV_NORMAL", 0 },
	{ "MADV_RANDOM", 1 },
	{ "MADV_SEQUENTIAL", 2 },
	{ "MADV_WILLNEED", 3 },
	{ "MADV_DONTNEED", 4 },
	{ "MADV_FREE", 8 },
	{ "MADV_REMOVE", 9 },
	{ "MADV_DONTFORK", 10 },
	{ "MADV_DOFORK", 11 },
	{ "MADV_MERGEABLE", 12 },
	{ "MADV_UNMERGEABLE", 13 },
	{ "MADV_HUGEPAGE", 14 },
	{ "MADV_NOHUGEPAGE", 15 },
	{ "MADV_DONTDUMP", 16 },
	{ "MADV_DODUMP", 17 },
	{ "MADV_WIPEONFORK", 18 },
	{ "MADV_KEEPONFORK", 19 },
	{ "MADV_COLD", 20 },
	{ "MADV_PAGEOUT", 21 },
	{ "MADV_POPULATE_READ", 22 },
	{ "MADV_POPULATE_WRITE", 23 },
	{ "MCL_CURRENT", 1 },
	{ "MCL_FUTURE", 2 },
	{ "MCL_ONFAULT", 4 },
};

struct strace {
	struct call_lines *lines;
	struct ptrmap *processes; /* pids that have a program of their own */
};

static int strace_recognise(const char *bytes, size_t length)
{
	static const char *const signs[] = { "brk(NULL)", "mmap(", "munmap(0x", "brk(0x" };

	return recognise_any(bytes, length, signs, sizeof(signs) / sizeof(signs[0])) ? 70 : 0;
}

/* "PROT_READ|PROT_WRITE", numbers between them too; what is not known is left out. */
static uint64_t read_flags(const char *text)
{
	uint64_t value = 0, number;

	while (*text) {
		const size_t length = strcspn(text, "|");

		for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
			if (strlen(flags[i].name) == length &&
			    strncmp(flags[i].name, text, length) == 0)
				value |= flags[i].value;
		if (text_is_digit(*text) && text_hex(text, &number))
			value |= number;
		text += length + (text[length] == '|');
	}
	return value;
}

/* What each call's arguments are; '-' is passed over. */
static const struct rule {
	const char *name;
	uint8_t operation;
	const char *arguments; /* a address, l length, o old length, p prot, w word */
} rules[] = {
	{ "mmap", OP_MMAP, "-lpw" },
	{ "mmap2", OP_MMAP, "-lpw" },
	{ "munmap", OP_MUNMAP, "al" },
	{ "mremap", OP_MREMAP, "Aol" },
	{ "mprotect", OP_MPROTECT, "alp" },
	{ "pkey_mprotect", OP_MPROTECT, "alp" },
	{ "madvise", OP_MADVISE, "alw" },
	{ "mlock", OP_MLOCK, "al" },
	{ "mlock2", OP_MLOCK, "al" },
	{ "mlockall", OP_MLOCKALL, "w" },
	{ "brk", OP_BRK, "a" },
};

static const struct rule *find_rule(const struct call_line *line)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (call_line_is(line, rules[i].name))
			return &rules[i];
	return NULL;
}

static bool read_argument(char kind, const char *text, struct call *call)
{
	switch (kind) {
	case 'a':
		return call_line_number(text, &call->address);
	case 'A':
		return call_line_number(text, &call->old);
	case 'l':
		return call_line_number(text, &call->bytes);
	case 'o':
		return call_line_number(text, &call->old_bytes);
	case 'p':
		call->prot = read_flags(text);
		return true;
	case 'w':
		call->word = read_flags(text);
		return true;
	default:
		return true;
	}
}

static bool read_arguments(const struct rule *rule, const struct call_line *line, struct call *call)
{
	for (unsigned i = 0; rule->arguments[i]; i++)
		if (i >= line->argument_count ||
		    !read_argument(rule->arguments[i], line->arguments[i], call))
			return false;
	return true;
}

/*
 * Only a program that begins asks where its break is: from there on the pid is a process of its
 * own. All others are threads of the process that was seen first.
 */
static enum call_result put_break(struct strace *s, struct calls *calls, struct call *call,
				  uint64_t result, struct error *err)
{
	const uint64_t wanted = call->address;
	uint32_t *known = ptrmap_at(s->processes, call->tid, err);

	if (!known)
		return CALL_ERROR;
	call->address = result;
	if (wanted == 0 && *known == PTRMAP_NONE) {
		*known = 1;
		call->operation = OP_PROCESS_START;
		call->tgid = call->tid;
		return calls_put(calls, call, err);
	}
	if (*known == PTRMAP_NONE)
		ptrmap_take(s->processes, call->tid);
	/* An answer to a question, and a break that stays where it was, are no movement. */
	if (wanted == 0 || result != wanted)
		return calls_comment(calls);
	call->detail = 1;
	return calls_put(calls, call, err);
}

/* The pid where it has a program of its own, else 0. */
static uint32_t own_process(const struct strace *s, uint32_t pid)
{
	return ptrmap_get(s->processes, pid) == PTRMAP_NONE ? 0 : pid;
}

static enum call_result put_call(struct strace *s, struct calls *calls, const struct rule *rule,
				 const struct call_line *line, struct error *err)
{
	struct call call = { .operation = rule->operation,
			     .tid = line->pid,
			     .tgid = own_process(s, line->pid),
			     .time_ns = line->time_ns };
	uint64_t result;

	if (!read_arguments(rule, line, &call))
		return calls_damaged(calls, "has other arguments than its call", err);
	const bool failed = line->result[0] == '-' || !call_line_number(line->result, &result);

	if (failed && (rule->operation != OP_MMAP && rule->operation != OP_MREMAP))
		return calls_comment(calls);
	if (rule->operation == OP_BRK)
		return put_break(s, calls, &call, result, err);
	if (rule->operation == OP_MMAP || rule->operation == OP_MREMAP)
		call.address = failed ? 0 : result;
	if (rule->operation == OP_MLOCKALL)
		call.bytes = call.word;
	return calls_put(calls, &call, err);
}

static enum call_result strace_line(void *state, struct calls *calls, char *text, struct error *err)
{
	struct strace *s = state;
	struct call_line line;

	if (!s->lines &&
	    (!(s->lines = call_lines_create(err)) || !(s->processes = ptrmap_create(err))))
		return CALL_ERROR;
	if (!*text)
		return calls_comment(calls);
	if (call_line_read(s->lines, text, &line, err))
		return CALL_ERROR;
	line.pid = line.pid ? line.pid : 1;
	const struct rule *rule = find_rule(&line);

	switch (line.kind) {
	case CALL_LINE_NONE:
		return calls_unparsed(calls);
	case CALL_LINE_OTHER:
	case CALL_LINE_FIRST:
		return calls_comment(calls);
	case CALL_LINE_EXIT:
		return calls_put_exit(calls, line.pid, own_process(s, line.pid), line.time_ns, err);
	case CALL_LINE_LOST:
		calls_report(calls)->lost_returns++;
		return CALL_GOOD;
	default:
		break;
	}
	if (!rule)
		return calls_unknown(calls, line.name, line.name_length, err);
	return put_call(s, calls, rule, &line, err);
}

static void strace_end(void *state)
{
	struct strace *s = state;

	call_lines_destroy(s->lines);
	ptrmap_destroy(s->processes);
}

static const struct call_format format = {
	.name = "strace",
	.cannot_tell = "calls of malloc, who moves the break (the C library or the program), page "
		       "touches, and time without -ttt",
	.assumed = "the program moves the break; a pid is a thread of the first process unless it "
		   "begins with brk(NULL)",
	.level = "libc",
	.state_size = sizeof(struct strace),
	.line = strace_line,
	.end = strace_end,
};

static struct trace_cursor *strace_open(struct lines *lines, const struct import_options *options,
					struct import_report *report, struct error *err)
{
	(void)options;
	return calls_open(&format, lines, report, err);
}

extern const struct import_format strace_format;

const struct import_format strace_format = {
	.info = { .abi = POLICY_ABI,
		  .name = "strace",
		  .help = "what strace -e trace=%memory prints" },
	.recognise = strace_recognise,
	.open = strace_open,
};
