/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "import/begins.h"

#include "core/operation.h"

static struct begin_open *find(struct begins *b, uint32_t task)
{
	for (uint32_t i = 0; i < b->count; i++)
		if (b->open[i].task == task)
			return &b->open[i];
	return NULL;
}

static void forget(struct begins *b, struct begin_open *open)
{
	*open = b->open[--b->count];
}

static void reclaims(struct begins *b, uint32_t task, uint64_t number)
{
	struct begin_open *open = find(b, task);

	/* what it had a page for before was no object */
	if (open && open->has_page)
		forget(b, open);
	else if (open)
		return;
	if (b->count == BEGINS_OPEN_MAX)
		return;
	b->open[b->count++] =
		(struct begin_open){ .task = task, .begin = number, .operations = b->operations };
}

static bool is_object(unsigned operation)
{
	return operation == OP_KMALLOC || operation == OP_KMEM_CACHE_ALLOC;
}

/* The task's page, or its object. Where nobody else did anything meanwhile, nothing is gained. */
static void allocates(struct begins *b, struct window *w, struct begin_open *open, uint64_t number)
{
	struct import_event *begin = window_at(w, open->begin);
	bool slept = b->operations > open->operations && open->begin >= w->tail;

	if (is_object(window_at(w, number)->record.operation)) {
		if (open->has_page)
			begin->begins_object = number + 1;
		forget(b, open);
		return;
	}
	if (!slept || open->has_page) {
		forget(b, open);
		return;
	}
	begin->begins_page = number + 1;
	open->has_page = true;
}

void begins_enter(struct begins *b, struct window *w, uint64_t number)
{
	const struct record *r = &window_at(w, number)->record;
	unsigned ids = operation_table[r->operation].ids,
		 space = operation_table[r->operation].space;
	struct begin_open *open;

	if (r->operation == OP_DIRECT_RECLAIM_BEGIN) {
		reclaims(b, r->task, number);
		return;
	}
	if (ids == ID_NONE || (space != SPACE_PAGE && space != SPACE_OBJECT))
		return;
	b->operations++;
	open = b->count && !(r->flags & RECORD_IRQ) ? find(b, r->task) : NULL;
	if (!open)
		return;
	open->operations++;
	if (r->operation == OP_MM_PAGE_ALLOC || is_object(r->operation))
		allocates(b, w, open, number);
}

struct begun begins_leave(struct window *w, const struct import_event *e)
{
	struct begun begun = { 0 };

	if (e->begins_page)
		begun.page = window_at(w, e->begins_page - 1);
	if (e->begins_object && begun.page->record.flags & RECORD_EFFECT)
		begun.object = window_at(w, e->begins_object - 1);
	return begun;
}

static unsigned begin_kind(const struct import_event *allocation)
{
	switch (allocation->record.operation) {
	case OP_KMALLOC:
		return BEGINS_KMALLOC;
	case OP_KMEM_CACHE_ALLOC:
		return BEGINS_CACHE_ALLOC;
	default:
		return BEGINS_PAGE;
	}
}

struct import_event begins_make(const struct import_event *event,
				const struct import_event *allocation)
{
	struct import_event made = *event;

	made.record.operation = OP_ALLOC_BEGIN;
	made.record.flags = allocation->record.flags & RECORD_EFFECT;
	made.record.cpu_detail =
		(uint16_t)(record_cpu(&event->record) | begin_kind(allocation) << RECORD_CPU_BITS);
	made.record.id = allocation->record.id;
	made.record.size = allocation->record.size;
	made.record.address = 0;
	made.raw_origin = allocation->raw_origin;
	made.record.origin = allocation->record.origin;
	made.origin_given = allocation->origin_given;
	return made;
}
