/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/start.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/paths.h"
#include "import/import.h"
#include "machine/census.h"
#include "machine/machine.h"
#include "machine/older.h"
#include "machine/start_frames.h"
#include "machine/start_layout.h"
#include "machine/start_units.h"

struct start {
	const char *path; /* of the state or folder; NULL: a fresh machine */
	char *folder;     /* proc: path, and ours */
	enum start_source { SOURCE_NONE, SOURCE_STATE, SOURCE_PROC } source;
	int64_t mark;
	struct page_state pages;
	struct slab_state slabs;
	bool census;          /* its objects are laid out by the run's slab policy */
	bool foreign;         /* the trace's addresses are not the state's */
	uint64_t disagreeing; /* proc: blocks that the files count differently */
	struct older *older;
	struct start_units *units;       /* what SLOB has in use */
	struct start_frames *frames;     /* in use at the start, and not by slab */
	struct start_frames *slab_heads; /* the first frames of slabs */
};

static const char census_prefix[] = "census:", proc_prefix[] = "proc:";

static int64_t mark_of_path(const char *path)
{
	const char *name = strrchr(path, '/');
	const char *dash = strrchr(name ? name : path, '-');
	char *end;
	long number = dash ? strtol(dash + 1, &end, 10) : -1;
	return dash && end != dash + 1 && (*end == '.' || *end == '\0') ? number : -1;
}

static int open_state(struct start *start, const char *path, struct error *err)
{
	start->source = SOURCE_STATE;
	start->census = strncmp(path, census_prefix, strlen(census_prefix)) == 0;
	start->path = path + (start->census ? strlen(census_prefix) : 0);
	start->mark = mark_of_path(start->path);
	return mmstate_read(start->path, &start->pages, &start->slabs, err);
}

/* "DIR" or "DIR,N"; a folder may have a comma in its name. */
static int split_number(struct start *start, const char *text, struct error *err)
{
	const char *comma = strrchr(text, ',');
	char *end;
	long number = comma ? strtol(comma + 1, &end, 10) : -1;
	bool numbered = comma && end != comma + 1 && *end == '\0' && number >= 0;

	size_t length = numbered ? (size_t)(comma - text) : strlen(text);
	while (length > 1 && text[length - 1] == '/')
		length--;
	start->mark = numbered ? number : -1;
	start->path = start->folder = strndup(text, length);
	return start->folder ? 0 : error_set(err, ERROR_RUN, "no memory for the start state");
}

static int open_proc(struct start *start, const char *text, uint64_t seed, struct error *err)
{
	struct proc_memory *memory = calloc(1, sizeof(*memory));

	start->source = SOURCE_PROC;
	if (!memory)
		return error_set(err, ERROR_RUN, "no memory for the start state");
	int result = split_number(start, text, err);
	if (result == 0)
		result = proc_memory_read(start->path, start->mark, memory, err);
	if (result == 0) {
		start->disagreeing = memory->disagreeing;
		result = start_layout(memory, seed, start->path, &start->pages, err);
		proc_memory_free(memory);
	}
	free(memory);
	return result;
}

struct start *start_open(const char *spec, uint64_t seed, struct error *err)
{
	struct start *start = calloc(1, sizeof(*start));
	if (!start) {
		error_set(err, ERROR_RUN, "no memory for the start state");
		return NULL;
	}
	start->mark = -1;
	if (!spec)
		return start;
	bool proc = strncmp(spec, proc_prefix, strlen(proc_prefix)) == 0;
	if ((proc ? open_proc(start, spec + strlen(proc_prefix), seed, err)
		  : open_state(start, spec, err)) == 0)
		return start;
	start_close(start);
	return NULL;
}

void start_close(struct start *start)
{
	if (!start)
		return;
	page_state_free(&start->pages);
	slab_state_free(&start->slabs);
	older_destroy(start->older);
	start_units_destroy(start->units);
	start_frames_destroy(start->frames);
	start_frames_destroy(start->slab_heads);
	free(start->folder);
	free(start);
}

static uint64_t frames_end(const struct start *start)
{
	uint64_t end = 0;
	for (size_t i = 0; i < start->pages.zone_count; i++) {
		const struct zone_state *zone = &start->pages.zones[i];
		if ((uint64_t)zone->start_pfn + zone->spanned > end)
			end = (uint64_t)zone->start_pfn + zone->spanned;
	}
	return end;
}

static uint32_t state_nodes(const struct page_state *pages)
{
	uint32_t nodes = 1;
	for (size_t i = 0; i < pages->zone_count; i++)
		if (pages->zones[i].node >= nodes)
			nodes = pages->zones[i].node + 1;
	return nodes;
}

void start_describe_machine(const struct start *start, struct page_machine *machine)
{
	if (!start->path)
		return;
	machine->memory_bytes = frames_end(start) << PAGE_SHIFT;
	machine->cpus = start->pages.cpus;
	machine->nodes = state_nodes(&start->pages);
	machine->orders = start->pages.orders;
	machine->pageblock_order = start->pages.pageblock_order;
	machine->reserved_bytes = 0;
}

struct contradiction {
	const struct start *start;
	struct error *err;
	int result;
};

static void check_value(struct contradiction *c, const char *path, const char *value,
			const char *from, const char *fixed_path, uint64_t fixed)
{
	if (strcmp(path, fixed_path) != 0 || strtoull(value, NULL, 10) == fixed)
		return;
	c->result = error_set(c->err, ERROR_INPUT, "%s: %s: is %s, but the start state %s has %llu",
			      from, path, value, c->start->path, (unsigned long long)fixed);
}

static void check_visit(void *context, const char *path, const char *value, const char *from,
			bool used)
{
	(void)used;
	struct contradiction *c = context;
	if (strcmp(from, "default") == 0 || c->result != 0)
		return;
	check_value(c, path, value, from, "machine.cpus", c->start->pages.cpus);
	check_value(c, path, value, from, "machine.nodes", state_nodes(&c->start->pages));
	check_value(c, path, value, from, "machine.orders", c->start->pages.orders);
	check_value(c, path, value, from, "machine.pageblock_order",
		    c->start->pages.pageblock_order);
}

static int check_memory(const struct start *start, const struct config *config, struct error *err)
{
	const struct machine_params *params = config_params(config, "machine");
	uint64_t end = frames_end(start) << PAGE_SHIFT;
	/* Firmware keeps some of the memory's end to itself. */
	const uint64_t slack = 2ull << 20;
	if (params->memory_bytes + slack >= end && params->memory_bytes <= end + slack)
		return 0;
	return error_set(err, ERROR_INPUT,
			 "machine.memory: is %llu bytes, but the start state %s ends at %llu",
			 (unsigned long long)params->memory_bytes, start->path,
			 (unsigned long long)end);
}

static void note_memory_set(void *context, const char *path, const char *value, const char *from,
			    bool used)
{
	(void)value;
	(void)used;
	if (strcmp(path, "machine.memory") == 0 && strcmp(from, "default") != 0)
		*(bool *)context = true;
}

int start_check_config(const struct start *start, const struct config *config, struct error *err)
{
	if (!start->path)
		return 0;
	struct contradiction c = { .start = start, .err = err };
	config_visit(config, check_visit, &c);
	bool memory_set = false;
	config_visit(config, note_memory_set, &memory_set);
	if (c.result == 0 && memory_set)
		return check_memory(start, config, err);
	return c.result;
}

char *start_title(const struct start *start, char *buffer, size_t size)
{
	const char *name = start->path ? path_base(start->path) : "fresh machine";
	if (start->source != SOURCE_PROC)
		snprintf(buffer, size, "%s", name);
	else if (start->mark < 0)
		snprintf(buffer, size, "%s%s", proc_prefix, name);
	else
		snprintf(buffer, size, "%s%s,%lld", proc_prefix, name, (long long)start->mark);
	return buffer;
}

const char *start_path(const struct start *start)
{
	return start->path;
}

bool start_is_census(const struct start *start)
{
	return start->census;
}

bool start_is_foreign(const struct start *start)
{
	return start->foreign;
}

int64_t start_mark(const struct start *start)
{
	return start->mark;
}

const struct page_state *start_pages(const struct start *start)
{
	return start->path ? &start->pages : NULL;
}

const char *start_allocator(const struct start *start)
{
	return start->source == SOURCE_STATE ? start->slabs.allocator : NULL;
}

bool start_has_addresses(const struct start *start)
{
	return start->source == SOURCE_STATE;
}

uint64_t start_disagreeing(const struct start *start)
{
	return start->disagreeing;
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
	if (!start->census && start_units_take(start->units, object))
		return object;
	return older_take(start->older, object);
}

object_t start_object(const struct start *start, uint64_t object)
{
	if (!start->older || start->foreign)
		return OBJECT_NONE;
	if (!start->census && start_units_hold(start->units, object))
		return object;
	return older_object(start->older, object);
}

object_t start_take_alike(struct start *start, const char *cache, uint32_t bytes, uint32_t align)
{
	if (!start->older || !start->foreign)
		return OBJECT_NONE;
	if (start->slabs.slab_count && !start->census)
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
	start->frames = start_frames_create(frames_end(start), err);
	start->slab_heads = start_frames_create(frames_end(start), err);
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
				 start->path, start->slabs.allocator, m->slab->info.name,
				 start->path);
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
	start->foreign = is_foreign(start, m) || (start->census && start->slabs.slab_count);
	if (!start->census && load_slabs(start, m, err) != 0)
		return -1;
	if (collect_objects(start, err) != 0)
		return -1;
	return start->census ? census_lay_out(m, &start->slabs, start->older, err) : 0;
}

int start_load(struct start *start, struct machine *m, struct error *err)
{
	if (!start->path)
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
	return m->page_level || start->source != SOURCE_STATE ? 0 : load_objects(start, m, err);
}
