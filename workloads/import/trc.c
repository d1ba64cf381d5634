/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "import/trc.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/definitions.h"
#include "core/operation.h"
#include "core/trace_hash.h"
#include "import/identity.h"
#include "import/import.h"
#include "import/lines.h"

enum {
	READ_RECORDS = 4096,
	/* A record goes out with at most two made up before it, and an extension. */
	BATCH_RECORDS = 4 * READ_RECORDS,
	THREADS_MAX = 1 << 16,
	ALIGNMENTS_MAX = 64,
};

struct trc_header {
	char magic[8];
	uint64_t records, brk0;
	uint64_t tsc0, ns0, tsc1, ns1; /* the clock's two ends; tsc1 0: never reached */
	uint64_t pid, threads;
	char exe[256];
};

enum { HEADER_BYTES = 4096 };

static const char magic[8] = { 'M', 'T', 'R', 'A', 'C', 'E', '0', '1' };

struct alignment {
	uint64_t bytes;
	uint32_t origin;
};

struct trc_cursor {
	struct trace_cursor cursor;
	struct lines *lines;
	struct import_report *report;
	struct import_report own_report;
	struct definition_table *table;
	struct identity *identity;
	struct trace_hash *hash;
	struct trc_header header;
	uint64_t taken;                   /* records of the file */
	uint64_t break_end, break_failed; /* the break where it was found to fail */
	uint64_t latest_ns;
	struct alignment alignments[ALIGNMENTS_MAX];
	uint32_t alignment_count;
	uint64_t records_out;
	struct trc_record ahead; /* read and not yet looked at */
	bool has_ahead;
	uint32_t task_of[THREADS_MAX]; /* + 1 */
	struct record records[BATCH_RECORDS];
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

static uint64_t time_of(struct trc_cursor *t, const struct trc_record *r)
{
	const struct trc_header *h = &t->header;
	uint64_t ticks = r->time > h->tsc0 ? r->time - h->tsc0 : 0;

	if (h->tsc1 > h->tsc0 && h->ns1 > h->ns0)
		ticks = (uint64_t)((unsigned __int128)ticks * (h->ns1 - h->ns0) /
				   (h->tsc1 - h->tsc0));
	if (ticks > t->latest_ns)
		t->latest_ns = ticks;
	return t->latest_ns;
}

static int find_task(struct trc_cursor *t, uint32_t thread, uint32_t *task, struct error *err)
{
	if (!t->task_of[thread]) {
		const char *slash = strrchr(t->header.exe, '/');
		const struct task_def d = {
			.tid = (uint32_t)t->header.pid + thread,
			.tgid = (uint32_t)t->header.pid,
			.comm = slash ? slash + 1 : t->header.exe,
		};
		const uint32_t index = definition_add_task(t->table, &d, err);

		if (index == UINT32_MAX)
			return -1;
		t->task_of[thread] = index + 1;
	}
	*task = t->task_of[thread] - 1;
	return 0;
}

static int find_alignment(struct trc_cursor *t, uint64_t bytes, uint32_t *origin, struct error *err)
{
	for (uint32_t i = 0; i < t->alignment_count; i++) {
		if (t->alignments[i].bytes == bytes) {
			*origin = t->alignments[i].origin;
			return 0;
		}
	}
	if (bytes > UINT32_MAX || t->alignment_count == ALIGNMENTS_MAX)
		return error_at_record(err, lines_name(t->lines), "record", t->taken,
				       "an alignment of %" PRIu64 " bytes is too much", bytes);
	const struct origin_def d = {
		.call_site = "", .cache = CACHE_NONE, .node = -1, .align = (uint32_t)bytes
	};

	*origin = definition_add_origin(t->table, &d, err);
	t->alignments[t->alignment_count++] = (struct alignment){ bytes, *origin };
	return *origin == UINT32_MAX ? -1 : 0;
}

static void put(struct trc_cursor *t, struct batch *batch, const struct import_event *e,
		uint64_t time_ns)
{
	const uint32_t time = (uint32_t)(time_ns - batch->base_ns);

	t->records[batch->count] = e->record;
	t->records[batch->count++].time = time;
	if (!(e->record.flags & RECORD_EXTENDED))
		return;
	t->records[batch->count] = e->extension;
	t->records[batch->count++].time = time;
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

static void put_failed_break(struct trc_cursor *t, struct batch *batch, uint32_t task,
			     uint64_t time_ns)
{
	const struct import_event e = { .record = { .operation = OP_BRK,
						    .flags = RECORD_FAILED,
						    .task = task,
						    .address = t->break_end } };

	t->break_failed = t->break_end;
	put(t, batch, &e, time_ns);
}

static int take_record(struct trc_cursor *t, const struct trc_record *r, uint64_t time_ns,
		       struct batch *batch, struct error *err)
{
	struct import_event e, before;

	if (!trc_decode(r, &e)) {
		t->report->unknown_events++;
		return 0;
	}
	if (find_task(t, trc_thread(r), &e.record.task, err))
		return -1;
	if (e.record.operation == OP_MEMALIGN && find_alignment(t, r->in, &e.record.origin, err))
		return -1;
	if (shows_failed_break(t, r))
		put_failed_break(t, batch, e.record.task, time_ns);
	if (e.record.operation == OP_BRK)
		t->break_end = r->out;
	e.extension.task = 0;
	const int events = identity_resolve(t->identity, &e, &before, err);

	if (events < 0)
		return -1;
	if (events == 2)
		put(t, batch, &before, time_ns);
	if (events > 0)
		put(t, batch, &e, time_ns);
	t->report->events += events > 0;
	return 0;
}

static int put_process(struct trc_cursor *t, struct batch *batch, struct error *err)
{
	struct import_event e = { .record = { .operation = OP_PROCESS_START,
					      .address = t->header.brk0 } };

	if (find_task(t, 0, &e.record.task, err))
		return -1;
	put(t, batch, &e, batch->base_ns);
	return 0;
}

static int fill(struct trc_cursor *t, struct batch *batch, struct error *err)
{
	if (t->records_out == 0 && put_process(t, batch, err))
		return -1;
	for (int i = 0; i < READ_RECORDS - 1 && t->has_ahead; i++) {
		const struct trc_record r = t->ahead;
		const uint64_t time_ns = time_of(t, &r);

		if (time_ns - batch->base_ns > UINT32_MAX)
			break;
		if (read_ahead(t, err) || take_record(t, &r, time_ns, batch, err))
			return -1;
	}
	return 0;
}

static int trc_next(struct trace_cursor *cursor, struct batch *batch, struct error *err)
{
	struct trc_cursor *t = (struct trc_cursor *)cursor;

	*batch = (struct batch){ .records = t->records,
				 .base_ns = t->latest_ns,
				 .first_record = t->records_out };
	while (batch->count == 0) {
		if (t->records_out && !t->has_ahead) {
			t->report->live_at_end = identity_live(t->identity);
			return 0;
		}
		if (t->has_ahead)
			batch->base_ns = time_of(t, &t->ahead);
		if (fill(t, batch, err))
			return -1;
	}
	t->records_out += batch->count;
	trace_hash_update(t->hash, batch);
	return 1;
}

static double trc_progress(const struct trace_cursor *cursor)
{
	return lines_progress(((const struct trc_cursor *)cursor)->lines);
}

static uint64_t trc_hash(const struct trace_cursor *cursor)
{
	return trace_hash_value(((const struct trc_cursor *)cursor)->hash, cursor->definitions);
}

static void trc_close(struct trace_cursor *cursor)
{
	struct trc_cursor *t = (struct trc_cursor *)cursor;

	identity_destroy(t->identity);
	trace_hash_destroy(t->hash);
	if (t->table)
		definition_table_destroy(t->table);
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
	t->table = definition_table_create();
	t->hash = trace_hash_create();
	if (!t->table || !t->hash)
		return error_set(err, ERROR_RUN, "%s: out of memory", lines_name(t->lines));
	t->identity = identity_create(t->table, t->report, err);
	if (!t->identity || read_header(t, err))
		return -1;
	t->report->effect_rule = "none";
	return definition_set_meta(t->table, "source", "trc", err) ||
			       definition_set_meta(t->table, "level", "libc", err) ||
			       definition_set_meta(t->table, "libc", "ptmalloc", err) ||
			       definition_set_meta(t->table, "chunk_flags", "1", err) ||
			       definition_set_meta(t->table, "exe", t->header.exe, err)
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
		.definitions = definition_table_view(t->table),
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
