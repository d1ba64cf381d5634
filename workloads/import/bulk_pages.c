/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "import/bulk_pages.h"

#include "core/gfp.h"
#include "core/operation.h"

enum { BULK_PAGES_MAX = 100 };

static bool is_vmalloc_page(const struct names *names, const struct import_event *e)
{
	const uint32_t asked = GFP_BIT_HIGHMEM | GFP_BIT_NOWARN;
	const uint32_t others = GFP_BIT_MOVABLE | GFP_BIT_HARDWALL | GFP_BIT_ACCOUNT;

	return e->record.operation == OP_MM_PAGE_ALLOC && e->record.size == 0 &&
	       !(e->record.flags & RECORD_FAILED) &&
	       (names_origin_gfp(names, e->raw_origin) & (asked | others)) == asked;
}

/* What an allocation causes, and what is known to the recorder only. */
static bool is_by_the_way(const struct import_event *e)
{
	switch (e->record.operation) {
	case OP_MM_PAGE_ALLOC_ZONE_LOCKED:
	case OP_MM_PAGE_ALLOC_EXTFRAG:
	case OP_BULK_BEGIN:
	case OP_BULK_END:
		return true;
	default:
		return e->record.flags & RECORD_IRQ;
	}
}

static void mark(struct import_event *e, bool told, struct import_report *report)
{
	e->record.flags |= RECORD_BULK;
	report->bulk_pages++;
	report->bulk_pages_agreed += told;
}

/* The first of a call is not known for one before the second. */
static void add(struct bulk_run *run, struct window *window, uint64_t number, bool told,
		struct import_report *report)
{
	uint32_t place = run->length++ % BULK_PAGES_MAX;

	if (place == 1 && run->latest >= window->tail)
		mark(window_at(window, run->latest), run->told, report);
	if (place > 0)
		mark(window_at(window, number), told, report);
	run->latest = number;
	run->told = told;
}

void bulk_pages_enter(struct bulk_pages *bulk, const struct names *names, struct window *window,
		      uint64_t number, struct import_report *report)
{
	const struct import_event *e = window_at(window, number);
	uint32_t cpu = record_cpu(&e->record);
	struct bulk_run *run = &bulk->runs[cpu];

	if (e->record.operation == OP_BULK_BEGIN || e->record.operation == OP_BULK_END)
		bulk->told[cpu] = e->record.operation == OP_BULK_BEGIN;
	if (is_by_the_way(e))
		return;
	if (!is_vmalloc_page(names, e)) {
		run->length = 0;
		return;
	}
	if (run->task != e->record.task || run->raw_origin != e->raw_origin)
		*run = (struct bulk_run){ .task = e->record.task, .raw_origin = e->raw_origin };
	report->bulk_pages_told += bulk->told[cpu];
	add(run, window, number, bulk->told[cpu], report);
}
