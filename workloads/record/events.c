/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "record/events.h"

#include <stdlib.h>
#include <string.h>

#include "core/extension.h"

/* What sysmalloc() of glibc takes where the break is stuck: at least 1 MiB the first time. */
enum { PIECE_BYTES_MIN = 1 << 20, CHUNK_HEADER_BYTES = 16, TOP_PAD = 128 << 10 };

static const uint8_t operations[RAW_OPERATIONS] = {
	[RAW_MALLOC] = OP_MALLOC,
	[RAW_CALLOC] = OP_CALLOC,
	[RAW_REALLOC] = OP_REALLOC,
	[RAW_MEMALIGN] = OP_MEMALIGN,
	[RAW_FREE] = OP_FREE,
	[RAW_MALLOPT] = OP_MALLOPT,
	[RAW_MALLOC_TRIM] = OP_MALLOC_TRIM,
	[RAW_BRK_FOREIGN] = OP_BRK,
	[RAW_THREAD_START] = OP_THREAD_START,
	[RAW_THREAD_EXIT] = OP_THREAD_EXIT,
	[RAW_MMAP] = OP_MMAP,
	[RAW_MUNMAP] = OP_MUNMAP,
	[RAW_MREMAP] = OP_MREMAP,
	[RAW_MADVISE] = OP_MADVISE,
	[RAW_MPROTECT] = OP_MPROTECT,
	[RAW_MLOCK] = OP_MLOCK,
	[RAW_MLOCKALL] = OP_MLOCKALL,
	[RAW_FORKED] = OP_FORK,
	[RAW_MARK] = OP_MARK,
};

void raw_decoder_free(struct raw_decoder *d)
{
	free(d->threads);
	free(d->pieces);
}

void raw_decoder_name(const struct raw_decoder *d, unsigned thread, struct recorded_event *e)
{
	const bool known = thread < d->thread_count && d->threads[thread].tid;

	e->tid = known ? d->threads[thread].tid : d->main_tid;
	e->comm = known ? d->threads[thread].comm : "";
}

static int no_memory(struct error *err)
{
	return error_set(err, ERROR_RUN, "no memory for the recorded programs");
}

int raw_decoder_inherit(struct raw_decoder *d, const struct raw_decoder *parent, struct error *err)
{
	struct heap_piece *pieces = calloc(parent->piece_count + 1, sizeof(*pieces));

	if (!pieces)
		return no_memory(err);
	if (parent->piece_count)
		memcpy(pieces, parent->pieces, parent->piece_count * sizeof(*pieces));
	free(d->pieces);
	d->pieces = pieces;
	d->piece_count = parent->piece_count;
	return 0;
}

static struct raw_thread_name *thread_at(struct raw_decoder *d, unsigned thread, struct error *err)
{
	if (thread >= d->thread_count) {
		const uint32_t count = 2 * thread + 16;
		struct raw_thread_name *grown = realloc(d->threads, count * sizeof(*grown));

		if (!grown) {
			no_memory(err);
			return NULL;
		}
		memset(grown + d->thread_count, 0, (count - d->thread_count) * sizeof(*grown));
		d->threads = grown;
		d->thread_count = count;
	}
	return &d->threads[thread];
}

/* The first thread of a stream began with its process: only others have an event of their own. */
static int start_thread(struct raw_decoder *d, const struct raw_record *raw, struct error *err)
{
	struct raw_thread_name *thread = thread_at(d, raw_thread(raw), err);

	if (!thread)
		return -1;
	thread->tid = (uint32_t)raw->in;
	thread->comm[0] = '\0';
	if (d->main_tid)
		return 1;
	d->main_tid = thread->tid;
	return 0;
}

static int name_thread(struct raw_decoder *d, const struct raw_record *raw, struct error *err)
{
	struct raw_thread_name *thread = thread_at(d, raw_thread(raw), err);

	if (!thread)
		return -1;
	memcpy(thread->comm, &raw->in, 16);
	return 0;
}

static struct record *extend(struct recorded_event *e)
{
	e->extension = (struct record){ 0 };
	return record_extend(&e->record, &e->extension);
}

static void set_block(struct recorded_event *e, const struct raw_record *raw, uint64_t bytes)
{
	e->record.address = raw->out;
	if (bytes > UINT32_MAX)
		extend(e);
	record_set_size(&e->record, &e->extension, bytes);
	record_set_detail(&e->record, raw_chunk_bits(raw));
	if (!raw->out)
		e->record.flags |= RECORD_FAILED;
}

/* realloc(NULL, n) is malloc(n), realloc(p, 0) that gives NULL is free(p). */
static void set_realloc(struct recorded_event *e, const struct raw_record *raw)
{
	if (raw->in && !raw->out && !raw_size(raw)) {
		e->record.operation = OP_FREE;
		e->record.address = raw->in;
		return;
	}
	set_block(e, raw, raw_bytes(raw));
	if (!raw->in)
		e->record.operation = OP_MALLOC;
	else if (e->record.flags & RECORD_EXTENDED)
		e->extension.address = raw->in;
	else
		extend(e)->address = raw->in;
}

static uint32_t clip(uint64_t value)
{
	return value > UINT32_MAX ? UINT32_MAX : (uint32_t)value;
}

static void set_range(struct recorded_event *e, uint64_t address, uint64_t length)
{
	e->record.address = address;
	e->record.size = clip(pages_of_bytes(length));
	if (operation_table[e->record.operation].ids != ID_FREE && address_is_failure(address))
		e->record.flags |= RECORD_FAILED;
}

static void set_mmap(struct recorded_event *e, const struct raw_record *raw)
{
	struct record *extension = extend(e);

	set_range(e, raw->out, raw->in);
	extension_set_length(extension, raw->in);
	extension->origin = raw_size(raw) & 255;
	extension->task = (uint32_t)(raw_size(raw) >> 8);
}

static void set_mremap(struct recorded_event *e, const struct raw_decoder *d,
		       const struct raw_record *raw)
{
	struct record *extension = extend(e);

	set_range(e, raw->out, d->new_length);
	extension_set_length(extension, d->new_length);
	extension->address = raw->in;
	extension->origin = clip(pages_of_bytes(d->old_length));
}

static void set_heap_call(struct recorded_event *e, const struct raw_record *raw)
{
	switch (raw_operation(raw)) {
	case RAW_MEMALIGN:
		e->alignment = raw->in;
		set_block(e, raw, raw_bytes(raw));
		break;
	case RAW_REALLOC:
		set_realloc(e, raw);
		break;
	case RAW_FREE:
		e->record.address = raw->in;
		record_set_detail(
			&e->record,
			raw_chunk_bits(raw) |
				(raw_thread(raw) == RAW_THREAD_ENDED ? FREE_BY_ENDED_THREAD : 0));
		break;
	case RAW_MALLOPT:
		e->record.size = (uint32_t)raw->in;
		e->record.address = raw->out;
		break;
	case RAW_MALLOC_TRIM:
		e->record.size = clip(raw->in);
		break;
	default:
		set_block(e, raw, raw->in);
	}
}

static void set_space_call(struct recorded_event *e, const struct raw_decoder *d,
			   const struct raw_record *raw)
{
	switch (raw_operation(raw)) {
	case RAW_BRK_FOREIGN:
		e->record.address = raw->out;
		record_set_detail(&e->record, 1);
		break;
	case RAW_MMAP:
		set_mmap(e, raw);
		break;
	case RAW_MREMAP:
		set_mremap(e, d, raw);
		break;
	case RAW_MADVISE:
		extend(e)->origin = clip(raw_size(raw));
		set_range(e, raw->out, raw->in);
		break;
	case RAW_MPROTECT:
		record_set_detail(&e->record, raw_size(raw));
		set_range(e, raw->out, raw->in);
		break;
	case RAW_MLOCKALL:
	case RAW_MARK:
	case RAW_FORKED:
		e->record.size = (uint32_t)(raw_operation(raw) == RAW_FORKED ? raw->out : raw->in);
		break;
	default:
		set_range(e, raw->out, raw->in);
	}
}

/* A block of the main arena that is neither in the heap nor in a piece known to be outside it. */
static bool is_outside(struct raw_decoder *d, const struct recorded_event *e)
{
	const struct record *r = &e->record;

	if (!d->is_glibc || operation_table[r->operation].space != SPACE_HEAP ||
	    r->operation == OP_FREE || r->flags & RECORD_FAILED || record_detail(r) & 6 ||
	    (r->address >= d->brk0 && r->address < d->brk))
		return false;
	for (uint32_t i = 0; i < d->piece_count; i++) {
		const uint32_t index = (d->piece_last + i) % d->piece_count;

		if (r->address >= d->pieces[index].begin && r->address < d->pieces[index].end) {
			d->piece_last = index;
			return false;
		}
	}
	return true;
}

static struct recorded_event break_event(const struct raw_decoder *d,
					 const struct recorded_event *by, unsigned flags)
{
	struct recorded_event e = { .tid = by->tid, .comm = by->comm };

	e.record =
		(struct record){ .operation = OP_BRK, .flags = (uint8_t)flags, .address = d->brk };
	return e;
}

/*
 * The break could not be moved: nothing tells that but the block that was put elsewhere. The new
 * piece begins with it.
 */
static int tell_failed_break(struct raw_decoder *d, struct recorded_event *events,
			     const struct raw_record *raw, struct error *err)
{
	const uint64_t bytes = raw_operation(raw) == RAW_MALLOC || raw_operation(raw) == RAW_CALLOC
				       ? raw->in
				       : raw_size(raw);
	const uint64_t begin = events[0].record.address - CHUNK_HEADER_BYTES;
	const uint64_t needed = pages_of_bytes(bytes + TOP_PAD + 2 * CHUNK_HEADER_BYTES)
				<< PAGE_SHIFT;
	struct heap_piece *grown = realloc(d->pieces, (d->piece_count + 1) * sizeof(*grown));

	if (!grown)
		return no_memory(err);
	d->pieces = grown;
	d->pieces[d->piece_count++] = (struct heap_piece){
		begin, begin + (needed > PIECE_BYTES_MIN ? needed : PIECE_BYTES_MIN)
	};
	if (d->brk_failed == d->brk)
		return 1;
	d->brk_failed = d->brk;
	events[1] = events[0];
	events[0] = break_event(d, &events[1], RECORD_FAILED);
	return 2;
}

/* Records that are no event of their own. */
static int take_note(struct raw_decoder *d, const struct raw_record *raw, struct error *err)
{
	switch (raw_operation(raw)) {
	case RAW_NAME:
		return name_thread(d, raw, err);
	case RAW_BRK:
		d->brk = raw->out;
		d->has_moved = true;
		return 0;
	case RAW_MREMAP_LENGTHS:
		d->old_length = raw->in;
		d->new_length = raw->out;
		return 0;
	case RAW_FORK:
	case RAW_EXEC:
		return 0;
	default:
		return RAW_SENSELESS;
	}
}

int raw_decode(struct raw_decoder *d, const struct raw_record *raw, struct recorded_event *events,
	       struct error *err)
{
	struct recorded_event *e = &events[0];
	const unsigned operation = raw_operation(raw);

	if (operation >= RAW_OPERATIONS || !operations[operation])
		return take_note(d, raw, err);
	e->record = (struct record){ .operation = operations[operation] };
	e->alignment = 0;
	if (operation == RAW_THREAD_START) {
		const int told = start_thread(d, raw, err);

		raw_decoder_name(d, raw_thread(raw), e);
		return told;
	}
	raw_decoder_name(d, raw_thread(raw), e);
	if (operation <= RAW_MALLOC_TRIM)
		set_heap_call(e, raw);
	else if (operation != RAW_THREAD_EXIT)
		set_space_call(e, d, raw);
	if (operation == RAW_BRK_FOREIGN)
		d->brk = raw->out;
	int count = is_outside(d, e) ? tell_failed_break(d, events, raw, err) : 1;

	if (count > 0 && d->has_moved) {
		events[count] = break_event(d, &events[count - 1], 0);
		count++;
	}
	d->has_moved = false;
	return count;
}
