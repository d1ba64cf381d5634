/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SLUB and SLAB against recordings of real 6.1 kernels: from the state at mark 0, every
 * allocation's address and, at every later mark, every list and every row of slabinfo. Pages behind
 * new slabs are taken from the recording (assist slab_page), and when SLAB reaps; all else is the
 * model's. It runs free, a miss is not mended.
 */
#include "slab_replay.h"

struct recording {
	const char *name;
	const char *policy;
	uint32_t cpus;
	uint64_t exact, compared; /* the figures reached */
};

static void assert_slub_geometry(const struct cache_state *have, const struct cache_state *want)
{
	assert_int_equal(have->inuse, want->inuse);
	/* A cache that others were merged with has the pointer where its first user's size put it.
	 */
	if (want->refcount == 1)
		assert_int_equal(have->offset, want->offset);
	assert_int_equal(have->oo_order, want->oo_order);
	assert_int_equal(have->oo_objects, want->oo_objects);
	assert_int_equal(have->min_order, want->min_order);
	assert_int_equal(have->min_objects, want->min_objects);
	assert_int_equal(have->cpu_partial, want->cpu_partial);
	assert_int_equal(have->cpu_partial_slabs, want->cpu_partial_slabs);
	assert_int_equal(have->min_partial, want->min_partial);
}

static void assert_slab_geometry(const struct cache_state *have, const struct cache_state *want)
{
	assert_int_equal(have->num, want->num);
	assert_int_equal(have->gfporder, want->gfporder);
	assert_int_equal(have->limit, want->limit);
	assert_int_equal(have->batchcount, want->batchcount);
	assert_int_equal(have->shared, want->shared);
	assert_int_equal(have->colour, want->colour);
	assert_int_equal(have->colour_off, want->colour_off);
	assert_int_equal(have->free_limit, want->free_limit);
	assert_int_equal(have->off_slab, want->off_slab);
	assert_int_equal(have->objfreelist, want->objfreelist);
}

static void assert_geometry(const struct slab_policy *policy, const struct cache_state *have,
			    const struct cache_state *want)
{
	assert_string_equal(have->name, want->name);
	assert_int_equal(have->size, want->size);
	assert_int_equal(have->align, want->align);
	assert_int_equal(have->allocflags, want->allocflags);
	if (strcmp(policy->info.name, "slub") == 0)
		assert_slub_geometry(have, want);
	else
		assert_slab_geometry(have, want);
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
	for (size_t i = 0; i < state->cache_count; i++)
		assert_geometry(r->policy, &made.caches[state->cache_count - 1 - i],
				&state->caches[i]);
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

static struct replay *replay_open(const char *folder, const char *policy, uint32_t cpus)
{
	struct replay *r = calloc(1, sizeof(*r));
	struct error err = { 0 };

	assert_non_null(r);
	r->policy = slab_policy_of(policy_find(&slab_policies, policy));
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
		.ram_pages = FRAMES,
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

			r->now_ns = batch.base_ns + batch.records[i].time;
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
	struct replay *r = replay_open(folder, recording->policy, recording->cpus);

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
	{ "kmix-slab", "slab", 1, 19553, 19553 },
	{ "user-sh-slab", "slab", 1, 65752, 65752 },
	{ "pages-slab", "slab", 1, 717, 717 },
	{ "kmix-slub", "slub", 1, 19910, 19910 },
	{ "kphase-slub", "slub", 1, 22255, 22255 },
	{ "user-sh-slub", "slub", 1, 65754, 65754 },
	{ "user-mix-slub", "slub", 1, 50309, 50309 },
	{ "vmalloc-slub", "slub", 1, 7365, 7365 },
	{ "lazy-slub", "slub", 1, 964, 964 },
	{ "thp-slub", "slub", 1, 2697, 2697 },
	{ "oom-adj-slub", "slub", 1, 117380, 117380 },
	{ "oom-equal-slub", "slub", 1, 119401, 119401 },
	{ "oom-fork-slub", "slub", 1, 110721, 110721 },
	/* A task sleeps in reclaim inside an allocation, which is told when it is over. */
	{ "oom-shm-slub", "slub", 1, 115545, 115752 },
	/* Events of two CPUs are not recorded in the order in which they took their locks. */
	{ "user-mix-slub-smp2", "slub", 2, 21940, 50461 },
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
