/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "import/trc.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/operation.h"
#include "import/import.h"
#include "import/lines.h"
#include "import/records_out.h"

struct trc_header {
	char magic[8];
	uint64_t records, brk0;
	uint64_t tsc0, ns0, tsc1, ns1; /* the clock's two ends; tsc1 0: never reached */
	uint64_t pid, threads;
	char exe[256];
};

enum { HEADER_BYTES = 4096 };

static const char magic[8] = { 'M', 'T', 'R', 'A', 'C', 'E', '0', '1' };

struct trc_cursor {
	struct trace_cursor cursor;
	struct lines *lines;
	struct import_report *report;
	struct import_report own_report;
	struct records_out *out;
	struct trc_header header;
	uint64_t taken;                   /* records of the file */
	uint64_t break_end, break_failed; /* the break where it was found to fail */
	struct trc_record ahead;          /* read and not yet looked at */
	bool has_ahead, has_begun;
};

static int trc_recognise(const char *bytes, size_t length)
{
	return length >= sizeof(magic) && memcmp(bytes, magic, sizeof(magic)) == 0 ? 100 : 0;
}

/* Exactly `size` bytes: 1; none, at the end: 0; a part: -1 with *err. */
static int read_whole(struct trc_cursor *t, void *to, size_t size, struct error *err)
{
	size_t have = 0;

	while (have < size) {
		const ptrdiff_t got = lines_read(t->lines, (char *)to + have, size - have, err);

		if (got < 0)
			return -1;
		if (got == 0 && have == 0)
			return 0;
		if (got == 0)
			return error_at_record(err, lines_name(t->lines), "record", t->taken + 1,
					       "is cut short");
		have += (size_t)got;
	}
	return 1;
}

/* A recorder that was killed has not written how many records there are: the file's end tells. */
static int read_ahead(struct trc_cursor *t, struct error *err)
{
	if (t->header.records && t->taken == t->header.records) {
		t->has_ahead = false;
		return 0;
	}
	const int got = read_whole(t, &t->ahead, sizeof(t->ahead), err);

	if (got < 0)
		return -1;
	if (!got && t->header.records)
		return error_at_record(err, lines_name(t->lines), "record", t->taken + 1,
				       "is missing: the header tells of %" PRIu64,
				       t->header.records);
	t->has_ahead = got;
	t->taken += (uint64_t)got;
	return 0;
}

static uint64_t time_of(const struct trc_cursor *t, const struct trc_record *r)
{
	const struct trc_header *h = &t->header;
	const uint64_t ticks = r->time > h->tsc0 ? r->time - h->tsc0 : 0;

	if (h->tsc1 <= h->tsc0 || h->ns1 <= h->ns0)
		return ticks;
	return (uint64_t)((unsigned __int128)ticks * (h->ns1 - h->ns0) / (h->tsc1 - h->tsc0));
}

static int find_task(struct trc_cursor *t, uint32_t thread, uint32_t *task, struct error *err)
{
	const char *slash = strrchr(t->header.exe, '/');
	const uint32_t pid = (uint32_t)t->header.pid;

	return records_out_task(t->out, pid + thread, pid, slash ? slash + 1 : t->header.exe, task,
				err);
}

/* A block of the main arena outside the heap, and the break was not moved to where it lies. */
static bool shows_failed_break(const struct trc_cursor *t, const struct trc_record *r)
{
	const enum trc_operation operation = trc_operation(r);
	const bool moved = trc_operation(&t->ahead) == TRC_BRK;
	const uint64_t end = moved ? t->ahead.out : t->break_end;

	if (!t->has_ahead || !r->out || operation == TRC_FREE || operation >= TRC_MALLOPT ||
	    (trc_chunk_bits(r) & 6) || t->break_failed == t->break_end)
		return false;
	return r->out < t->header.brk0 || r->out >= (end > t->break_end ? end : t->break_end);
}

static int put_failed_break(struct trc_cursor *t, const struct import_event *by, struct error *err)
{
	struct import_event e = { .record = { .operation = OP_BRK,
					      .flags = RECORD_FAILED,
					      .task = by->record.task,
					      .address = t->break_end },
				  .time_ns = by->time_ns };

	t->break_failed = t->break_end;
	return records_out_put(t->out, &e, err);
}

static int take_record(struct trc_cursor *t, const struct trc_record *r, struct error *err)
{
	struct import_event e;

	if (!trc_decode(r, &e)) {
		t->report->unknown_events++;
		return 0;
	}
	e.time_ns = time_of(t, r);
	if (find_task(t, trc_thread(r), &e.record.task, err))
		return -1;
	if (e.record.operation == OP_MEMALIGN &&
	    records_out_alignment(t->out, r->in, &e.record.origin, err))
		return -1;
	if (shows_failed_break(t, r) && put_failed_break(t, &e, err))
		return -1;
	if (e.record.operation == OP_BRK)
		t->break_end = r->out;
	return records_out_put(t->out, &e, err);
}

static int put_process(struct trc_cursor *t, struct error *err)
{
	struct import_event e = { .record = { .operation = OP_PROCESS_START,
					      .address = t->header.brk0 } };

	t->has_begun = true;
	if (t->has_ahead)
		e.time_ns = time_of(t, &t->ahead);
	return find_task(t, 0, &e.record.task, err) ? -1 : records_out_put(t->out, &e, err);
}

static int trc_next(struct trace_cursor *cursor, struct batch *batch, struct error *err)
{
	struct trc_cursor *t = (struct trc_cursor *)cursor;

	if (!t->has_begun && put_process(t, err))
		return -1;
	while (t->has_ahead && records_out_has_room(t->out)) {
		const struct trc_record r = t->ahead;

		if (read_ahead(t, err) || take_record(t, &r, err))
			return -1;
	}
	if (records_out_take(t->out, batch, err))
		return -1;
	t->report->live_at_end = records_out_live(t->out);
	batch->lines = NULL;
	return batch->count > 0;
}

static double trc_progress(const struct trace_cursor *cursor)
{
	return lines_progress(((const struct trc_cursor *)cursor)->lines);
}

static uint64_t trc_hash(const struct trace_cursor *cursor)
{
	return records_out_hash(((const struct trc_cursor *)cursor)->out);
}

static void trc_close(struct trace_cursor *cursor)
{
	struct trc_cursor *t = (struct trc_cursor *)cursor;

	records_out_destroy(t->out);
	lines_close(t->lines);
	free(t);
}

static const struct trace_cursor_ops trc_ops = { trc_next, trc_progress, trc_hash, trc_close };

static int read_header(struct trc_cursor *t, struct error *err)
{
	char page[HEADER_BYTES];
	const int got = read_whole(t, page, sizeof(page), err);

	if (got < 0)
		return -1;
	memcpy(&t->header, page, sizeof(t->header));
	if (!got || !trc_recognise(t->header.magic, sizeof(t->header.magic)))
		return error_set(err, ERROR_INPUT, "%s: does not begin with MTRACE01",
				 lines_name(t->lines));
	t->header.exe[sizeof(t->header.exe) - 1] = '\0';
	t->break_end = t->header.brk0;
	return read_ahead(t, err);
}

static int make_parts(struct trc_cursor *t, struct error *err)
{
	t->out = records_out_create(lines_name(t->lines), t->report, true, err);
	if (!t->out || read_header(t, err))
		return -1;
	t->report->effect_rule = "none";
	return records_out_set_meta(t->out, "source", "trc", err) ||
			       records_out_set_meta(t->out, "level", "libc", err) ||
			       records_out_set_meta(t->out, "libc", "ptmalloc", err) ||
			       records_out_set_meta(t->out, "chunk_flags", "1", err) ||
			       records_out_set_meta(t->out, "exe", t->header.exe, err)
		       ? -1
		       : 0;
}

static struct trace_cursor *trc_open(struct lines *lines, const struct import_options *options,
				     struct import_report *report, struct error *err)
{
	struct trc_cursor *t = calloc(1, sizeof(*t));

	(void)options;
	if (!t) {
		error_set(err, ERROR_RUN, "%s: out of memory", lines_name(lines));
		lines_close(lines);
		return NULL;
	}
	t->lines = lines;
	t->report = report ? report : &t->own_report;
	*t->report = (struct import_report){ 0 };
	if (make_parts(t, err)) {
		trc_close(&t->cursor);
		return NULL;
	}
	t->cursor = (struct trace_cursor){
		.ops = &trc_ops,
		.definitions = records_out_definitions(t->out),
		.name = lines_name(lines),
		.format = "trc",
	};
	return &t->cursor;
}

extern const struct import_format trc_format;

const struct import_format trc_format = {
	.info = { .abi = POLICY_ABI,
		  .name = "trc",
		  .help = "binary recordings of malloc and its like (MTRACE01)" },
	.recognise = trc_recognise,
	.open = trc_open,
};
