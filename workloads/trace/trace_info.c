/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trace/trace_info.h"

#include <stdlib.h>
#include <string.h>

#include "trace/syt.h"

/* What is alive under an id. */
struct live_entry {
	uint64_t requested_bytes, held_bytes;
	uint32_t cache; /* UINT32_MAX: none */
	bool alive;
};

struct scan {
	struct trace_info *info;
	const struct definitions *definitions;
	uint32_t task_capacity, cache_capacity;
	struct live_entry *entries[SPACE_COUNT];
	uint32_t entry_capacity[SPACE_COUNT];
	uint64_t cpus_seen[(RECORD_CPU_MASK + 1) / 64];
};

/*
 * The array, or a larger copy of it that holds `count`, zeroed behind what it held. Zeroes come
 * from the host as they are touched, so that one large id costs no memory.
 */
static void *reserve(void *array, uint32_t *capacity, uint32_t count, size_t size,
		     struct error *err)
{
	if (count <= *capacity)
		return array;
	size_t grown = (size_t)count + count / 2 + 64;
	void *copy = calloc(grown, size);
	if (!copy) {
		error_set(err, ERROR_RUN, "no memory for what is alive in the trace");
		return NULL;
	}
	if (array)
		memcpy(copy, array, *capacity * size);
	free(array);
	*capacity = grown < UINT32_MAX ? (uint32_t)grown : UINT32_MAX;
	return copy;
}

static int reserve_definitions(struct scan *s, struct error *err)
{
	struct trace_info *info = s->info;
	const struct definitions *d = s->definitions;
	void *tasks = reserve(info->tasks, &s->task_capacity, d->task_count + 1,
			      sizeof(*info->tasks), err);
	if (!tasks)
		return -1;
	info->tasks = tasks;
	void *caches = reserve(info->caches, &s->cache_capacity, d->cache_count + 1,
			       sizeof(*info->caches), err);
	if (!caches)
		return -1;
	info->caches = caches;
	return 0;
}

static struct live_entry *entry_of(struct scan *s, unsigned space, uint32_t id, struct error *err)
{
	struct live_entry *entries = reserve(s->entries[space], &s->entry_capacity[space], id + 1,
					     sizeof(*entries), err);
	if (!entries)
		return NULL;
	s->entries[space] = entries;
	return &entries[id];
}

static uint64_t max_u64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* Bytes asked for, by what record.size counts in the operation's id space. */
static uint64_t requested_bytes(const struct record *r, unsigned space)
{
	switch ((enum id_space)space) {
	case SPACE_PAGE:
		return r->size < 32 ? UINT64_C(4096) << r->size : 0;
	case SPACE_VMAP:
	case SPACE_MAP:
		return (uint64_t)r->size << PAGE_SHIFT;
	default:
		return r->size;
	}
}

static uint64_t held_bytes(const struct record *r, unsigned space, const struct definitions *d)
{
	uint32_t bytes_alloc = d->origins[r->origin].bytes_alloc;
	return space == SPACE_OBJECT && bytes_alloc ? bytes_alloc : requested_bytes(r, space);
}

static void end_entry(struct scan *s, struct trace_info_space *space, struct live_entry *entry)
{
	if (!entry->alive)
		return;
	space->live--;
	space->requested_bytes -= entry->requested_bytes;
	space->held_bytes -= entry->held_bytes;
	if (entry->cache != UINT32_MAX)
		s->info->caches[entry->cache].live--;
	entry->alive = false;
}

static void begin_entry(struct scan *s, struct trace_info_space *space, struct live_entry *entry,
			const struct record *r)
{
	unsigned number = operation_table[r->operation].space;
	*entry = (struct live_entry){ .requested_bytes = requested_bytes(r, number),
				      .held_bytes = held_bytes(r, number, s->definitions),
				      .cache = s->definitions->origins[r->origin].cache.v,
				      .alive = true };
	space->live++;
	space->live_max = max_u64(space->live_max, space->live);
	space->requested_bytes += entry->requested_bytes;
	space->requested_bytes_max = max_u64(space->requested_bytes_max, space->requested_bytes);
	space->held_bytes += entry->held_bytes;
	space->held_bytes_max = max_u64(space->held_bytes_max, space->held_bytes);
	if (entry->cache == UINT32_MAX)
		return;
	struct trace_info_cache *cache = &s->info->caches[entry->cache];
	cache->live++;
	cache->live_max = max_u64(cache->live_max, cache->live);
	cache->allocated += operation_table[r->operation].ids == ID_ALLOC;
}

static int scan_ids(struct scan *s, const struct record *r, struct error *err)
{
	const struct operation_info *info = &operation_table[r->operation];
	struct trace_info_space *space = &s->info->spaces[info->space];
	if (r->flags & RECORD_FAILED) {
		space->failed++;
		return 0;
	}
	if (record_leaves_part(r))
		return 0;
	if (info->ids == ID_FREE && !(r->flags & RECORD_NESTED)) {
		space->freed++;
		space->older += r->id == 0;
	}
	if (info->ids == ID_ALLOC) {
		space->allocated++;
		space->effects += (r->flags & RECORD_EFFECT) != 0;
	}
	if (r->id == 0 || (r->flags & RECORD_NESTED))
		return 0;
	struct live_entry *entry = entry_of(s, info->space, r->id, err);
	if (!entry)
		return -1;
	end_entry(s, space, entry);
	if (info->ids != ID_FREE)
		begin_entry(s, space, entry, r);
	return 0;
}

static int scan_record(struct scan *s, const struct record *r, struct error *err)
{
	uint32_t cpu = record_cpu(r);
	if (r->operation == OP_EXTENSION)
		return 0;
	s->info->records++;
	s->info->operations[r->operation]++;
	s->info->tasks[r->task].records++;
	s->cpus_seen[cpu / 64] |= UINT64_C(1) << (cpu % 64);
	return operation_table[r->operation].ids == ID_NONE ? 0 : scan_ids(s, r, err);
}

static int scan_batch(struct scan *s, const struct batch *batch, struct error *err)
{
	if (reserve_definitions(s, err) != 0)
		return -1;
	if (s->info->records == 0)
		s->info->first_ns = batch->base_ns + batch->records[0].time;
	s->info->last_ns = batch->base_ns + batch->records[batch->count - 1].time;
	for (uint32_t i = 0; i < batch->count; i++)
		if (scan_record(s, &batch->records[i], err) != 0)
			return -1;
	return 0;
}

static void scan_end(struct scan *s, const struct trace_cursor *cursor)
{
	for (size_t i = 0; i < sizeof(s->cpus_seen) / sizeof(s->cpus_seen[0]); i++)
		s->info->cpus += (uint32_t)__builtin_popcountll(s->cpus_seen[i]);
	s->info->complete = syt_is_complete(cursor);
	s->info->hash = cursor->ops->hash(cursor);
}

int trace_info_scan(struct trace_info *info, struct trace_cursor *cursor, struct error *err)
{
	struct scan s = { .info = info, .definitions = cursor->definitions };
	struct batch batch;
	int result;
	*info = (struct trace_info){ 0 };
	while ((result = cursor->ops->next(cursor, &batch, err)) == 1)
		if ((result = scan_batch(&s, &batch, err)) != 0)
			break;
	/* The last definitions may stand behind the last record. */
	if (result == 0)
		result = reserve_definitions(&s, err);
	if (result == 0)
		scan_end(&s, cursor);
	else
		trace_info_free(info);
	for (unsigned space = 0; space < SPACE_COUNT; space++)
		free(s.entries[space]);
	return result;
}

void trace_info_free(struct trace_info *info)
{
	free(info->tasks);
	free(info->caches);
	*info = (struct trace_info){ 0 };
}
