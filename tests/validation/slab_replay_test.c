/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SLUB against recordings of a real 6.1 kernel: from the state at mark 0, every allocation's
 * address and, at every later mark, every list and every row of slabinfo. Pages behind new slabs
 * are taken from the recording (assist slab_page), all else is the model's; it runs free, a miss is
 * not mended.
 */
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

struct recording {
	const char *name;
	uint32_t cpus;
	uint64_t exact, compared; /* the figures reached */
};

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

/* Nothing of the request matters to SLUB. */
static const struct request creation = { .zone_hint = -1, .node = -1 };

static void take_frames(struct replay *r, uint32_t pfn, uint32_t order, uint8_t held)
{
	assert_true(pfn + (1u << order) <= FRAMES);
	memset(r->held + pfn, held, (size_t)1 << order);
}

static pfn_t recorded_page(void *context, const struct request *request)
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

static void page_back(void *context, const struct request *request, pfn_t pfn)
{
	struct replay *r = context;

	take_frames(r, pfn.v, request->order, 0);
	assert_true(r->returned_count < PENDING);
	r->returned[r->returned_count++] = pfn.v;
}

static void keep_token(void *engine, enum defer_target target, uint64_t when_ns, uint64_t token)
{
	struct replay *r = engine;

	(void)target;
	(void)when_ns;
	assert_true(r->token_count < PENDING);
	r->token[r->token_count++] = token;
}

static void page_record(struct replay *r, const struct record *record)
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

static bool was_returned(struct replay *r, uint32_t pfn)
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
static void page_free_record(struct replay *r, const struct record *record)
{
	const uint32_t pfn = (uint32_t)record->address;

	if (was_returned(r, pfn) || record->address >= FRAMES || !r->held[pfn])
		return;
	for (size_t i = 0; i < r->token_count; i++)
		r->policy->expire(r->state, r->token[i], 0);
	r->token_count = 0;
	r->frees_unforeseen += !was_returned(r, pfn);
}

static object_t *object_slot(struct replay *r, uint32_t id)
{
	if (id >= r->object_capacity) {
		const size_t capacity = (size_t)id * 2 + 1024;

		r->objects = realloc(r->objects, capacity * sizeof(*r->objects));
		assert_non_null(r->objects);
		r->object_capacity = capacity;
	}
	return &r->objects[id];
}

static const char *cache_of(const struct replay *r, const struct record *record)
{
	const struct origin_def *origin = &r->definitions->origins[record->origin];

	return r->definitions->caches[origin->cache.v].name;
}

static struct request request_of(const struct replay *r, const struct record *record)
{
	return (struct request){
		.cpu = record_cpu(record) % r->services.cpus,
		.gfp = r->definitions->origins[record->origin].gfp,
		.bytes = record->size,
		.zone_hint = -1,
		.node = -1,
	};
}

static void alloc_record(struct replay *r, const struct record *record)
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

static void flush_bulk(struct replay *r, uint32_t cpu)
{
	const size_t count = r->bulk[cpu].count;

	r->bulk[cpu].count = 0;
	if (count)
		r->policy->free_bulk(r->state, &r->bulk[cpu].request, CACHE_NONE, count,
				     r->bulk[cpu].objects);
}

static void free_record(struct replay *r, const struct record *record)
{
	const struct request request = request_of(r, record);
	const object_t object = record->flags & RECORD_IDENTITY ? record->address - r->page_offset
								: *object_slot(r, record->id);

	if (!r->started || object == OBJECT_NONE)
		return;
	if (record->flags & RECORD_BULK) {
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

static void cache_record(struct replay *r, const struct record *record)
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

static bool counts_of(const struct replay *r, const char *name, struct cache_counts *counts)
{
	const cache_id cache = r->policy->cache_find(r->state, name);

	return !cache_is_none(cache) && r->policy->counts(r->state, cache, counts);
}

static bool row_agrees(const struct replay *r, const struct slabinfo_row *row)
{
	struct cache_counts c;

	return counts_of(r, row->name, &c) && c.active_objects == row->active_objects &&
	       c.objects == row->objects && c.object_size == row->object_size &&
	       c.objects_per_slab == row->objects_per_slab &&
	       c.pages_per_slab == row->pages_per_slab && c.active_slabs == row->active_slabs &&
	       c.slabs == row->slabs;
}

static bool read_row(const char *line, struct slabinfo_row *row)
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
static void compare_slabinfo(struct replay *r, unsigned mark)
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

static void check_late_rows(struct replay *r)
{
	for (size_t i = r->late_count; i-- > 0;)
		if (row_agrees(r, &r->late[i]))
			r->late[i] = r->late[--r->late_count];
}

static void compare_state(struct replay *r, unsigned mark)
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

static void mark_record(struct replay *r, const struct record *record)
{
	if (record->size == 0) {
		r->started = true;
		return;
	}
	if (!r->started)
		return;
	compare_state(r, record->size);
	compare_slabinfo(r, record->size);
}

static void replay_record(struct replay *r, const struct record *record)
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
	case OP_MARK:
		mark_record(r, record);
		break;
	default:
		break;
	}
}

/* What a cache's creator asked for decides its geometry: that of every recorded cache follows. */
static void compare_geometry(struct replay *r, const struct slab_state *state)
{
	for (size_t i = 0; i < state->cache_count; i++) {
		const struct cache_state *c = &state->caches[i];
		const struct cache_spec spec = {
			.name = c->name,
			.object_size = c->object_size,
			.align = c->align,
			.flags = c->flags,
			.constructor = c->constructor,
			.no_merge = true,
		};
		assert_false(
			cache_is_none(r->policy->cache_create(r->state, &creation, &spec, NULL)));
	}
	struct slab_state made;

	assert_int_equal(r->policy->dump(r->state, &made, NULL), 0);
	for (size_t i = 0; i < state->cache_count; i++) {
		const struct cache_state *want = &state->caches[i];
		const struct cache_state *have = &made.caches[state->cache_count - 1 - i];

		assert_string_equal(have->name, want->name);
		assert_int_equal(have->size, want->size);
		assert_int_equal(have->align, want->align);
		assert_int_equal(have->inuse, want->inuse);
		/* A cache that others were merged with has the pointer where its first user's
		 * size put it. */
		if (want->refcount == 1)
			assert_int_equal(have->offset, want->offset);
		assert_int_equal(have->allocflags, want->allocflags);
		assert_int_equal(have->oo_order, want->oo_order);
		assert_int_equal(have->oo_objects, want->oo_objects);
		assert_int_equal(have->min_order, want->min_order);
		assert_int_equal(have->min_objects, want->min_objects);
		assert_int_equal(have->cpu_partial, want->cpu_partial);
		assert_int_equal(have->cpu_partial_slabs, want->cpu_partial_slabs);
		assert_int_equal(have->min_partial, want->min_partial);
	}
	slab_state_free(&made);
}

static void load_state(struct replay *r)
{
	struct slab_state state = { 0 };
	struct error err = { 0 };
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/mmstate-0.txt.zst", r->folder);
	if (mmstate_read(path, NULL, &state, &err))
		fail_msg("%s", err.message);
	compare_geometry(r, &state);
	if (r->policy->load(r->state, &state, &err))
		fail_msg("%s", err.message);
	r->page_offset = state.page_offset;
	for (size_t i = 0; i < state.cache_count; i++)
		for (size_t j = 0; j < state.caches[i].slab_count; j++)
			take_frames(r, state.caches[i].slabs[j].pfn, state.caches[i].slabs[j].order,
				    1);
	slab_state_free(&state);
}

static struct replay *replay_open(const char *folder, uint32_t cpus)
{
	struct replay *r = calloc(1, sizeof(*r));
	struct error err = { 0 };

	assert_non_null(r);
	r->policy = slab_policy_of(policy_find(&slab_policies, "slub"));
	r->folder = folder;
	r->arena = arena_create((size_t)1 << 36, &err);
	assert_non_null(r->arena);
	r->clock.work = &r->work;
	r->services = (struct services){
		.arena = r->arena,
		.work = &r->work,
		.clock = &r->clock,
		.seed = 1,
		.cpus = cpus,
		.nodes = 1,
		.frames = FRAMES,
		.defer = keep_token,
		.engine = r,
	};
	r->pages = (struct page_source){ recorded_page, page_back, r };
	void *params = calloc(1, r->policy->info.params_size);

	option_defaults(r->policy->info.options, params);
	r->state = r->policy->create(&r->pages, params, &r->services, &err);
	assert_non_null(r->state);
	free(params);
	load_state(r);
	return r;
}

static void replay_close(struct replay *r)
{
	r->policy->destroy(r->state);
	arena_destroy(r->arena);
	free(r->objects);
	free(r);
}

static void replay_trace(struct replay *r)
{
	const struct import_options options = { .level = IMPORT_SLAB };
	struct import_report report = { 0 };
	struct error err = { 0 };
	struct batch batch;
	char path[PATH_MAX];
	int more;

	snprintf(path, sizeof(path), "%s/trace.txt.zst", r->folder);
	struct trace_cursor *cursor = import_open(path, &options, &report, &err);

	if (!cursor)
		fail_msg("%s", err.message);
	r->definitions = cursor->definitions;
	while ((more = cursor->ops->next(cursor, &batch, &err)) > 0) {
		for (uint32_t i = 0; i < batch.count; i++) {
			const uint64_t exact = r->exact, compared = r->compared;

			replay_record(r, &batch.records[i]);
			if (r->compared - r->exact == 1 && r->compared > compared &&
			    r->exact == exact)
				print_message("  first divergence: record %" PRIu64
					      ", %s, recorded 0x%" PRIx64 "\n",
					      batch.first_record + i + 1,
					      operation_table[batch.records[i].operation].name,
					      batch.records[i].address);
		}
	}
	if (more < 0)
		fail_msg("%s", err.message);
	cursor->ops->close(cursor);
}

/* Unpacks a recording's trace, states and slabinfo; false when it is not there. */
static bool unpack(const char *name, char *folder)
{
	char command[PATH_MAX * 3], archive[PATH_MAX];

	snprintf(archive, sizeof(archive), SLABYARD_SHARED_DIR "/data/kernel/%s.tar.zst", name);
	if (access(archive, R_OK))
		return false;
	assert_non_null(mkdtemp(folder));
	snprintf(command, sizeof(command),
		 "tar --zstd -xf '%s' -C '%s' --strip-components=1 --wildcards '*/trace.txt.zst' "
		 "'*/mmstate-*' '*/slabinfo-*'",
		 archive, folder);
	assert_int_equal(system(command), 0);
	return true;
}

static void remove_folder(const char *folder)
{
	char command[PATH_MAX + 16];

	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	assert_int_equal(system(command), 0);
}

static void replay_recording(const struct recording *recording)
{
	char folder[] = "/tmp/slabyard-slab-replay-XXXXXX";

	if (!unpack(recording->name, folder)) {
		print_message("skipped: no recording %s in %s/data/kernel\n", recording->name,
			      SLABYARD_SHARED_DIR);
		skip();
	}
	struct replay *r = replay_open(folder, recording->cpus);

	replay_trace(r);
	r->rows_wrong += r->late_count;
	print_message("%s: addresses %" PRIu64 " of %" PRIu64 ", lists %" PRIu64 " of %" PRIu64
		      ", slabinfo rows %" PRIu64 " of %" PRIu64 " (%" PRIu64
		      " a moment later), pages not foreseen %" PRIu64 " asked %" PRIu64 " freed\n",
		      recording->name, r->exact, r->compared, r->lists_compared - r->lists_wrong,
		      r->lists_compared, r->rows_compared - r->rows_wrong, r->rows_compared,
		      r->rows_late, r->pages_unmet, r->frees_unforeseen);
	const uint64_t exact = r->exact, compared = r->compared;
	const uint64_t wrong =
		r->lists_wrong + r->rows_wrong + r->pages_unmet + r->frees_unforeseen;

	replay_close(r);
	remove_folder(folder);
	assert_int_equal(compared, recording->compared);
	assert_true(exact >= recording->exact);
	if (recording->exact == recording->compared)
		assert_int_equal(wrong, 0);
}

static void recording_replays(void **state)
{
	replay_recording(*state);
}

static struct recording recordings[] = {
	{ "kmix-slub", 1, 19910, 19910 },
	{ "kphase-slub", 1, 22255, 22255 },
	{ "user-sh-slub", 1, 65754, 65754 },
	{ "user-mix-slub", 1, 50309, 50309 },
	{ "vmalloc-slub", 1, 7365, 7365 },
	{ "lazy-slub", 1, 964, 964 },
	{ "thp-slub", 1, 2697, 2697 },
	{ "oom-adj-slub", 1, 117380, 117380 },
	{ "oom-equal-slub", 1, 119401, 119401 },
	{ "oom-fork-slub", 1, 110721, 110721 },
	/* A task sleeps in reclaim inside an allocation, which is told when it is over. */
	{ "oom-shm-slub", 1, 115545, 115752 },
	/* Events of two CPUs are not recorded in the order in which they took their locks. */
	{ "user-mix-slub-smp2", 2, 21940, 50461 },
};

enum { RECORDINGS = sizeof(recordings) / sizeof(recordings[0]) };

int main(void)
{
	struct CMUnitTest tests[RECORDINGS];

	for (size_t i = 0; i < RECORDINGS; i++)
		tests[i] = (struct CMUnitTest){ .name = recordings[i].name,
						.test_func = recording_replays,
						.initial_state = &recordings[i] };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
