/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "import/identity.h"

#include <stdlib.h>
#include <string.h>

#include "base/grow.h"
#include "base/ptrmap.h"
#include "core/gfp.h"
#include "core/operation.h"
#include "import/exact_pages.h"
#include "import/names.h"
#include "import/page_parts.h"

/*
 * Ids that came back, the last one on top. Those of late go to the CPU that gave them back and to
 * no other: the order of records of different CPUs is not known to RECORD_REACH_NS, and an id that
 * went from one to the other would say that it is.
 */
struct id_stack {
	struct spare_id {
		uint32_t id, cpu;
		uint64_t time_ns;
	} * late; /* from `first` on, the last one at the end */
	size_t first, end, late_capacity;
	uint32_t *ids; /* below them */
	size_t count, capacity;
	uint32_t max; /* largest id given out so far; 0 is no id */
};

/* What is alive, by id: a free tells the bytes that its allocation asked for, and its cache. */
struct live_table {
	struct live_block {
		uint32_t bytes, raw_origin;
	} * blocks;
	size_t count;
};

/* Addresses of a process mean nothing in another: heap and mappings have a map for each. */
struct process_maps {
	struct ptrmap *heap;
	struct ptrmap *mappings;
};

struct identity {
	struct definition_table *table;
	struct import_report *report;
	struct ptrmap *kernel[SPACE_COUNT]; /* objects, vmap areas */
	struct process_maps *processes;
	size_t process_count;
	struct id_stack stacks[SPACE_COUNT];
	struct page_parts *pages;
	struct exact_pages exact;
	struct live_table blocks[SPACE_COUNT]; /* objects and heap memory only */
	uint64_t live;
};

struct identity *identity_create(struct definition_table *table, struct import_report *report,
				 struct error *err)
{
	struct identity *i = calloc(1, sizeof(*i));
	if (!i) {
		error_set(err, ERROR_RUN, "no memory for the trace's addresses");
		return NULL;
	}
	i->table = table;
	i->report = report;
	i->pages = page_parts_create(err);
	i->kernel[SPACE_OBJECT] = ptrmap_create(err);
	i->kernel[SPACE_VMAP] = ptrmap_create(err);
	if (i->pages && i->kernel[SPACE_OBJECT] && i->kernel[SPACE_VMAP])
		return i;
	identity_destroy(i);
	return NULL;
}

void identity_destroy(struct identity *i)
{
	if (!i)
		return;
	for (unsigned space = 0; space < SPACE_COUNT; space++) {
		ptrmap_destroy(i->kernel[space]);
		free(i->stacks[space].late);
		free(i->stacks[space].ids);
		free(i->blocks[space].blocks);
	}
	for (size_t p = 0; p < i->process_count; p++) {
		ptrmap_destroy(i->processes[p].heap);
		ptrmap_destroy(i->processes[p].mappings);
	}
	free(i->processes);
	page_parts_destroy(i->pages);
	free(i);
}

static int reserve_processes(struct identity *i, uint32_t process, struct error *err)
{
	if (process < i->process_count)
		return 0;
	size_t count = 2 * (size_t)process + 16;
	struct process_maps *grown = realloc(i->processes, count * sizeof(*grown));
	if (!grown)
		return error_set(err, ERROR_RUN, "no memory for the trace's processes");
	for (size_t p = i->process_count; p < count; p++)
		grown[p] = (struct process_maps){ 0 };
	i->processes = grown;
	i->process_count = count;
	return 0;
}

/* The map that the event's address belongs to; made when it is first needed. */
static struct ptrmap *map_of(struct identity *i, const struct import_event *e, unsigned space,
			     struct error *err)
{
	if (i->kernel[space])
		return i->kernel[space];
	if (reserve_processes(i, e->process, err))
		return NULL;
	struct process_maps *maps = &i->processes[e->process];
	struct ptrmap **map = space == SPACE_HEAP ? &maps->heap : &maps->mappings;
	if (!*map)
		*map = ptrmap_create(err);
	return *map;
}

static int note_block(struct identity *i, const struct import_event *e, struct error *err)
{
	const struct record *r = &e->record;
	unsigned space = operation_table[r->operation].space;
	struct live_table *t = &i->blocks[space];
	if ((space != SPACE_OBJECT && space != SPACE_HEAP) || !r->id || r->flags & RECORD_FAILED)
		return 0;
	if (r->id >= t->count) {
		size_t count = 2 * (size_t)r->id + 1024;
		struct live_block *grown = realloc(t->blocks, count * sizeof(*grown));
		if (!grown)
			return error_set(err, ERROR_RUN, "no memory for the trace's ids");
		for (size_t k = t->count; k < count; k++)
			grown[k] = (struct live_block){ .raw_origin = NAMES_NONE };
		t->blocks = grown;
		t->count = count;
	}
	t->blocks[r->id] = (struct live_block){ .bytes = r->size, .raw_origin = e->raw_origin };
	return 0;
}

/* How much the caller had asked for before. */
static void tell_renewed(const struct identity *i, struct import_event *e)
{
	const struct live_table *t = &i->blocks[SPACE_OBJECT];
	if (e->record.operation == OP_KREALLOC && e->record.flags & RECORD_EXTENDED &&
	    e->record.id < t->count)
		e->extension.origin = t->blocks[e->record.id].bytes;
}

static void tell_block(const struct identity *i, struct import_event *e)
{
	struct record *r = &e->record;
	unsigned space = operation_table[r->operation].space;
	const struct live_table *t = &i->blocks[space];
	if (space != SPACE_OBJECT && space != SPACE_HEAP)
		return;
	bool known = r->id < t->count;
	r->size = known ? t->blocks[r->id].bytes : 0;
	e->allocation = known ? t->blocks[r->id].raw_origin : NAMES_NONE;
}

/* The stack of the event's space, at the event's time; all of late have room among the others. */
static struct id_stack *stack_at(struct identity *i, const struct import_event *e, unsigned space)
{
	struct id_stack *s = &i->stacks[space];
	while (s->first < s->end && s->late[s->first].time_ns + RECORD_REACH_NS < e->time_ns)
		s->ids[s->count++] = s->late[s->first++].id;
	return s;
}

static uint32_t take_id(struct identity *i, const struct import_event *e, unsigned space)
{
	struct id_stack *s = stack_at(i, e, space);
	i->live++;
	if (s->first < s->end && s->late[s->end - 1].cpu == record_cpu(&e->record))
		return s->late[--s->end].id;
	if (s->count)
		return s->ids[--s->count];
	definition_raise_id_max(i->table, space, ++s->max);
	return s->max;
}

uint32_t identity_reserve(struct identity *i, const struct import_event *e)
{
	return take_id(i, e, operation_table[e->record.operation].space);
}

/* Room for one more of late, here and when it is of late no more. */
static int reserve_id(struct id_stack *s)
{
	if (s->end == s->late_capacity && s->first > s->end / 2) {
		s->end -= s->first;
		memmove(s->late, s->late + s->first, s->end * sizeof(*s->late));
		s->first = 0;
	}
	struct spare_id *late = grow_array(s->late, s->end, &s->late_capacity, sizeof(*late));
	if (!late)
		return -1;
	s->late = late;
	while (s->capacity <= s->count + s->end - s->first) {
		uint32_t *ids = grow_array(s->ids, s->capacity, &s->capacity, sizeof(*ids));
		if (!ids)
			return -1;
		s->ids = ids;
	}
	return 0;
}

static int give_id_back(struct identity *i, const struct import_event *e, unsigned space,
			uint32_t id, struct error *err)
{
	struct id_stack *s = stack_at(i, e, space);
	i->live--;
	if (reserve_id(s) != 0)
		return error_set(err, ERROR_RUN, "no memory for the trace's ids");
	s->late[s->end++] = (struct spare_id){ id, record_cpu(&e->record), e->time_ns };
	return 0;
}

/* The operation that ends an allocation made by `operation`. */
static enum operation free_of(unsigned operation)
{
	switch (operation) {
	case OP_KMEM_CACHE_ALLOC:
		return OP_KMEM_CACHE_FREE;
	case OP_MM_PAGE_ALLOC:
		return OP_MM_PAGE_FREE;
	case OP_VMALLOC:
		return OP_VFREE;
	case OP_VMAP:
		return OP_VUNMAP;
	case OP_IOREMAP:
		return OP_IOUNMAP;
	case OP_VA_ALLOC:
		return OP_VA_LAZYFREE;
	case OP_MMAP:
	case OP_MREMAP:
		return OP_MUNMAP;
	case OP_KMALLOC:
	case OP_KREALLOC:
		return OP_KFREE;
	default:
		return OP_FREE;
	}
}

/* An event that ends `id` at `address`, made up because the trace does not have it. */
static void end_before(const struct import_event *e, uint32_t id, uint64_t address,
		       struct import_event *before)
{
	*before = *e;
	before->record.operation = (uint8_t)free_of(e->record.operation);
	before->record.flags = e->record.flags & RECORD_IRQ;
	before->record.id = id;
	before->record.address = address;
	before->record.origin = 0;
	before->origin_given = true;
}

static int resolve_alloc(struct identity *i, struct import_event *e, struct import_event *before,
			 unsigned space, struct error *err)
{
	if (e->record.flags & RECORD_FAILED)
		return 1;
	struct ptrmap *map = map_of(i, e, space, err);
	if (!map)
		return -1;
	uint32_t *at = ptrmap_at(map, e->record.address, err);
	if (!at)
		return -1;
	const uint32_t old = *at;
	if (old != PTRMAP_NONE) {
		i->report->double_allocs++;
		end_before(e, old, e->record.address, before);
		if (give_id_back(i, e, space, old, err))
			return -1;
	}
	if (!e->record.id)
		e->record.id = take_id(i, e, space);
	*at = e->record.id;
	return old == PTRMAP_NONE ? 1 : 2;
}

/* What a free of pages ends: a block, or a part of one. */
static void set_part(struct record *r, const struct page_part *part)
{
	r->id = part->id;
	r->size = part->order;
	r->flags |= part->whole ? 0 : RECORD_PART;
	if (!part->whole && part->last && !record_moves(r))
		r->cpu_detail |= PAGE_FREE_LAST << RECORD_CPU_BITS;
}

static int resolve_page_alloc(struct identity *i, struct import_event *e,
			      struct import_event *before, struct error *err)
{
	struct record *r = &e->record;
	struct page_part old;

	if (r->flags & RECORD_FAILED)
		return 1;
	page_parts_end(i->pages, r->address, &old);
	if (old.id != PTRMAP_NONE) {
		i->report->double_allocs++;
		end_before(e, old.id, r->address, before);
		set_part(&before->record, &old);
		before->record.flags |= old.flags;
		if (old.last && give_id_back(i, e, SPACE_PAGE, old.id, err))
			return -1;
	}
	if (!r->id)
		r->id = take_id(i, e, SPACE_PAGE);
	if (page_parts_add(i->pages, r->address, r->id, r->size, r->flags & RECORD_EFFECT, err))
		return -1;
	exact_pages_allocated(&i->exact, r,
			      definition_table_view(i->table)->origins[r->origin].gfp &
				      GFP_BIT_COMP);
	return old.id == PTRMAP_NONE ? 1 : 2;
}

static int resolve_page_free(struct identity *i, struct import_event *e, struct error *err)
{
	struct record *r = &e->record;
	bool nested = r->flags & RECORD_NESTED;
	struct page_part part;

	if (nested)
		part = page_parts_find(i->pages, r->address, r->size);
	else if (page_parts_take(i->pages, r->address, r->size, &part, err))
		return -1;
	if (part.id == PTRMAP_NONE) {
		r->flags |= RECORD_IDENTITY;
		i->report->unknown_frees += !nested;
		return 1;
	}
	set_part(r, &part);
	/* what has moved keeps its id, though nobody will be heard to free it */
	if (record_moves(r))
		return 1;
	if (exact_pages_freed(&i->exact, r))
		r->cpu_detail |= PAGE_FREE_EXACT << RECORD_CPU_BITS;
	return nested || !part.last || give_id_back(i, e, SPACE_PAGE, part.id, err) == 0 ? 1 : -1;
}

/* kfree() takes NULL and ZERO_SIZE_PTR (what kmalloc(0) gives), and does nothing. */
static bool is_null(const struct import_event *e, unsigned space)
{
	enum { ZERO_SIZE_PTR = 16 };
	return space == SPACE_OBJECT ? e->record.address <= ZERO_SIZE_PTR
				     : space != SPACE_PAGE && e->record.address == 0;
}

static int resolve_free(struct identity *i, struct import_event *e, unsigned space,
			struct error *err)
{
	if (is_null(e, space)) {
		i->report->null_frees++;
		return 0;
	}
	struct ptrmap *map = map_of(i, e, space, err);
	if (!map)
		return -1;
	bool nested = e->record.flags & RECORD_NESTED;
	uint32_t id =
		nested ? ptrmap_get(map, e->record.address) : ptrmap_take(map, e->record.address);
	if (id == PTRMAP_NONE) {
		e->record.flags |= RECORD_IDENTITY;
		i->report->unknown_frees += !nested;
		return 1;
	}
	e->record.id = id;
	return nested || give_id_back(i, e, space, id, err) == 0 ? 1 : -1;
}

static int resolve_known_move(struct identity *i, struct import_event *e,
			      struct import_event *before, struct ptrmap *map, uint32_t id,
			      struct error *err)
{
	unsigned space = operation_table[e->record.operation].space;
	uint32_t lost = ptrmap_take(map, e->record.address);
	e->record.id = id;
	if (ptrmap_put(map, e->record.address, id, err))
		return -1;
	if (lost == PTRMAP_NONE)
		return 1;
	i->report->double_allocs++;
	end_before(e, lost, e->record.address, before);
	return give_id_back(i, e, space, lost, err) ? -1 : 2;
}

/* An allocation that moves keeps its id. One that was never seen is a free and an allocation. */
static int resolve_move(struct identity *i, struct import_event *e, struct import_event *before,
			unsigned space, struct error *err)
{
	uint64_t old = e->extension.address;
	struct ptrmap *map = map_of(i, e, space, err);
	if (!map)
		return -1;
	if (e->record.flags & RECORD_FAILED) {
		uint32_t kept = ptrmap_get(map, old);
		e->record.id = kept == PTRMAP_NONE ? 0 : kept;
		return 1;
	}
	uint32_t id = ptrmap_take(map, old);
	if (id != PTRMAP_NONE)
		return resolve_known_move(i, e, before, map, id, err);
	i->report->unknown_frees++;
	end_before(e, 0, old, before);
	before->record.flags = (e->record.flags & RECORD_IRQ) | RECORD_IDENTITY;
	e->record.operation = e->record.operation == OP_KREALLOC ? OP_KMALLOC
			      : e->record.operation == OP_MREMAP ? OP_MMAP
								 : OP_MALLOC;
	e->record.flags &= (uint8_t)~RECORD_EXTENDED;
	int result = resolve_alloc(i, e, before, space, err);
	return result < 0 ? -1 : 2;
}

static int resolve(struct identity *i, struct import_event *e, struct import_event *before,
		   struct error *err)
{
	const struct operation_info *info = &operation_table[e->record.operation];
	if (e->id_given) {
		definition_raise_id_max(i->table, info->space, e->record.id);
		return 1;
	}
	if (info->space == SPACE_PAGE && info->ids == ID_ALLOC)
		return resolve_page_alloc(i, e, before, err);
	if (info->space == SPACE_PAGE && info->ids == ID_FREE)
		return resolve_page_free(i, e, err);
	switch (info->ids) {
	case ID_ALLOC:
		return resolve_alloc(i, e, before, info->space, err);
	case ID_FREE:
		return resolve_free(i, e, info->space, err);
	case ID_USE:
		return resolve_move(i, e, before, info->space, err);
	default:
		return 1;
	}
}

int identity_resolve(struct identity *i, struct import_event *e, struct import_event *before,
		     struct error *err)
{
	e->allocation = NAMES_NONE;
	int result = resolve(i, e, before, err);
	/* Who says the id says everything, sizes too. */
	if (result <= 0 || e->id_given)
		return result;
	if (result == 2)
		tell_block(i, before);
	tell_renewed(i, e);
	if (operation_table[e->record.operation].ids == ID_FREE)
		tell_block(i, e);
	else if (note_block(i, e, err) != 0)
		return -1;
	return result;
}

void identity_expect(const struct identity *i, uint32_t process, uint64_t address)
{
	if (process < i->process_count && i->processes[process].heap)
		ptrmap_expect(i->processes[process].heap, address);
}

bool identity_knows(const struct identity *i, uint32_t process, uint64_t address)
{
	return process < i->process_count && i->processes[process].heap &&
	       ptrmap_get(i->processes[process].heap, address) != PTRMAP_NONE;
}

uint64_t identity_live(const struct identity *i)
{
	return i->live;
}
