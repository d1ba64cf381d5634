/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/start.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/paths.h"
#include "import/import.h"
#include "machine/ageing.h"
#include "machine/census.h"
#include "machine/machine.h"
#include "machine/older.h"
#include "machine/start_frames.h"
#include "machine/start_layout.h"
#include "machine/start_shape.h"
#include "machine/start_spec.h"
#include "machine/start_units.h"

struct start {
	struct start_spec spec;
	struct page_state pages;  /* what the run begins with; aged: none before it is loaded */
	struct page_state wanted; /* aged: what it is aged to */
	struct slab_state slabs;
	struct ageing_report ageing;
	bool foreign;         /* the trace's addresses are not the state's */
	uint64_t disagreeing; /* proc: blocks that the files count differently */
	struct older *older;
	struct start_units *units;       /* what SLOB has in use */
	struct start_frames *frames;     /* in use at the start, and not by slab */
	struct start_frames *slab_heads; /* the first frames of slabs */
};

static int open_proc(struct start *start, uint64_t seed, struct error *err)
{
	const struct start_spec *spec = &start->spec;
	struct proc_memory *memory = calloc(1, sizeof(*memory));

	if (!memory)
		return error_set(err, ERROR_RUN, "no memory for the start state");
	int result = proc_memory_read(spec->path, spec->number, memory, err);
	if (result == 0) {
		start->disagreeing = memory->disagreeing;
		result = start_layout(memory, seed, spec->path, &start->pages, err);
		proc_memory_free(memory);
	}
	free(memory);
	return result;
}

static int open_figures(struct start *start, uint64_t seed, struct error *err)
{
	switch (start->spec.kind) {
	case START_STATE:
		return mmstate_read(start->spec.path, &start->pages, &start->slabs, err);
	case START_PROC:
		return open_proc(start, seed, err);
	default:
		return 0;
	}
}

struct start *start_open(const char *text, uint64_t seed, struct error *err)
{
	struct start *start = calloc(1, sizeof(*start));
	if (!start) {
		error_set(err, ERROR_RUN, "no memory for the start state");
		return NULL;
	}
	if (start_spec_parse(text, &start->spec, err) == 0 && open_figures(start, seed, err) == 0) {
		if (start->spec.aged) {
			start->wanted = start->pages;
			start->pages = (struct page_state){ 0 };
		}
		return start;
	}
	start_close(start);
	return NULL;
}

void start_close(struct start *start)
{
	if (!start)
		return;
	page_state_free(&start->pages);
	page_state_free(&start->wanted);
	slab_state_free(&start->slabs);
	older_destroy(start->older);
	start_units_destroy(start->units);
	start_frames_destroy(start->frames);
	start_frames_destroy(start->slab_heads);
	free(start);
}

/* The state that the machine must be like, or be aged to. NULL: it is as configured. */
static const struct page_state *shape_of(const struct start *start)
{
	if (start->spec.kind == START_FRESH)
		return NULL;
	return start->spec.aged ? &start->wanted : &start->pages;
}

static uint64_t managed_frames(const struct page_state *state)
{
	uint64_t frames = 0;
	for (size_t i = 0; i < state->zone_count; i++)
		frames += state->zones[i].managed;
	return frames;
}

void start_describe_machine(const struct start *start, struct page_machine *machine)
{
	const struct page_state *shape = shape_of(start);
	if (!shape)
		return;
	machine->memory_bytes = start_shape_memory(shape);
	machine->cpus = shape->cpus;
	machine->nodes = start_shape_nodes(shape);
	machine->orders = shape->orders;
	machine->pageblock_order = shape->pageblock_order;
	/* a state has what is reserved; a machine that is to be like it keeps as much */
	machine->reserved_bytes =
		start->spec.aged ? machine->memory_bytes - (managed_frames(shape) << PAGE_SHIFT)
				 : 0;
}

uint64_t start_frame_end(const struct start *start)
{
	return start_shape_frames(&start->pages);
}

int start_check_config(const struct start *start, const struct config *config, struct error *err)
{
	const struct page_state *shape = shape_of(start);
	return shape ? start_shape_check(shape, start->spec.path, config, err) : 0;
}

char *start_title(const struct start *start, char *buffer, size_t size)
{
	return start_spec_title(&start->spec, buffer, size);
}

void start_describe(const struct start *start, char *buffer, size_t size)
{
	const struct ageing_report *a = &start->ageing;
	if (start->spec.aged && a->wanted_index >= 0)
		snprintf(buffer, size,
			 "aged by %llu allocations to an unusable free index of %.3f (%.3f asked "
			 "for)",
			 (unsigned long long)a->allocations, a->reached_index / 1000.0,
			 a->wanted_index / 1000.0);
	else if (start->spec.aged)
		snprintf(buffer, size,
			 "aged by %llu allocations to the %llu free blocks of %s, %llu of them off",
			 (unsigned long long)a->allocations, (unsigned long long)a->blocks_wanted,
			 path_base(start->spec.path), (unsigned long long)a->blocks_off);
	else if (start->spec.kind == START_PROC)
		snprintf(buffer, size, "laid out from the files in %s",
			 path_base(start->spec.path));
	else
		buffer[0] = '\0';
	if (start->disagreeing && !start->spec.aged)
		snprintf(buffer + strlen(buffer), size - strlen(buffer),
			 " (pagetypeinfo counts %llu blocks otherwise than buddyinfo)",
			 (unsigned long long)start->disagreeing);
}

const char *start_path(const struct start *start)
{
	return start->spec.kind == START_FRESH ? NULL : start->spec.path;
}

bool start_is_census(const struct start *start)
{
	return start->spec.census;
}

bool start_is_foreign(const struct start *start)
{
	return start->foreign;
}

int64_t start_mark(const struct start *start)
{
	return start->spec.number;
}

const struct page_state *start_pages(const struct start *start)
{
	return start->pages.zone_count ? &start->pages : NULL;
}

/* Its slabs and objects are the run's, too. */
static bool has_objects(const struct start *start)
{
	return start->spec.kind == START_STATE && !start->spec.aged;
}

const char *start_allocator(const struct start *start)
{
	return has_objects(start) ? start->slabs.allocator : NULL;
}

bool start_has_addresses(const struct start *start)
{
	return has_objects(start);
}

uint64_t start_disagreeing(const struct start *start)
{
	return start->disagreeing;
}

const struct ageing_report *start_ageing(const struct start *start)
{
	return start->spec.aged ? &start->ageing : NULL;
}

/* --- objects alive --- */

static int collect_objects(struct start *start, struct error *err)
{
	start->units = start_units_create(&start->slabs);
	start->older = start->units ? older_create(&start->slabs, err) : NULL;
	return start->older ? 0 : error_set(err, ERROR_RUN, "no memory for the start state");
}

object_t start_take_object(struct start *start, uint64_t object)
{
	if (!start->older || start->foreign)
		return OBJECT_NONE;
	if (!start->spec.census && start_units_take(start->units, object))
		return object;
	return older_take(start->older, object);
}

object_t start_object(const struct start *start, uint64_t object)
{
	if (!start->older || start->foreign)
		return OBJECT_NONE;
	if (!start->spec.census && start_units_hold(start->units, object))
		return object;
	return older_object(start->older, object);
}

object_t start_take_alike(struct start *start, const char *cache, uint32_t bytes, uint32_t align)
{
	if (!start->older || !start->foreign)
		return OBJECT_NONE;
	if (start->slabs.slab_count && !start->spec.census)
		return start_units_take_alike(start->units, bytes, align);
	return older_take_alike(start->older, cache);
}

/* --- pages alive --- */

/* At slab level the frames of slabs are the slab policy's, whatever the recording frees. */
static void exclude_slab(struct start *start, const struct slab_entry *slab)
{
	start_frames_set(start->frames, slab->pfn, 1ull << slab->order, false);
	start_frames_set(start->slab_heads, slab->pfn, 1, true);
}

static void exclude_slabs(struct start *start)
{
	for (size_t i = 0; i < start->slabs.cache_count; i++) {
		const struct cache_state *cache = &start->slabs.caches[i];
		for (size_t k = 0; k < cache->slab_count; k++)
			exclude_slab(start, &cache->slabs[k]);
	}
	for (size_t i = 0; i < start->slabs.slab_count; i++)
		exclude_slab(start, &start->slabs.slabs[i]);
}

static int collect_pages(struct start *start, bool page_level, struct error *err)
{
	start->frames = start_frames_create(start_shape_frames(&start->pages), err);
	start->slab_heads = start_frames_create(start_shape_frames(&start->pages), err);
	if (!start->frames || !start->slab_heads)
		return -1;
	start_frames_add(start->frames, &start->pages);
	if (!page_level)
		exclude_slabs(start);
	return 0;
}

static char run_kind_at(const struct zone_state *zone, uint32_t pfn)
{
	size_t low = 0, high = zone->run_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (zone->runs[middle].pfn + zone->runs[middle].count <= pfn)
			low = middle + 1;
		else
			high = middle;
	}
	return low < zone->run_count && zone->runs[low].pfn <= pfn ? zone->runs[low].kind : '\0';
}

pfn_t start_take_page(struct start *start, uint64_t pfn, uint32_t order)
{
	return start->frames ? start_frames_take(start->frames, pfn, order) : PFN_NONE;
}

pfn_t start_stand_in(struct start *start, uint64_t pfn, uint32_t order)
{
	return start->frames && !start_has_addresses(start)
		       ? start_frames_stand_in(start->frames, pfn, order)
		       : PFN_NONE;
}

char start_page_kind(const struct start *start, uint32_t pfn)
{
	if (!start->frames || !start_frames_has(start->frames, pfn))
		return '\0';
	for (size_t i = 0; i < start->pages.zone_count; i++) {
		const struct zone_state *zone = &start->pages.zones[i];
		if (pfn - zone->start_pfn < zone->spanned)
			return run_kind_at(zone, pfn);
	}
	return '\0';
}

bool start_take_slab(struct start *start, uint32_t pfn)
{
	return start->slab_heads && !pfn_is_none(start_frames_take(start->slab_heads, pfn, 0));
}

/* Frames from pfn on that belong to the allocation before them. */
static uint32_t frames_behind(const struct start *start, uint32_t pfn, char kind)
{
	uint32_t count = 0;
	while (start_page_kind(start, pfn + count) == kind)
		count++;
	return count;
}

bool start_take_large(struct start *start, uint64_t object, uint32_t *order)
{
	const uint32_t pfn = (uint32_t)(object >> PAGE_SHIFT);
	const char kind = start_page_kind(start, pfn);
	if (object % PAGE_SIZE_BYTES || (kind != 'H' && kind != 'o'))
		return false;
	const uint32_t frames = 1 + frames_behind(start, pfn + 1, kind == 'H' ? 't' : '0');
	*order = 31 - (uint32_t)__builtin_clz(frames);
	return !pfn_is_none(start_take_page(start, pfn, *order));
}

void start_give_pages(struct start *start, uint32_t pfn, uint32_t order)
{
	if (start->frames)
		start_frames_set(start->frames, pfn, 1u << order, true);
}

void start_move_page(struct start *start, uint32_t from, uint32_t to)
{
	if (!pfn_is_none(start_take_page(start, from, 0)))
		start_give_pages(start, to, 0);
}

static int load_slabs(struct start *start, struct machine *m, struct error *err)
{
	if (!m->slab->load)
		return error_set(err, ERROR_INPUT,
				 "--start: slab policy '%s' cannot begin from a recorded state",
				 m->slab->info.name);
	if (strcmp(start->slabs.allocator, m->slab->info.name) != 0)
		return error_set(err, ERROR_INPUT,
				 "--start: %s was recorded under %s, but slab.policy is %s "
				 "(--start census:%s lays its objects out anew)",
				 start->spec.path, start->slabs.allocator, m->slab->info.name,
				 start->spec.path);
	return m->slab->load(m->slab_state, &start->slabs, err);
}

/* Addresses of a trace that was recorded under another allocator are not this state's. */
static bool is_foreign(const struct start *start, const struct machine *m)
{
	const char *recorded = definitions_meta(m->trace->definitions, "allocator");
	return recorded && strcmp(recorded, start->slabs.allocator) != 0;
}

static int load_objects(struct start *start, struct machine *m, struct error *err)
{
	start->foreign = is_foreign(start, m) || (start->spec.census && start->slabs.slab_count);
	if (!start->spec.census && load_slabs(start, m, err) != 0)
		return -1;
	if (collect_objects(start, err) != 0)
		return -1;
	return start->spec.census ? census_lay_out(m, &start->slabs, start->older, err) : 0;
}

struct note_blocks {
	struct start_frames *frames;
	struct error *err;
	int result;
};

static void note_block(void *context, const struct page_extent *extent)
{
	struct note_blocks *n = context;

	if (!extent->free && !extent->pcp && n->result == 0 &&
	    start_frames_has(n->frames, extent->pfn.v))
		n->result =
			start_frames_note_block(n->frames, extent->pfn.v, extent->order, n->err);
}

/* What stands in for a freed block is best a block that is an allocation as large. */
static int note_blocks(struct start *start, const struct machine *m, struct error *err)
{
	struct note_blocks n = { .frames = start->frames, .err = err };

	m->page->walk(m->page_state, note_block, &n);
	return n.result;
}

/* The fresh machine ages; its state then is what the run begins with. */
static int age(struct start *start, struct machine *m, struct error *err)
{
	const struct start_spec *spec = &start->spec;
	uint64_t seed = spec->seeded ? spec->seed : m->run->seed;
	if (!(m->page->info.capabilities & POLICY_PLACES) || !m->page->dump)
		return error_set(err, ERROR_INPUT, "--start: page policy '%s' cannot be aged",
				 m->page->info.name);
	int result = spec->level >= 0
			     ? ageing_to_level(m, spec->level, seed, &start->ageing, err)
			     : ageing_to_summary(m, &start->wanted, seed, &start->ageing, err);
	if (result == 0)
		result = m->page->dump(m->page_state, &start->pages, err);
	if (result != 0 || collect_pages(start, true, err) != 0)
		return -1;
	return note_blocks(start, m, err);
}

int start_load(struct start *start, struct machine *m, struct error *err)
{
	if (start->spec.aged)
		return age(start, m, err);
	if (start->spec.kind == START_FRESH)
		return 0;
	if (!m->page->load)
		return error_set(err, ERROR_INPUT,
				 "--start: page policy '%s' cannot begin from a recorded state",
				 m->page->info.name);
	if (m->page->load(m->page_state, &start->pages, err) != 0)
		return -1;
	m->page_offset =
		start->slabs.page_offset ? start->slabs.page_offset : start->pages.page_offset;
	if (collect_pages(start, m->page_level, err) != 0)
		return -1;
	return m->page_level || !has_objects(start) ? 0 : load_objects(start, m, err);
}
