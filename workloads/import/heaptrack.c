/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Recordings of heaptrack. Raw ones, which the preloaded library writes, have "+ BYTES TRACE BLOCK"
 * and "- BLOCK"; interpreted ones have "a BYTES TRACE" for each kind of allocation, and "+ KIND"
 * and
 * "- KIND". All numbers are hexadecimal.
 */
#include <stdlib.h>
#include <string.h>

#include "core/operation.h"
#include "core/record.h"
#include "import/calls.h"
#include "import/recognise.h"
#include "import/text.h"

enum { NS_PER_MS = 1000000, KINDS_MAX = 1 << 26 };

/* Living blocks of one size and one stack: the latest is the first to go. */
struct kind {
	uint64_t bytes;
	uint64_t *blocks;
	uint32_t count, capacity;
};

struct heaptrack {
	uint64_t time_ns;
	struct kind *kinds;
	uint32_t kind_count, kind_capacity;
	uint64_t names;
};

/* The version's line, and then what only one of the two has. */
static int recognise_kind(const char *bytes, size_t length, const char *first, const char *second)
{
	const char *const signs[] = { first, second };
	const char *end = bytes + length;

	if (length < 4 || strncmp(bytes, "v 1", 3) != 0)
		return 0;
	for (int i = 0; bytes < end && i < RECOGNISED_LINES; i++) {
		bytes = recognise_next(bytes, end);
		for (int k = 0; k < 2; k++)
			if (end - bytes > 2 && strncmp(bytes, signs[k], 2) == 0)
				return 90;
	}
	return 0;
}

static int raw_recognise(const char *bytes, size_t length)
{
	return recognise_kind(bytes, length, "x ", "m ");
}

static int interpreted_recognise(const char *bytes, size_t length)
{
	return recognise_kind(bytes, length, "s ", "a ");
}

/* Up to `wanted` numbers behind the line's letter; how many there were, -1: something else is. */
static int read_numbers(const char *line, uint64_t *numbers, int wanted)
{
	const char *p = line + 1;

	for (int i = 0; i < wanted; i++) {
		if (*p != ' ')
			return *p ? -1 : i;
		p = text_hex(p + 1, &numbers[i]);
		if (!p)
			return -1;
	}
	return *p ? -1 : wanted;
}

static bool is_known(char letter)
{
	return strchr("vxXImtsiRAcS#a", letter) != NULL;
}

/* Lines that tell no allocation: only time is of interest. */
static enum call_result other_line(struct heaptrack *h, struct calls *calls, const char *line,
				   struct error *err)
{
	uint64_t ms;

	if (*line && !is_known(*line))
		return calls_damaged(calls, "is no line of heaptrack", err);
	if (*line != 'c')
		return calls_comment(calls);
	if (read_numbers(line, &ms, 1) != 1 || ms > UINT64_MAX / NS_PER_MS)
		return calls_damaged(calls, "is no time", err);
	h->time_ns = ms * NS_PER_MS;
	return calls_comment(calls);
}

static enum call_result raw_line(void *state, struct calls *calls, char *line, struct error *err)
{
	struct heaptrack *h = state;
	struct call call = { .tid = 1, .time_ns = h->time_ns };
	uint64_t n[3];

	if (*line == '+') {
		if (read_numbers(line, n, 3) != 3)
			return calls_damaged(calls, "is no allocation", err);
		call.operation = OP_MALLOC;
		call.bytes = n[0];
		call.address = n[2];
		return calls_put(calls, &call, err);
	}
	if (*line != '-')
		return other_line(h, calls, line, err);
	if (read_numbers(line, n, 1) != 1)
		return calls_damaged(calls, "is no free", err);
	call.operation = OP_FREE;
	call.address = n[0];
	return calls_put(calls, &call, err);
}

static void *grow(void *list, uint32_t count, uint32_t *capacity, size_t size, struct error *err)
{
	if (count < *capacity)
		return list;
	const uint32_t wanted = *capacity ? 2 * *capacity : 16;
	void *grown = realloc(list, wanted * size);

	if (!grown) {
		error_set(err, ERROR_RUN, "no memory for the trace's blocks");
		return NULL;
	}
	*capacity = wanted;
	return grown;
}

static enum call_result add_kind(struct heaptrack *h, struct calls *calls, const char *line,
				 struct error *err)
{
	uint64_t n[2];

	if (read_numbers(line, n, 2) != 2 || h->kind_count == KINDS_MAX)
		return calls_damaged(calls, "is no kind of allocation", err);
	struct kind *grown =
		grow(h->kinds, h->kind_count, &h->kind_capacity, sizeof(*h->kinds), err);

	if (!grown)
		return CALL_ERROR;
	h->kinds = grown;
	h->kinds[h->kind_count++] = (struct kind){ .bytes = n[0] };
	return calls_comment(calls);
}

static enum call_result allocate_kind(struct heaptrack *h, struct calls *calls, struct kind *k,
				      struct error *err)
{
	uint64_t *grown = grow(k->blocks, k->count, &k->capacity, sizeof(*k->blocks), err);
	const struct call call = { .operation = OP_MALLOC,
				   .tid = 1,
				   .time_ns = h->time_ns,
				   .bytes = k->bytes,
				   .address = HEAP_PLACE_UNKNOWN + 16 * ++h->names };

	if (!grown)
		return CALL_ERROR;
	k->blocks = grown;
	k->blocks[k->count++] = call.address;
	calls_report(calls)->hidden_blocks++;
	return calls_put(calls, &call, err);
}

static enum call_result free_kind(struct heaptrack *h, struct calls *calls, struct kind *k,
				  struct error *err)
{
	struct call call = { .operation = OP_FREE, .tid = 1, .time_ns = h->time_ns };

	if (!k->count)
		return calls_damaged(calls, "frees what was not allocated", err);
	call.address = k->blocks[--k->count];
	return calls_put(calls, &call, err);
}

static enum call_result interpreted_line(void *state, struct calls *calls, char *line,
					 struct error *err)
{
	struct heaptrack *h = state;
	uint64_t index;

	if (*line == 'a')
		return add_kind(h, calls, line, err);
	if (*line != '+' && *line != '-')
		return other_line(h, calls, line, err);
	if (read_numbers(line, &index, 1) != 1 || index >= h->kind_count)
		return calls_damaged(calls, "names no kind of allocation", err);
	struct kind *k = &h->kinds[index];

	return *line == '+' ? allocate_kind(h, calls, k, err) : free_kind(h, calls, k, err);
}

static void heaptrack_end(void *state)
{
	struct heaptrack *h = state;

	for (uint32_t i = 0; i < h->kind_count; i++)
		free(h->kinds[i].blocks);
	free(h->kinds);
}

static const struct call_format raw = {
	.name = "heaptrack-raw",
	.cannot_tell = "threads, which call allocated, memalign(), realloc from a free and an "
		       "allocation, and times within 10 ms",
	.assumed = "one thread, every allocation a malloc",
	.level = "libc",
	.state_size = sizeof(struct heaptrack),
	.line = raw_line,
	.end = heaptrack_end,
};

static const struct call_format interpreted = {
	.name = "heaptrack",
	.cannot_tell =
		"threads, which call allocated, realloc from a free and an allocation, times "
		"within 10 ms, and which of the blocks of one size and stack is freed",
	.assumed = "one thread, every allocation a malloc; of the blocks of one size and stack the "
		   "latest is freed first",
	.level = "libc",
	.state_size = sizeof(struct heaptrack),
	.line = interpreted_line,
	.end = heaptrack_end,
};

static struct trace_cursor *raw_open(struct lines *lines, const struct import_options *options,
				     struct import_report *report, struct error *err)
{
	(void)options;
	return calls_open(&raw, lines, report, err);
}

static struct trace_cursor *interpreted_open(struct lines *lines,
					     const struct import_options *options,
					     struct import_report *report, struct error *err)
{
	(void)options;
	return calls_open(&interpreted, lines, report, err);
}

extern const struct import_format heaptrack_raw_format, heaptrack_format;

const struct import_format heaptrack_raw_format = {
	.info = { .abi = POLICY_ABI,
		  .name = "heaptrack-raw",
		  .help = "what heaptrack --raw records, with addresses" },
	.recognise = raw_recognise,
	.open = raw_open,
};

const struct import_format heaptrack_format = {
	.info = { .abi = POLICY_ABI,
		  .name = "heaptrack",
		  .help = "what heaptrack records, interpreted: without addresses" },
	.recognise = interpreted_recognise,
	.open = interpreted_open,
};
