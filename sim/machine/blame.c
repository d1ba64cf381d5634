/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/blame.h"

#include <stdlib.h>
#include <string.h>

#include "base/ptrmap.h"
#include "machine/blame_tables.h"
#include "machine/holders.h"
#include "machine/machine.h"
#include "machine/page_records.h"
#include "machine/start.h"

struct blame {
	struct machine *m;
	struct blame_tables *tables;
	struct holders *holders;
	struct blame_map map;
	struct ptrmap *pin_of;    /* pageblock << 32 | holder: number of the pin */
	struct ptrmap *holder_of; /* origin, task, cache of an object: its holder */
	size_t pin_capacity;
	bool failed; /* err says why */
	struct error err;
};

/* Widths of holder_of's key; what does not fit is looked up each time. */
enum { KEY_ORIGIN_BITS = 22, KEY_TASK_BITS = 22, KEY_CACHE_BITS = 20 };

int blame_open(struct machine *m, struct blame **out, struct error *err)
{
	*out = NULL;
	if (m->blame_params->at == BLAME_NONE)
		return 0;
	struct blame *b = calloc(1, sizeof(*b));
	*out = b;
	if (!b)
		return error_set(err, ERROR_RUN, "no memory for what holds pageblocks");
	b->m = m;
	b->tables = blame_tables_open(m, err);
	b->holders = b->tables ? holders_open(m, err) : NULL;
	if (!b->holders)
		return -1;
	b->map.order = blame_order(m);
	b->map.count = (m->services.frames >> b->map.order) + 1;
	b->map.blocks = calloc(b->map.count, sizeof(*b->map.blocks));
	return b->map.blocks ? 0 : error_set(err, ERROR_RUN, "no memory for what holds pageblocks");
}

void blame_close(struct blame *b)
{
	if (!b)
		return;
	blame_tables_close(b->tables);
	holders_close(b->holders);
	free(b->map.blocks);
	free(b->map.pins);
	ptrmap_destroy(b->pin_of);
	ptrmap_destroy(b->holder_of);
	free(b);
}

bool blame_begin(struct blame *b, bool at_end)
{
	if (!b || (b->m->blame_params->at == BLAME_END && !at_end))
		return false;
	memset(b->map.blocks, 0, b->map.count * sizeof(*b->map.blocks));
	b->map.pin_count = 0;
	ptrmap_destroy(b->pin_of);
	ptrmap_destroy(b->holder_of);
	b->pin_of = ptrmap_create(&b->err);
	b->holder_of = ptrmap_create(&b->err);
	b->failed = !b->pin_of || !b->holder_of;
	return true;
}

/* --- pins --- */

static struct blame_pin *new_pin(struct blame *b, uint32_t block, uint32_t holder)
{
	if (b->map.pin_count == b->pin_capacity) {
		size_t capacity = b->pin_capacity ? 2 * b->pin_capacity : 1024;
		struct blame_pin *pins = realloc(b->map.pins, capacity * sizeof(*pins));
		if (!pins) {
			error_set(&b->err, ERROR_RUN, "no memory for what holds pageblocks");
			return NULL;
		}
		b->map.pins = pins;
		b->pin_capacity = capacity;
	}
	struct blame_pin *pin = &b->map.pins[b->map.pin_count++];
	*pin = (struct blame_pin){
		.block = block, .holder = holder, .oldest_ns = UINT64_MAX, .newest_ns = UINT64_MAX
	};
	return pin;
}

static struct blame_pin *pin_at(struct blame *b, uint32_t block, uint32_t holder)
{
	uint64_t key = (uint64_t)block << 32 | holder;
	uint32_t number = ptrmap_get(b->pin_of, key);

	if (number != PTRMAP_NONE)
		return &b->map.pins[number];
	number = (uint32_t)b->map.pin_count;
	if (ptrmap_put(b->pin_of, key, number, &b->err) != 0)
		return NULL;
	return new_pin(b, block, holder);
}

/* `count` allocations of one holder in the pageblock, `bytes` together. */
static void pin(struct blame *b, uint32_t block, uint32_t holder, uint64_t count, uint64_t bytes,
		const struct owner *owner)
{
	struct blame_pin *p = holder == HOLDER_NONE ? NULL : pin_at(b, block, holder);

	if (!p) {
		b->failed = true;
		return;
	}
	p->allocations += count;
	p->bytes += bytes;
	if (!owner)
		return;
	if (p->oldest_ns == UINT64_MAX || owner->time_ns < p->oldest_ns) {
		p->oldest_ns = owner->time_ns;
		p->oldest_task = owner->task;
	}
	if (p->newest_ns == UINT64_MAX || owner->time_ns > p->newest_ns)
		p->newest_ns = owner->time_ns;
}

/* --- pages --- */

static void count_frames(struct blame_block *block, const struct frame_use *use, uint32_t frames)
{
	block->migratetype = use->migratetype;
	if (use->kind == USE_FREE)
		block->free += frames;
	else if (use->kind == USE_PCP)
		block->pcp += frames;
	else if (use->kind == USE_RESERVED)
		block->reserved += frames;
	else if (use->movable)
		block->movable += frames;
	else
		block->unmovable += frames;
}

static bool is_pinned_page(const struct frame_use *use)
{
	bool in_use = use->kind != USE_FREE && use->kind != USE_PCP && use->kind != USE_RESERVED;

	return in_use && !use->movable && !use->slab;
}

static uint32_t holder_of_use(struct blame *b, const struct frame_use *use,
			      const struct owner **owner)
{
	*owner = NULL;
	if (use->object) {
		*owner = &b->m->ids.object_owner[use->object];
		return holder_of_object(b->holders, *owner, CACHE_NONE, &b->err);
	}
	if (use->process)
		return holder_of_process(b->holders,
					 process_at(&b->m->processes, use->process - 1)->comm,
					 use->kind, &b->err);
	if (use->page)
		*owner = &b->m->ids.page_owner[use->page];
	return holder_of_page(b->holders, *owner, use->older, use->kind, &b->err);
}

void blame_see(struct blame *b, const struct frame_use *use)
{
	uint32_t end = use->pfn + use->count, next, holder = HOLDER_NONE;
	const struct owner *owner = NULL;
	bool pinned = is_pinned_page(use);

	if (pinned)
		holder = holder_of_use(b, use, &owner);
	for (uint32_t pfn = use->pfn; pfn < end; pfn = next) {
		uint32_t block = pfn >> b->map.order;
		if (block >= b->map.count)
			return;
		next = (block + 1) << b->map.order;
		next = next < end ? next : end;
		count_frames(&b->map.blocks[block], use, next - pfn);
		if (pinned)
			pin(b, block, holder, 1, (uint64_t)(next - pfn) << PAGE_SHIFT, owner);
	}
}

/* --- objects --- */

static uint32_t known_holder(struct blame *b, const struct owner *owner, cache_id cache)
{
	uint64_t key = (uint64_t)owner->origin << (KEY_TASK_BITS + KEY_CACHE_BITS) |
		       (uint64_t)owner->task << KEY_CACHE_BITS | cache.v;
	bool fits = owner->origin >> KEY_ORIGIN_BITS == 0 && owner->task >> KEY_TASK_BITS == 0 &&
		    cache.v >> KEY_CACHE_BITS == 0;
	uint32_t holder = fits ? ptrmap_get(b->holder_of, key) : PTRMAP_NONE;

	if (holder != PTRMAP_NONE)
		return holder;
	holder = holder_of_object(b->holders, owner, cache, &b->err);
	if (fits && holder != HOLDER_NONE && ptrmap_put(b->holder_of, key, holder, &b->err) != 0)
		return HOLDER_NONE;
	return holder;
}

/* The object's place and bytes; false for one that is not alive in this run. */
static bool object_place(const struct machine *m, uint32_t id, uint64_t *object)
{
	uint64_t entry = m->ids.object[id];

	*object = (entry & ~IDENTITY_OLDER) - 1;
	if (!(entry & IDENTITY_OLDER))
		return entry != 0;
	*object = m->page_offset ? start_object(m->start, *object) : OBJECT_NONE;
	return *object != OBJECT_NONE;
}

/* Counts in found[] how many of each slab's objects the trace knows. */
static void pin_objects(struct blame *b, const struct frame_uses *uses, uint32_t *found)
{
	struct machine *m = b->m;
	uint32_t ids = machine_owned_ids(m, SPACE_OBJECT);

	for (uint32_t id = 1; id <= ids; id++) {
		uint64_t object;
		if (!object_place(m, id, &object))
			continue;
		uint64_t pfn = object >> PAGE_SHIFT;
		uint32_t slab = pfn < uses->frames ? frame_uses_slab_at(uses, (uint32_t)pfn) : 0;
		if (!slab)
			continue;
		found[slab - 1]++;
		const struct owner *owner = &m->ids.object_owner[id];
		uint32_t holder = known_holder(b, owner, uses->slabs[slab - 1].cache);
		pin(b, (uint32_t)(pfn >> b->map.order), holder, 1,
		    m->slab->usable_size(m->slab_state, object), owner);
	}
}

/* Objects that no record of the trace made, and slabs that hold none. */
static void pin_slab(struct blame *b, const struct slab_use *slab, uint32_t found)
{
	uint32_t block = slab->pfn >> b->map.order, holder;
	struct cache_counts counts = { 0 };

	if (slab->inuse == 0) {
		holder = holder_of_empty_slab(b->holders, slab->cache, &b->err);
		pin(b, block, holder, 1, (uint64_t)PAGE_SIZE_BYTES << slab->order, NULL);
	} else if (slab->inuse > found) {
		b->m->slab->counts(b->m->slab_state, slab->cache, &counts);
		holder = holder_of_object(b->holders, NULL, slab->cache, &b->err);
		pin(b, block, holder, slab->inuse - found,
		    (uint64_t)(slab->inuse - found) * counts.object_size, NULL);
	}
}

static void pin_slabs(struct blame *b, const struct frame_uses *uses)
{
	uint32_t *found = calloc(uses->slab_count + 1, sizeof(*found));

	if (!found) {
		error_set(&b->err, ERROR_RUN, "no memory for what holds pageblocks");
		b->failed = true;
		return;
	}
	pin_objects(b, uses, found);
	for (size_t i = 0; i < uses->slab_count; i++)
		pin_slab(b, &uses->slabs[i], found[i]);
	free(found);
}

int blame_end(struct blame *b, const struct frame_uses *uses, uint64_t snapshot, struct error *err)
{
	if (!b->m->page_level)
		pin_slabs(b, uses);
	if (!b->failed)
		return holders_write(b->holders, err) == 0
			       ? blame_tables_write(b->tables, &b->map, snapshot, err)
			       : -1;
	*err = b->err;
	return -1;
}
