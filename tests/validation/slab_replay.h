/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A slab policy alone, driven by a recording record by record: pages behind new slabs are those
 * that the recording shows, deferred calls are made when it frees their pages, and at every mark
 * lists and rows of slabinfo are compared.
 */
#ifndef SLABYARD_TESTS_SLAB_REPLAY_H
#define SLABYARD_TESTS_SLAB_REPLAY_H

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "core/operation.h"
#include "core/record.h"
#include "import/import.h"
#include "slab/slab.h"

enum { FRAMES = 1 << 18, POOL = 16, BULK_MAX = 4096, CPUS_MAX = 2, PENDING = 4096, LATE_ROWS = 16 };

/* A line of /proc/slabinfo. */
struct slabinfo_row {
	char name[64];
	uint64_t active_objects, objects, object_size, objects_per_slab, pages_per_slab;
	uint64_t active_slabs, slabs;
};

struct replay {
	const struct slab_policy *policy;
	void *state;
	struct arena *arena;
	struct work work;
	struct op_clock clock;
	struct services services;
	struct page_source pages;
	const struct definitions *definitions;
	const char *folder;
	uint64_t page_offset;
	uint64_t now_ns;
	bool started;

	struct { /* recorded pages that no slab has taken yet, newest last */
		uint32_t pfn, order;
	} pool[POOL];
	size_t pool_count;
	uint8_t held[FRAMES];
	uint32_t returned[PENDING]; /* pages given back that the recording has not freed yet */
	size_t returned_count;
	uint64_t token[PENDING];
	size_t token_count;

	object_t *objects; /* by record.id */
	size_t object_capacity;
	struct { /* a bulk free in hand, by cpu */
		object_t objects[BULK_MAX];
		size_t count;
		struct request request;
	} bulk[CPUS_MAX];

	struct slabinfo_row late[LATE_ROWS]; /* did not agree yet */
	size_t late_count;

	uint64_t rows_late;
	uint64_t exact, compared, pages_unmet, frees_unforeseen, lists_wrong, rows_wrong;
	uint64_t lists_compared, rows_compared;
};

static const struct request creation = { .zone_hint = -1, .node = -1 };

static inline void take_frames(struct replay *r, uint32_t pfn, uint32_t order, uint8_t held)
{
	assert_true(pfn + (1u << order) <= FRAMES);
	memset(r->held + pfn, held, (size_t)1 << order);
}

static inline pfn_t recorded_page(void *context, const struct request *request)
{
	struct replay *r = context;

	for (size_t i = r->pool_count; i-- > 0;) {
		const uint32_t pfn = r->pool[i].pfn;

		if (r->pool[i].order != request->order || r->held[pfn])
			continue;
		r->pool_count--;
		memmove(&r->pool[i], &r->pool[i + 1], (r->pool_count - i) * sizeof(r->pool[0]));
		take_frames(r, pfn, request->order, 1);
		return (pfn_t){ pfn };
	}
	r->pages_unmet++;
	return PFN_NONE;
}

static inline void page_back(void *context, const struct request *request, pfn_t pfn)
{
	struct replay *r = context;

	take_frames(r, pfn.v, request->order, 0);
	assert_true(r->returned_count < PENDING);
	r->returned[r->returned_count++] = pfn.v;
}

static inline void keep_token(void *engine, enum defer_target target, uint64_t when_ns,
			      uint64_t token)
{
	struct replay *r = engine;

	if (target == DEFER_SLAB_REAP)
		return;
	(void)when_ns;
	assert_true(r->token_count < PENDING);
	r->token[r->token_count++] = token;
}

static inline void page_record(struct replay *r, const struct record *record)
{
	if (!(record->flags & RECORD_EFFECT) || record->flags & RECORD_FAILED ||
	    record->address >= FRAMES)
		return;
	if (r->pool_count == POOL) {
		r->pool_count--;
		memmove(&r->pool[0], &r->pool[1], r->pool_count * sizeof(r->pool[0]));
	}
	r->pool[r->pool_count].pfn = (uint32_t)record->address;
	r->pool[r->pool_count++].order = record->size;
}

static inline bool was_returned(struct replay *r, uint32_t pfn)
{
	for (size_t i = 0; i < r->returned_count; i++) {
		if (r->returned[i] != pfn)
			continue;
		r->returned[i] = r->returned[--r->returned_count];
		return true;
	}
	return false;
}

/* The recording frees a page: the model did before, or its grace period is over now. */
static inline void page_free_record(struct replay *r, const struct record *record)
{
	const uint32_t pfn = (uint32_t)record->address;

	if (was_returned(r, pfn) || record->address >= FRAMES || !r->held[pfn])
		return;
	for (size_t i = 0; i < r->token_count; i++)
		r->policy->expire(r->state, r->token[i], 0);
	r->token_count = 0;
	r->frees_unforeseen += !was_returned(r, pfn);
}

static inline object_t *object_slot(struct replay *r, uint32_t id)
{
	if (id >= r->object_capacity) {
		const size_t capacity = (size_t)id * 2 + 1024;

		r->objects = realloc(r->objects, capacity * sizeof(*r->objects));
		assert_non_null(r->objects);
		r->object_capacity = capacity;
	}
	return &r->objects[id];
}

static inline const char *cache_of(const struct replay *r, const struct record *record)
{
	const struct origin_def *origin = &r->definitions->origins[record->origin];

	return r->definitions->caches[origin->cache.v].name;
}

static inline struct request request_of(const struct replay *r, const struct record *record)
{
	return (struct request){
		.time_ns = r->now_ns,
		.cpu = record_cpu(record) % r->services.cpus,
		.gfp = r->definitions->origins[record->origin].gfp,
		.bytes = record->size,
		.zone_hint = -1,
		.node = -1,
	};
}

static inline void alloc_record(struct replay *r, const struct record *record)
{
	const struct request request = request_of(r, record);
	const object_t recorded = record->address - r->page_offset;
	object_t *slot = object_slot(r, record->id);

	*slot = recorded;
	if (!r->started || record->flags & RECORD_FAILED)
		return;
	if (record->operation == OP_KMALLOC) {
		*slot = r->policy->kmalloc(r->state, &request, record->size);
	} else {
		const cache_id cache = r->policy->cache_find(r->state, cache_of(r, record));

		assert_false(cache_is_none(cache));
		*slot = r->policy->alloc(r->state, &request, cache);
	}
	r->compared++;
	r->exact += *slot == recorded;
}

static inline void flush_bulk(struct replay *r, uint32_t cpu)
{
	const size_t count = r->bulk[cpu].count;

	r->bulk[cpu].count = 0;
	if (count)
		r->policy->free_bulk(r->state, &r->bulk[cpu].request, CACHE_NONE, count,
				     r->bulk[cpu].objects);
}

static inline void free_record(struct replay *r, const struct record *record)
{
	const struct request request = request_of(r, record);
	const object_t object = record->flags & RECORD_IDENTITY ? record->address - r->page_offset
								: *object_slot(r, record->id);

	if (!r->started || object == OBJECT_NONE)
		return;
	if (record->flags & RECORD_BULK && r->policy->free_bulk) {
		assert_true(r->bulk[request.cpu].count < BULK_MAX);
		r->bulk[request.cpu].request = request;
		r->bulk[request.cpu].objects[r->bulk[request.cpu].count++] = object;
		return;
	}
	if (record->operation == OP_KFREE)
		r->policy->kfree(r->state, &request, object);
	else
		r->policy->free(r->state, &request, CACHE_NONE, object);
}

static inline void cache_record(struct replay *r, const struct record *record)
{
	const struct origin_def *origin = &r->definitions->origins[record->origin];
	const struct cache_def *def = &r->definitions->caches[origin->cache.v];
	const struct request request = request_of(r, record);
	const struct cache_spec spec = {
		.name = def->name,
		.object_size = def->object_size,
		.align = def->align,
		.flags = def->flags,
		.constructor = def->constructor,
	};
	struct error err = { 0 };

	if (!r->started)
		return;
	if (record->operation == OP_KMEM_CACHE_CREATE) {
		if (cache_is_none(r->policy->cache_create(r->state, &creation, &spec, &err)))
			fail_msg("%s", err.message);
		return;
	}
	/* A cache that was merged goes under the name of the other one: here it is found again by
	 * asking for it, which counts one user too many and must be taken back. */
	cache_id cache = r->policy->cache_find(r->state, def->name);

	if (cache_is_none(cache)) {
		cache = r->policy->cache_create(r->state, &creation, &spec, &err);
		r->policy->cache_destroy(r->state, &request, cache);
	}
	if (record->operation == OP_KMEM_CACHE_SHRINK)
		r->policy->cache_shrink(r->state, &request, cache);
	else
		assert_int_equal(r->policy->cache_destroy(r->state, &request, cache), 0);
}

static inline bool counts_of(const struct replay *r, const char *name, struct cache_counts *counts)
{
	const cache_id cache = r->policy->cache_find(r->state, name);

	return !cache_is_none(cache) && r->policy->counts(r->state, cache, counts);
}

static inline bool row_agrees(const struct replay *r, const struct slabinfo_row *row)
{
	struct cache_counts c;

	return counts_of(r, row->name, &c) && c.active_objects == row->active_objects &&
	       c.objects == row->objects && c.object_size == row->object_size &&
	       c.objects_per_slab == row->objects_per_slab &&
	       c.pages_per_slab == row->pages_per_slab && c.active_slabs == row->active_slabs &&
	       c.slabs == row->slabs;
}

static inline bool read_row(const char *line, struct slabinfo_row *row)
{
	return sscanf(line,
		      "%63s %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
		      " : tunables %*u %*u %*u : slabdata %" SCNu64 " %" SCNu64,
		      row->name, &row->active_objects, &row->objects, &row->object_size,
		      &row->objects_per_slab, &row->pages_per_slab, &row->active_slabs,
		      &row->slabs) == 8;
}

/*
 * The file was read a moment after the mark, and reading it allocates: a row that differs at the
 * mark must come true before the next one.
 */
static inline void compare_slabinfo(struct replay *r, unsigned mark)
{
	char path[PATH_MAX], line[512];

	snprintf(path, sizeof(path), "%s/slabinfo-%u.txt", r->folder, mark);
	FILE *in = fopen(path, "r");

	assert_non_null(in);
	r->rows_wrong += r->late_count;
	r->late_count = 0;
	while (fgets(line, sizeof(line), in)) {
		struct slabinfo_row row;

		if (!read_row(line, &row))
			continue;
		r->rows_compared++;
		if (row_agrees(r, &row))
			continue;
		assert_true(r->late_count < LATE_ROWS);
		r->late[r->late_count++] = row;
		r->rows_late++;
	}
	fclose(in);
}

static inline void check_late_rows(struct replay *r)
{
	for (size_t i = r->late_count; i-- > 0;)
		if (row_agrees(r, &r->late[i]))
			r->late[i] = r->late[--r->late_count];
}

static inline void compare_state(struct replay *r, unsigned mark)
{
	struct slab_state simulated, recorded = { 0 };
	struct error err = { 0 };
	char path[PATH_MAX];
	size_t compared;

	if (!r->policy->check(r->state, &err))
		fail_msg("mark %u: %s", mark, err.message);
	snprintf(path, sizeof(path), "%s/mmstate-%u.txt.zst", r->folder, mark);
	if (r->policy->dump(r->state, &simulated, &err) ||
	    mmstate_read(path, NULL, &recorded, &err))
		fail_msg("%s", err.message);
	const size_t wrong = slab_state_compare(&simulated, &recorded, &compared, &err);

	if (wrong && !r->lists_wrong)
		print_message("  mark %u: %zu of %zu lists differ: %s\n", mark, wrong, compared,
			      err.message);
	r->lists_wrong += wrong;
	r->lists_compared += compared;
	slab_state_free(&simulated);
	slab_state_free(&recorded);
}

static inline void mark_record(struct replay *r, const struct record *record)
{
	if (record->size == 0) {
		r->started = true;
		if (r->policy->begin)
			assert_int_equal(r->policy->begin(r->state, r->now_ns, NULL), 0);
		return;
	}
	if (!r->started)
		return;
	compare_state(r, record->size);
	compare_slabinfo(r, record->size);
}

static inline void reap_record(struct replay *r, const struct record *record)
{
	const struct slab_assist fact = {
		.kind = SLAB_ASSIST_REAP,
		.cpu = record_cpu(record) % r->services.cpus,
		.time_ns = r->now_ns,
	};

	if (r->started)
		r->policy->assist(r->state, &fact);
}

static inline void replay_record(struct replay *r, const struct record *record)
{
	const bool bulk_free =
		record->flags & RECORD_BULK &&
		(record->operation == OP_KFREE || record->operation == OP_KMEM_CACHE_FREE);

	/* Events of frees come before the work: a bulk is carried out at its cpu's next event. */
	for (uint32_t cpu = 0; cpu < r->services.cpus; cpu++)
		if (record->operation == OP_MARK || (cpu == record_cpu(record) && !bulk_free))
			flush_bulk(r, cpu);
	if (r->late_count)
		check_late_rows(r);
	switch (record->operation) {
	case OP_KMALLOC:
	case OP_KMEM_CACHE_ALLOC:
		alloc_record(r, record);
		break;
	case OP_KFREE:
	case OP_KMEM_CACHE_FREE:
		free_record(r, record);
		break;
	case OP_KMEM_CACHE_CREATE:
	case OP_KMEM_CACHE_DESTROY:
	case OP_KMEM_CACHE_SHRINK:
		cache_record(r, record);
		break;
	case OP_MM_PAGE_ALLOC:
		page_record(r, record);
		break;
	case OP_MM_PAGE_FREE:
		page_free_record(r, record);
		break;
	case OP_CACHE_REAP_BEGIN:
		reap_record(r, record);
		break;
	case OP_MARK:
		mark_record(r, record);
		break;
	default:
		break;
	}
}

#endif
