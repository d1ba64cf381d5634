/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What valgrind --tool=lackey --trace-mem=yes prints, a line an access: "I  0401ab70,3", " L ", " S
 * " and " M " with address and bytes. Of each page the first read and the first write are kept.
 */
#include "base/ptrmap.h"
#include "core/ids.h"
#include "core/operation.h"
#include "import/calls.h"
#include "import/recognise.h"
#include "import/text.h"

enum { PAGE_IS_READ = 1, PAGE_IS_WRITTEN = 2, ACCESS_BYTES_MAX = 4096 };

struct lackey {
	struct ptrmap *pages; /* what has been told of a page */
	uint64_t last_page;
	uint32_t last_known;
};

static bool is_access(const char *line)
{
	return (line[0] == 'I' && line[1] == ' ' && line[2] == ' ') ||
	       (line[0] == ' ' && line[1] && strchr("LSM", line[1]) && line[2] == ' ');
}

static int lackey_recognise(const char *bytes, size_t length)
{
	const char *end = bytes + length;
	unsigned accesses = 0, others = 0;

	for (int i = 0; bytes < end && i < RECOGNISED_LINES; i++) {
		const char *next = recognise_next(bytes, end);

		if (next - bytes > 4 && is_access(bytes))
			accesses++;
		else if (*bytes != '=')
			others++;
		bytes = next;
	}
	return accesses > others ? 90 : 0;
}

static enum call_result touch(struct lackey *l, struct calls *calls, uint64_t page, uint32_t kind,
			      struct error *err)
{
	const struct call call = { .operation = kind == PAGE_IS_READ ? OP_PAGE_READ : OP_PAGE_WRITE,
				   .tid = 1,
				   .address = page << PAGE_SHIFT,
				   .bytes = 1 };

	if (page == l->last_page && l->last_known & kind)
		return CALL_GOOD;
	uint32_t *known = ptrmap_at(l->pages, page, err);

	if (!known)
		return CALL_ERROR;
	const uint32_t before = *known == PTRMAP_NONE ? 0 : *known;

	*known = before | kind;
	l->last_page = page;
	l->last_known = *known;
	return before & kind ? CALL_GOOD : calls_put(calls, &call, err);
}

static enum call_result lackey_line(void *state, struct calls *calls, char *line, struct error *err)
{
	struct lackey *l = state;
	uint64_t address, bytes;

	if (!l->pages && !(l->pages = ptrmap_create(err)))
		return CALL_ERROR;
	if (*line == '=' || *line == '\0')
		return calls_comment(calls);
	if (!is_access(line))
		return calls_unparsed(calls);
	const uint32_t kind = line[1] == 'S' || line[1] == 'M' ? PAGE_IS_WRITTEN : PAGE_IS_READ;
	const char *p = text_hex(line + 3, &address);

	p = p && *p == ',' ? text_decimal(p + 1, &bytes) : NULL;
	if (!p || *p || !bytes || bytes > ACCESS_BYTES_MAX || address > UINT64_MAX - bytes)
		return calls_damaged(calls, "is no access to memory", err);
	const uint64_t last = (address + bytes - 1) >> PAGE_SHIFT;

	for (uint64_t page = address >> PAGE_SHIFT; page <= last; page++) {
		const enum call_result result = touch(l, calls, page, kind, err);

		if (result != CALL_GOOD)
			return result;
	}
	return CALL_GOOD;
}

static void lackey_end(void *state)
{
	ptrmap_destroy(((struct lackey *)state)->pages);
}

static const struct call_format format = {
	.name = "lackey",
	.cannot_tell = "time, threads, and what is mapped or given back",
	.assumed = "one thread; of each page only the first read and the first write count",
	.level = "libc",
	.state_size = sizeof(struct lackey),
	.line = lackey_line,
	.end = lackey_end,
};

static struct trace_cursor *lackey_open(struct lines *lines, const struct import_options *options,
					struct import_report *report, struct error *err)
{
	(void)options;
	return calls_open(&format, lines, report, err);
}

extern const struct import_format lackey_format;

const struct import_format lackey_format = {
	.info = { .abi = POLICY_ABI,
		  .name = "lackey",
		  .help = "pages touched, of valgrind --tool=lackey --trace-mem=yes" },
	.recognise = lackey_recognise,
	.open = lackey_open,
};
