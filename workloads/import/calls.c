/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "import/calls.h"

#include <stdlib.h>
#include <string.h>

#include "base/ptrmap.h"
#include "core/extension.h"
#include "import/records_out.h"
#include "import/unknown.h"

/* Where glibc puts the first block of a heap: behind its thread's cache. */
enum { FIRST_BLOCK = 0x2a0 };

/* Heaps of programs lie below their libraries and mappings. */
#define HEAPS_END UINT64_C(0x7e0000000000)

struct calls {
	struct trace_cursor cursor;
	const struct call_format *format;
	struct lines *lines;
	struct import_report *report;
	struct import_report own_report; /* when the caller wants none */
	struct records_out *out;
	struct unknown_events *unknown;
	struct ptrmap *processes; /* by tgid, numbered from 1 */
	uint32_t first_tgid;
	uint64_t first_ns;
	bool has_time, has_ended, has_allocated;
	void *state;
};

struct import_report *calls_report(struct calls *c)
{
	return c->report;
}

enum call_result calls_unknown(struct calls *c, const char *name, size_t length, struct error *err)
{
	const struct line_head head = { .event = name, .event_length = length };

	c->report->unknown_events++;
	return unknown_events_count(c->unknown, &head, err) ? CALL_ERROR : CALL_GOOD;
}

enum call_result calls_comment(struct calls *c)
{
	c->report->comments++;
	return CALL_GOOD;
}

enum call_result calls_unparsed(struct calls *c)
{
	import_report_unparsed(c->report, c->report->lines);
	return CALL_GOOD;
}

enum call_result calls_damaged(struct calls *c, const char *what, struct error *err)
{
	error_at_record(err, lines_name(c->lines), "line", lines_number(c->lines), "%s", what);
	return CALL_DAMAGED;
}

static struct record *extend(struct import_event *e)
{
	return record_extend(&e->record, &e->extension);
}

static uint32_t clip(struct calls *c, uint64_t value)
{
	c->report->clipped_sizes += value > UINT32_MAX;
	return value > UINT32_MAX ? UINT32_MAX : (uint32_t)value;
}

static void set_mapping(struct calls *c, struct import_event *e, const struct call *call)
{
	e->record.size = clip(c, pages_of_bytes(call->bytes));
	if (call->operation == OP_MMAP || call->operation == OP_MREMAP) {
		extension_set_length(extend(e), call->bytes);
		if (address_is_failure(call->address))
			e->record.flags |= RECORD_FAILED;
	}
	if (call->operation == OP_MMAP) {
		e->extension.origin = clip(c, call->prot);
		e->extension.task = clip(c, call->word);
	} else if (call->operation == OP_MREMAP) {
		e->extension.address = call->old;
		e->extension.origin = clip(c, pages_of_bytes(call->old_bytes));
	} else if (call->operation == OP_MADVISE) {
		extend(e)->origin = clip(c, call->word);
	} else if (call->operation == OP_MPROTECT) {
		record_set_detail(&e->record, call->prot);
	}
}

/* realloc(NULL, n) is malloc(n), realloc(p, 0) that gives NULL is free(p). */
static void set_block(struct import_event *e, const struct call *call)
{
	const bool renews = call->operation == OP_REALLOC;

	if (renews && call->old && !call->address && !call->bytes) {
		e->record.operation = OP_FREE;
		e->record.address = call->old;
		return;
	}
	record_set_size(&e->record, &e->extension, call->bytes);
	if (!call->address)
		e->record.flags |= RECORD_FAILED;
	if (renews && !call->old)
		e->record.operation = OP_MALLOC;
	else if (renews)
		extend(e)->address = call->old;
}

static void set_fields(struct calls *c, struct import_event *e, const struct call *call)
{
	const struct operation_info *info = &operation_table[call->operation];

	e->record.operation = call->operation;
	e->record.address = call->address;
	record_set_detail(&e->record, call->detail);
	switch (call->operation) {
	case OP_MMAP:
	case OP_MUNMAP:
	case OP_MREMAP:
	case OP_MPROTECT:
	case OP_MADVISE:
	case OP_MLOCK:
		set_mapping(c, e, call);
		break;
	default:
		if (info->ids == ID_ALLOC || info->ids == ID_USE)
			set_block(e, call);
		else
			e->record.size = clip(c, call->bytes);
	}
}

static int find_process(struct calls *c, uint32_t tgid, uint32_t *process, struct error *err)
{
	uint32_t *number = ptrmap_at(c->processes, tgid, err);

	if (!number)
		return -1;
	if (*number == PTRMAP_NONE)
		*number = (uint32_t)ptrmap_count(c->processes);
	*process = *number;
	return 0;
}

/* A program is seen from its beginning when its first block lies where a heap's first one does. */
static int put_start(struct calls *c, const struct call *call, uint32_t task, uint64_t time_ns,
		     struct error *err)
{
	const struct operation_info *info = &operation_table[call->operation];
	struct import_event e = { .record = { .operation = OP_PROCESS_START,
					      .task = task,
					      .address = call->address - FIRST_BLOCK },
				  .process = 1,
				  .origin_given = true };
	const bool is_first =
		!c->has_allocated && info->space == SPACE_HEAP && info->ids != ID_FREE;

	c->has_allocated |= is_first;
	if (!is_first || !c->format->begins_with_program || call->address >= HEAPS_END ||
	    call->address % PAGE_SIZE_BYTES != FIRST_BLOCK)
		return 0;
	e.time_ns = time_ns;
	return records_out_put(c->out, &e, err) ||
			       records_out_set_meta(c->out, "brk0", "inferred", err)
		       ? -1
		       : 0;
}

static int find_references(struct calls *c, const struct call *call, struct import_event *e,
			   struct error *err)
{
	const uint32_t tgid = call->tgid ? call->tgid : c->first_tgid;

	if (find_process(c, tgid, &e->process, err) ||
	    records_out_task(c->out, call->tid, tgid, call->comm ? call->comm : "", &e->record.task,
			     err))
		return -1;
	if (call->alignment)
		return records_out_alignment(c->out, call->alignment, &e->record.origin, err);
	if (operation_table[call->operation].space == SPACE_OBJECT)
		return records_out_object(c->out, call->gfp, call->bytes_alloc, &e->record.origin,
					  err);
	return 0;
}

enum call_result calls_put(struct calls *c, const struct call *call, struct error *err)
{
	struct import_event e = { .line = lines_number(c->lines), .origin_given = true };

	if (!c->first_tgid)
		c->first_tgid = call->tgid ? call->tgid : call->tid ? call->tid : 1;
	if (!c->has_time && call->time_ns) {
		c->first_ns = call->time_ns;
		c->has_time = true;
	}
	e.time_ns = call->time_ns > c->first_ns ? call->time_ns - c->first_ns : 0;
	if (find_references(c, call, &e, err))
		return CALL_ERROR;
	if (put_start(c, call, e.record.task, e.time_ns, err))
		return CALL_ERROR;
	set_fields(c, &e, call);
	e.record.cpu_detail |= (uint16_t)(call->cpu & RECORD_CPU_MASK);
	return records_out_put(c->out, &e, err) ? CALL_ERROR : CALL_GOOD;
}

enum call_result calls_put_exit(struct calls *c, uint32_t tid, uint32_t tgid, uint64_t time_ns,
				struct error *err)
{
	const bool is_process = tid == (tgid ? tgid : c->first_tgid);
	const struct call call = { .operation = is_process ? OP_EXIT : OP_THREAD_EXIT,
				   .tid = tid,
				   .tgid = tgid,
				   .time_ns = time_ns };

	return calls_put(c, &call, err);
}

bool calls_knows_block(const struct calls *c, uint64_t address)
{
	const uint32_t process = ptrmap_get(c->processes, c->first_tgid);

	return process != PTRMAP_NONE && records_out_knows(c->out, process, address);
}

/* The last line may have been cut; one in the middle has not. */
static int judge_damage(struct calls *c, struct error *err)
{
	struct error ignored = { 0 };
	char *line;
	size_t length;

	if (lines_next(c->lines, &line, &length, &ignored) != 0)
		return -1;
	err->kind = ERROR_NONE;
	c->has_ended = true;
	calls_unparsed(c);
	return 0;
}

static int read_line(struct calls *c, struct error *err)
{
	char *line;
	size_t length;
	const int got = lines_next(c->lines, &line, &length, err);

	if (got <= 0) {
		c->has_ended = got == 0;
		return got;
	}
	c->report->lines++;
	if (length != strlen(line))
		return error_at_record(err, lines_name(c->lines), "line", c->report->lines,
				       "holds a NUL: this is no text");
	const enum call_result result = c->format->line(c->state, c, line, err);

	return result == CALL_DAMAGED ? judge_damage(c, err) : result;
}

static int finish(struct calls *c, struct error *err)
{
	unknown_events_report(c->unknown, c->report);
	c->report->live_at_end = records_out_live(c->out);
	return records_out_set_meta(c->out, "cannot_tell", c->format->cannot_tell, err) ||
			       records_out_set_meta(c->out, "assumed", c->format->assumed, err)
		       ? -1
		       : 0;
}

static int calls_next(struct trace_cursor *cursor, struct batch *batch, struct error *err)
{
	struct calls *c = (struct calls *)cursor;

	*batch = (struct batch){ 0 };
	while (batch->count == 0) {
		while (!c->has_ended && records_out_has_room(c->out))
			if (read_line(c, err))
				return -1;
		if (records_out_take(c->out, batch, err))
			return -1;
		if (batch->count == 0 && c->has_ended)
			return finish(c, err);
	}
	return 1;
}

static double calls_progress(const struct trace_cursor *cursor)
{
	return lines_progress(((const struct calls *)cursor)->lines);
}

static uint64_t calls_hash(const struct trace_cursor *cursor)
{
	return records_out_hash(((const struct calls *)cursor)->out);
}

static void calls_close(struct trace_cursor *cursor)
{
	struct calls *c = (struct calls *)cursor;

	if (c->format->end && c->state)
		c->format->end(c->state);
	free(c->state);
	records_out_destroy(c->out);
	unknown_events_destroy(c->unknown);
	ptrmap_destroy(c->processes);
	lines_close(c->lines);
	free(c);
}

static const struct trace_cursor_ops calls_ops = { calls_next, calls_progress, calls_hash,
						   calls_close };

static int make_parts(struct calls *c, struct error *err)
{
	c->state = calloc(1, c->format->state_size + 1);
	if (!c->state)
		return error_set(err, ERROR_RUN, "%s: out of memory", lines_name(c->lines));
	c->out = records_out_create(lines_name(c->lines), c->report, true, err);
	c->unknown = unknown_events_create(err);
	c->processes = ptrmap_create(err);
	if (!c->out || !c->unknown || !c->processes)
		return -1;
	c->report->effect_rule = "none";
	c->report->cannot_tell = c->format->cannot_tell;
	c->report->assumed = c->format->assumed;
	return records_out_set_meta(c->out, "source", c->format->name, err) ||
			       records_out_set_meta(c->out, "level", c->format->level, err)
		       ? -1
		       : 0;
}

struct trace_cursor *calls_open(const struct call_format *format, struct lines *lines,
				struct import_report *report, struct error *err)
{
	struct calls *c = calloc(1, sizeof(*c));

	if (!c) {
		error_set(err, ERROR_RUN, "%s: out of memory", lines_name(lines));
		lines_close(lines);
		return NULL;
	}
	c->format = format;
	c->lines = lines;
	c->report = report ? report : &c->own_report;
	*c->report = (struct import_report){ 0 };
	if (make_parts(c, err)) {
		calls_close(&c->cursor);
		return NULL;
	}
	c->cursor = (struct trace_cursor){
		.ops = &calls_ops,
		.definitions = records_out_definitions(c->out),
		.name = lines_name(lines),
		.format = format->name,
		.has_lines = true,
	};
	return &c->cursor;
}
