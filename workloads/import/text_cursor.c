/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lines become events, events wait in the window until what follows has told what they were, and
 * leave it as records. Memory is that of the window, the names and what is alive.
 */
#include "import/text_cursor.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/ptrmap.h"
#include "core/operation.h"
#include "core/trace_hash.h"
#include "import/begins.h"
#include "import/bulk_pages.h"
#include "import/effects.h"
#include "import/grammar.h"
#include "import/identity.h"
#include "import/moved.h"
#include "import/nested.h"
#include "import/own_traffic.h"
#include "import/unknown.h"

enum {
	BATCH_EVENTS = 4096,
	/* An event goes out with at most one made up before it, an extension, and two that begin.
	 */
	BATCH_RECORDS = 5 * BATCH_EVENTS,
};

struct text_cursor {
	struct trace_cursor cursor;
	struct lines *lines;
	struct import_report *report;
	struct import_report own_report; /* when the caller wants none */
	struct definition_table *table;
	struct decoder decoder;
	struct unknown_events *unknown;
	struct window window;
	struct nested *nested;
	struct moved moved;
	struct begins begins;
	struct bulk_pages bulk;
	struct effects *effects; /* NULL: none are looked for */
	struct identity *identity;
	struct own_traffic *own_traffic;
	struct trace_hash *hash;
	uint64_t latest_ns;
	enum import_level level;
	bool objects_seen, heap_seen; /* events of objects, of heap blocks, entered the window */
	bool ended;
	uint64_t records_out;
	struct record records[BATCH_RECORDS];
	uint64_t record_lines[BATCH_RECORDS];
};

/* Refills, drains and steals never are anything but a consequence. */
static bool is_always_effect(unsigned operation)
{
	return operation == OP_MM_PAGE_ALLOC_ZONE_LOCKED || operation == OP_MM_PAGE_PCPU_DRAIN ||
	       operation == OP_MM_PAGE_ALLOC_EXTFRAG;
}

/* The event that stands at the window's head enters it. */
static int enter_window(struct text_cursor *t, struct error *err)
{
	struct import_event *e = window_at(&t->window, t->window.head);
	e->line = t->decoder.line;
	if (e->time_ns < t->latest_ns) {
		t->report->out_of_order++;
		e->time_ns = t->latest_ns;
	}
	t->latest_ns = e->time_ns;
	t->objects_seen |= operation_table[e->record.operation].space == SPACE_OBJECT;
	t->heap_seen |= operation_table[e->record.operation].space == SPACE_HEAP;
	uint64_t number = t->window.head++;
	if (t->decoder.whole_dump)
		return 0;
	bulk_pages_enter(&t->bulk, t->decoder.names, &t->window, number, t->report);
	if (is_always_effect(e->record.operation)) {
		e->record.flags |= RECORD_EFFECT;
		t->report->effects++;
	}
	t->report->moved_pages += moved_enter(&t->moved, e);
	begins_enter(&t->begins, &t->window, number);
	if (nested_enter(t->nested, &t->window, number, err))
		return -1;
	return t->effects ? effects_advance(t->effects, err) : 0;
}

static int event_line(struct text_cursor *t, const struct line_head *head, struct error *err)
{
	struct decoder *d = &t->decoder;
	struct import_event *e = window_at(&t->window, t->window.head);
	const struct event_rule *rule = grammar_find(head->event, head->event_length);
	if (!rule) {
		int marker = marker_parse(d, head, e, err);
		if (marker)
			return marker < 0 ? -1 : enter_window(t, err);
		t->report->unknown_events++;
		return unknown_events_count(t->unknown, head, err);
	}
	d->arguments = head->arguments;
	fields_parse(head->arguments, &d->fields);
	if (!grammar_is_met(d, rule)) {
		import_report_unparsed(t->report, t->decoder.line);
		return 0;
	}
	if (grammar_apply(d, rule, head, e, err) ||
	    (d->whole_dump && grammar_check_references(d, e, err)))
		return -1;
	return enter_window(t, err);
}

/* What a comment may have told about the whole trace. */
static void heed_comment(struct text_cursor *t)
{
	if (t->decoder.whole_dump) {
		effects_destroy(t->effects);
		t->effects = NULL;
	}
	if (t->effects && t->decoder.page_offset)
		effects_set_base(t->effects, t->decoder.page_offset);
}

static int read_line(struct text_cursor *t, const char *line, struct error *err)
{
	struct line_head head;
	if (*line == '\0') {
		t->report->comments++;
		return 0;
	}
	int comment = comment_parse(&t->decoder, line, err);
	if (comment) {
		t->report->comments++;
		heed_comment(t);
		return comment < 0 ? -1 : 0;
	}
	if (!head_parse(line, &head)) {
		import_report_unparsed(t->report, t->decoder.line);
		return 0;
	}
	return event_line(t, &head, err);
}

static int fill_window(struct text_cursor *t, struct error *err)
{
	while (!t->ended && t->window.head - t->window.tail < WINDOW_EVENTS + BATCH_EVENTS) {
		char *line;
		size_t length;
		int got = lines_next(t->lines, &line, &length, err);
		if (got < 0)
			return -1;
		t->ended = got == 0;
		if (t->ended)
			break;
		t->report->lines++;
		t->decoder.line = lines_number(t->lines);
		if (read_line(t, line, err))
			return -1;
	}
	return 0;
}

static void put_record(struct text_cursor *t, struct batch *batch, const struct import_event *e)
{
	struct record *r = &t->records[batch->count];
	t->record_lines[batch->count++] = e->line;
	*r = e->record;
	r->time = (uint32_t)(e->time_ns - batch->base_ns);
	if (!(r->flags & RECORD_EXTENDED))
		return;
	r = &t->records[batch->count];
	t->record_lines[batch->count++] = e->line;
	*r = e->extension;
	r->time = (uint32_t)(e->time_ns - batch->base_ns);
}

/* A free without a name is of its allocation's cache: kernels before 5.13 do not say it. */
static int inherit_cache(struct text_cursor *t, struct import_event *e, uint32_t site,
			 struct error *err)
{
	struct names *names = t->decoder.names;
	uint32_t raw = names_origin_of_free(names, site, e->allocation, err);
	if (raw == NAMES_NONE)
		return -1;
	e->record.origin = names_origin_index(names, raw, err);
	return e->record.origin == NAMES_NONE ? -1 : 0;
}

static int settle_free(struct text_cursor *t, struct import_event *e, struct error *err)
{
	if (e->record.operation != OP_KMEM_CACHE_FREE || e->allocation == NAMES_NONE ||
	    names_origin_has_cache(t->decoder.names, e->raw_origin))
		return 0;
	return inherit_cache(t, e, e->raw_origin, err);
}

/* A made-up free of a kernel object is the one that its allocation asks for. */
static int settle_made_up(struct text_cursor *t, struct import_event *before, struct error *err)
{
	if (operation_table[before->record.operation].space != SPACE_OBJECT ||
	    before->allocation == NAMES_NONE)
		return 0;
	bool cached = names_origin_has_cache(t->decoder.names, before->allocation);
	before->record.operation = cached ? OP_KMEM_CACHE_FREE : OP_KFREE;
	return cached ? inherit_cache(t, before, NAMES_NONE, err) : 0;
}

/* An allocation that began when the event goes out: it has its id from now on. */
static int put_begin(struct text_cursor *t, struct batch *batch, const struct import_event *e,
		     struct import_event *allocation, struct error *err)
{
	if (!allocation)
		return 0;
	if (!(allocation->record.flags & RECORD_FAILED))
		allocation->record.id = identity_reserve(t->identity, allocation);
	struct import_event made = begins_make(e, allocation);
	if (!made.origin_given)
		made.record.origin = names_origin_index(t->decoder.names, made.raw_origin, err);
	if (made.record.origin == NAMES_NONE)
		return -1;
	put_record(t, batch, &made);
	t->report->begins++;
	return 0;
}

static int put_begins(struct text_cursor *t, struct batch *batch, const struct import_event *e,
		      struct error *err)
{
	struct begun begun = begins_leave(&t->window, e);
	return put_begin(t, batch, e, begun.page, err) || put_begin(t, batch, e, begun.object, err)
		       ? -1
		       : 0;
}

/* The window's oldest event goes out. */
static int leave_window(struct text_cursor *t, struct batch *batch, struct error *err)
{
	uint64_t number = t->window.tail;
	struct import_event *e = window_at(&t->window, number);
	struct import_event before;
	if (!t->decoder.whole_dump) {
		if (t->effects)
			effects_leave(t->effects, e, number);
		nested_leave(t->nested, e, number);
	}
	t->window.tail++;
	if (own_traffic_mark(t->own_traffic, e, err))
		return -1;
	if (!e->origin_given) {
		e->record.origin = names_origin_index(t->decoder.names, e->raw_origin, err);
		if (e->record.origin == NAMES_NONE)
			return -1;
	}
	int events = identity_resolve(t->identity, e, &before, err);
	if (events > 0 && (own_traffic_mark_free(t->own_traffic, e, err) || settle_free(t, e, err)))
		return -1;
	if (events == 2 && settle_made_up(t, &before, err))
		return -1;
	if (events == 2)
		put_record(t, batch, &before);
	if (put_begins(t, batch, e, err))
		return -1;
	if (events > 0) {
		put_record(t, batch, e);
		t->report->events++;
	}
	return events < 0 ? -1 : 0;
}

static int empty_window(struct text_cursor *t, struct batch *batch, struct error *err)
{
	uint64_t held = t->window.head - t->window.tail;
	uint64_t out = t->ended && held < BATCH_EVENTS ? held : BATCH_EVENTS;
	uint64_t end = t->window.tail + out;
	if (t->effects && !t->decoder.whole_dump && effects_force(t->effects, end, err))
		return -1;
	batch->base_ns = window_at(&t->window, t->window.tail)->time_ns;
	while (t->window.tail < end) {
		uint64_t time_ns = window_at(&t->window, t->window.tail)->time_ns;
		if (time_ns - batch->base_ns > UINT32_MAX)
			break;
		if (leave_window(t, batch, err))
			return -1;
	}
	return 0;
}

static int set_number(struct text_cursor *t, const char *key, const char *format, uint64_t number,
		      struct error *err)
{
	char text[32];
	if (number == 0)
		return 0;
	snprintf(text, sizeof(text), format, number);
	return definition_set_meta(t->table, key, text, err);
}

/* What was treated, inferred and left out stays with the trace. */
static int finish(struct text_cursor *t, struct error *err)
{
	struct import_report *r = t->report;
	unknown_events_report(t->unknown, r);
	r->live_at_end = identity_live(t->identity);
	r->own_traffic = own_traffic_count(t->own_traffic);
	if (t->decoder.whole_dump)
		return 0;
	return definition_set_meta(t->table, "source", t->cursor.format, err) ||
			       definition_set_meta(t->table, "effect_rule", r->effect_rule, err) ||
			       set_number(t, "page_offset", "0x%" PRIx64, r->page_offset, err) ||
			       set_number(t, "effects", "%" PRIu64, r->effects, err) ||
			       set_number(t, "undecided", "%" PRIu64, r->undecided, err) ||
			       set_number(t, "own_traffic", "%" PRIu64, r->own_traffic, err) ||
			       set_number(t, "lost_events", "%" PRIu64, r->lost_events, err) ||
			       set_number(t, "out_of_order", "%" PRIu64, r->out_of_order, err) ||
			       set_number(t, "unknown_frees", "%" PRIu64, r->unknown_frees, err) ||
			       set_number(t, "double_allocs", "%" PRIu64, r->double_allocs, err) ||
			       set_number(t, "null_frees", "%" PRIu64, r->null_frees, err)
		       ? -1
		       : 0;
}

/*
 * What --level auto comes to: told with the first batch, from all that the window holds by then, so
 * that a text and the trace imported from it are replayed alike.
 */
static int tell_level(struct text_cursor *t, struct error *err)
{
	if (t->records_out || t->decoder.whole_dump)
		return 0;
	const char *level = "page";
	if (t->level == IMPORT_AUTO && t->heap_seen)
		level = "libc";
	else if (t->level == IMPORT_SLAB || (t->level == IMPORT_AUTO && t->objects_seen))
		level = "slab";
	return definition_set_meta(t->table, "level", level, err);
}

static int text_next(struct trace_cursor *cursor, struct batch *batch, struct error *err)
{
	struct text_cursor *t = (struct text_cursor *)cursor;
	*batch = (struct batch){ .records = t->records,
				 .lines = t->record_lines,
				 .first_record = t->records_out };
	/* A batch whose events were all left out is no batch. */
	while (batch->count == 0) {
		if (fill_window(t, err))
			return -1;
		if (t->window.head == t->window.tail)
			return finish(t, err);
		if (tell_level(t, err))
			return -1;
		if (empty_window(t, batch, err))
			return -1;
	}
	t->records_out += batch->count;
	trace_hash_update(t->hash, batch);
	return 1;
}

static double text_progress(const struct trace_cursor *cursor)
{
	return lines_progress(((const struct text_cursor *)cursor)->lines);
}

static uint64_t text_hash(const struct trace_cursor *cursor)
{
	const struct text_cursor *t = (const struct text_cursor *)cursor;
	return trace_hash_value(t->hash, t->cursor.definitions);
}

static void text_close(struct trace_cursor *cursor)
{
	struct text_cursor *t = (struct text_cursor *)cursor;
	effects_destroy(t->effects);
	identity_destroy(t->identity);
	own_traffic_destroy(t->own_traffic);
	nested_destroy(t->nested);
	unknown_events_destroy(t->unknown);
	names_destroy(t->decoder.names);
	ptrmap_destroy(t->decoder.unnamed);
	trace_hash_destroy(t->hash);
	if (t->table)
		definition_table_destroy(t->table);
	lines_close(t->lines);
	free(t->window.events);
	free(t);
}

static const struct trace_cursor_ops text_ops = { text_next, text_progress, text_hash, text_close };

/* Caches that nothing in the trace need refer to: the sites do. */
static int add_caches(struct text_cursor *t, const struct definitions *from, struct error *err)
{
	for (uint32_t i = 0; i < from->cache_count; i++)
		if (definition_add_cache(t->table, &from->caches[i], err) == UINT32_MAX)
			return -1;
	for (uint32_t i = 0; i < from->site_count; i++)
		if (definition_add_site(t->table, &from->sites[i], err) == UINT32_MAX)
			return -1;
	return 0;
}

/* Makes the parts; what failed is left NULL. */
static int make_parts(struct text_cursor *t, const struct import_options *options,
		      struct error *err)
{
	t->window.events = calloc(WINDOW_CAPACITY, sizeof(*t->window.events));
	t->table = definition_table_create();
	t->hash = trace_hash_create();
	if (!t->window.events || !t->table || !t->hash)
		return error_set(err, ERROR_RUN, "%s: out of memory", lines_name(t->lines));
	t->decoder.name = lines_name(t->lines);
	t->decoder.table = t->table;
	t->decoder.report = t->report;
	t->decoder.names = names_create(t->table, err);
	t->decoder.unnamed = ptrmap_create(err);
	t->nested = nested_create(err);
	t->identity = identity_create(t->table, t->report, err);
	t->unknown = unknown_events_create(err);
	t->own_traffic = t->decoder.names ? own_traffic_create(t->decoder.names, err) : NULL;
	if (!t->decoder.names || !t->decoder.unnamed || !t->nested || !t->identity ||
	    !t->own_traffic || !t->unknown)
		return -1;
	if (options->caches && add_caches(t, options->caches, err))
		return -1;
	t->report->effect_rule = "none";
	t->level = options->level;
	if (options->level == IMPORT_PAGE)
		return 0;
	t->effects = effects_create(&t->window, t->decoder.names, t->report, err);
	return t->effects ? 0 : -1;
}

struct trace_cursor *text_cursor_open(struct lines *lines, const char *format,
				      const struct import_options *options,
				      struct import_report *report, struct error *err)
{
	struct text_cursor *t = calloc(1, sizeof(*t));
	if (!t) {
		error_set(err, ERROR_RUN, "%s: out of memory", lines_name(lines));
		lines_close(lines);
		return NULL;
	}
	t->lines = lines;
	t->report = report ? report : &t->own_report;
	*t->report = (struct import_report){ 0 };
	if (make_parts(t, options, err)) {
		text_close(&t->cursor);
		return NULL;
	}
	t->cursor = (struct trace_cursor){
		.ops = &text_ops,
		.definitions = definition_table_view(t->table),
		.name = lines_name(lines),
		.format = format,
		.has_lines = true,
	};
	return &t->cursor;
}
