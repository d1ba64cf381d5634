/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a shrinker is asked for, pass by pass; and the machine's dentries as it frees them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/gfp.h"
#include "core/reclaim_source.h"
#include "machine/dentries.h"
#include "machine/machine.h"
#include "machine/shrink_slab.h"
#include "machine/slab_pages.h"

/* --- the rule --- */

struct pile {
	uint64_t objects;
	uint64_t calls, asked_last, asked;
	bool stop;
};

static uint64_t pile_freeable(void *context, uint32_t node)
{
	const struct pile *pile = context;

	assert_int_equal(node, 3);
	return pile->objects;
}

static uint64_t pile_scan(void *context, uint32_t node, uint64_t objects)
{
	struct pile *pile = context;
	const uint64_t freed = objects < pile->objects ? objects : pile->objects;

	assert_int_equal(node, 3);
	pile->calls++;
	if (pile->stop)
		return SHRINK_STOP;
	pile->asked_last = objects;
	pile->asked += objects;
	pile->objects -= freed;
	return freed;
}

static struct shrink_progress shrink(struct pile *pile, uint8_t priority, uint64_t *deferred)
{
	const struct shrinker shrinker = { pile_freeable, pile_scan, pile };

	return shrink_slab(&shrinker, 3, priority, deferred);
}

static void test_batches(void **state)
{
	struct pile pile = { .objects = 100000 };
	uint64_t deferred = 0;

	(void)state;
	/* 100000 >> 6 = 1562, times 4 / 2: 3124, 24 batches and 52 left over */
	const struct shrink_progress progress = shrink(&pile, 6, &deferred);

	assert_int_equal(pile.calls, 24);
	assert_int_equal(pile.asked_last, SHRINK_BATCH);
	assert_int_equal(progress.scanned, 24 * SHRINK_BATCH);
	assert_int_equal(progress.freed, 24 * SHRINK_BATCH);
	assert_int_equal(deferred, 52);
}

/* At the first priority there is less than a batch to do; it adds up until there is one. */
static void test_what_is_put_off_adds_up(void **state)
{
	struct pile pile = { .objects = 100000 };
	uint64_t deferred = 0;

	(void)state;
	for (uint64_t pass = 1; pass <= 4; pass++) {
		assert_int_equal(shrink(&pile, 12, &deferred).scanned, 0);
		assert_int_equal(deferred, pass * 48);
	}
	/* 192 >> 3 = 24, and 25000 of this pass */
	const struct shrink_progress progress = shrink(&pile, 3, &deferred);

	assert_int_equal(progress.scanned, 25024 / SHRINK_BATCH * SHRINK_BATCH);
	assert_int_equal(deferred, 192 + 25000 - progress.scanned);
}

static void test_who_may_not_leaves_it_to_others(void **state)
{
	struct pile pile = { .objects = 1000, .stop = true };
	uint64_t deferred = 0;

	(void)state;
	assert_int_equal(shrink(&pile, 1, &deferred).scanned, 0);
	assert_int_equal(pile.calls, 1);
	assert_int_equal(deferred, 1000);
	for (int pass = 0; pass < 4; pass++)
		shrink(&pile, 1, &deferred);
	assert_int_equal(deferred, 2000); /* never more than twice what there is */
	pile.stop = false;
	assert_int_equal(shrink(&pile, 1, &deferred).freed, 1000);
	assert_int_equal(pile.objects, 0);
}

/* Fewer than a batch: none, until reclaim is at its wits' end. */
static void test_the_last_few(void **state)
{
	struct pile pile = { .objects = 100 };
	uint64_t deferred = 0;

	(void)state;
	assert_int_equal(shrink(&pile, 2, &deferred).scanned, 0);
	deferred = 0;
	assert_int_equal(shrink(&pile, 0, &deferred).freed, 100);
	assert_int_equal(pile.objects, 0);
	deferred = 7;
	assert_int_equal(shrink(&pile, 0, &deferred).scanned, 0);
	assert_int_equal(deferred, 7);
}

/* --- dentries --- */

enum { OBJECTS = 2100, A_PAGE = 21, BYTES = 192 };

/* A slab allocator that hands out object after object, and a page for each 21 that come back. */
struct shelf {
	struct machine *m;
	uint64_t given, back;
	object_t freed[OBJECTS];
	uint64_t lists_asked;
};

static object_t address_of(uint64_t number)
{
	return (number / A_PAGE << PAGE_SHIFT) + number % A_PAGE * BYTES;
}

static cache_id shelf_find(const void *state, const char *name)
{
	(void)state;
	assert_string_equal(name, "dentry");
	return CACHE_NONE;
}

static cache_id shelf_create(void *state, const struct request *request,
			     const struct cache_spec *spec, struct error *err)
{
	(void)state;
	(void)request;
	(void)err;
	assert_string_equal(spec->name, "dentry");
	assert_int_equal(spec->object_size, BYTES);
	assert_true(spec->flags & CACHE_RECLAIM_ACCOUNT);
	return (cache_id){ 5 };
}

static object_t shelf_alloc(void *state, const struct request *request, cache_id cache)
{
	struct shelf *shelf = state;

	assert_int_equal(cache.v, 5);
	assert_int_equal(request->gfp & GFP_MASK_RECLAIM, 0);
	work_count(&shelf->m->work, WORK_slab_fastpath);
	return shelf->given < OBJECTS ? address_of(shelf->given++) : OBJECT_NONE;
}

static void shelf_free(void *state, const struct request *request, cache_id cache, object_t object)
{
	struct shelf *shelf = state;

	assert_int_equal(cache.v, 5);
	assert_int_equal(request->bytes, BYTES);
	work_count(&shelf->m->work, WORK_slab_fastpath);
	shelf->freed[shelf->back++] = object;
	if (shelf->back % A_PAGE == 0)
		slab_pages_change(shelf->m, -1);
}

static const struct slab_policy shelf_policy = {
	.alloc = shelf_alloc,
	.free = shelf_free,
	.cache_create = shelf_create,
	.cache_find = shelf_find,
};

static struct reclaim_progress lists_shrink(void *context, const struct reclaim_pass *pass)
{
	struct shelf *shelf = context;

	(void)pass;
	assert_int_equal(shelf->back, 0); /* lists first */
	shelf->lists_asked++;
	return (struct reclaim_progress){ .scanned = 9, .reclaimed = 4 };
}

static uint64_t lists_reclaimable(void *context, uint32_t node, uint32_t zone_type)
{
	(void)context;
	return node == 0 && zone_type == 2 ? 77 : 0;
}

static uint64_t lists_inactive(void *context, uint32_t node)
{
	(void)context;
	return node == 0 ? 55 : 0;
}

static const struct slabyard_run plain_run = { 0 };

static struct machine *machine_with(struct shelf *shelf, const struct machine_params *params)
{
	struct machine *m = calloc(1, sizeof(*m));

	assert_non_null(m);
	*shelf = (struct shelf){ .m = m };
	m->run = &plain_run;
	m->params = params;
	m->memory_bytes = 64 << 20;
	m->cpus = 2;
	m->topology.nodes = 1;
	m->frame_zones.zone_count = 1;
	m->frame_zones.zones[0].spanned = 64 << 20 >> PAGE_SHIFT;
	m->slab = &shelf_policy;
	m->slab_state = shelf;
	return m;
}

static void machine_gone(struct machine *m)
{
	dentries_destroy(m->dentries);
	free(m);
}

static struct reclaim_pass pass_of(uint32_t gfp, uint8_t priority)
{
	return (struct reclaim_pass){ .request = { .gfp = gfp },
				      .priority = priority,
				      .wanted = 32 };
}

static struct reclaim_progress reclaim(const struct machine *m, const struct reclaim_pass *pass)
{
	return m->services.reclaim->shrink_node(m->services.reclaim->context, pass);
}

static void test_oldest_first(void **state)
{
	const struct machine_params params = { .slab_cache_bytes = (uint64_t)BYTES * OBJECTS };
	const struct reclaim_pass pass = pass_of(GFP_MASK_KERNEL, 2);
	struct error err = { 0 };
	struct shelf shelf;
	struct machine *m = machine_with(&shelf, &params);

	(void)state;
	assert_int_equal(dentries_fill(m, &m->dentries, &err), 0);
	assert_int_equal(shelf.given, OBJECTS);
	assert_int_equal(m->work.count[WORK_slab_fastpath], 0); /* no work of the run */
	/* 2100 >> 2 = 525, times 2: 8 batches */
	const struct reclaim_progress progress = reclaim(m, &pass);

	assert_int_equal(shelf.back, 8 * SHRINK_BATCH);
	for (uint64_t i = 0; i < shelf.back; i++)
		assert_int_equal(shelf.freed[i], address_of(i));
	assert_int_equal(progress.slab, shelf.back / A_PAGE);
	assert_int_equal(progress.scanned + progress.reclaimed, 0);
	assert_int_equal(m->work.vm_event[VM_slabs_scanned], shelf.back);
	assert_int_equal(m->work.count[WORK_slab_fastpath], shelf.back); /* this is */
	machine_gone(m);
}

static void test_inside_a_file_system(void **state)
{
	const struct machine_params params = { .slab_cache_bytes = (uint64_t)BYTES * OBJECTS };
	struct reclaim_pass pass = pass_of(GFP_MASK_KERNEL & ~GFP_BIT_FS, 1);
	struct error err = { 0 };
	struct shelf shelf;
	struct machine *m = machine_with(&shelf, &params);

	(void)state;
	assert_int_equal(dentries_fill(m, &m->dentries, &err), 0);
	assert_int_equal(reclaim(m, &pass).slab, 0);
	assert_int_equal(shelf.back, 0);
	assert_int_equal(m->work.vm_event[VM_slabs_scanned], 0);
	/* what it could not do, 2100, is left to the next who can, with 512 >> 1 of its own */
	pass = pass_of(GFP_MASK_KERNEL, 12);
	pass.kswapd = true;
	pass.request.gfp &= ~(uint32_t)GFP_BIT_FS; /* of who woke it */
	pass.priority = 2;
	reclaim(m, &pass);
	assert_int_equal(shelf.back, (2100 / 4 + 1050) / SHRINK_BATCH * SHRINK_BATCH);
	machine_gone(m);
}

static void test_beside_page_cache(void **state)
{
	const struct machine_params params = { .slab_cache_bytes = (uint64_t)BYTES * OBJECTS };
	const struct reclaim_pass pass = pass_of(GFP_MASK_KERNEL, 0);
	struct error err = { 0 };
	struct shelf shelf;
	struct machine *m = machine_with(&shelf, &params);
	const struct reclaim_source lists = { lists_shrink, lists_reclaimable, lists_inactive,
					      &shelf };

	(void)state;
	m->services.reclaim = &lists;
	assert_int_equal(dentries_fill(m, &m->dentries, &err), 0);
	const struct reclaim_source *both = m->services.reclaim;

	assert_ptr_not_equal(both, &lists);
	assert_int_equal(both->reclaimable(both->context, 0, 2), 77);
	assert_int_equal(both->inactive(both->context, 0), 55);
	const struct reclaim_progress progress = reclaim(m, &pass);

	assert_int_equal(shelf.lists_asked, 1);
	assert_int_equal(progress.scanned, 9);
	assert_int_equal(progress.reclaimed, 4);
	assert_int_equal(progress.slab, OBJECTS / A_PAGE);
	assert_int_equal(shelf.back, OBJECTS);
	machine_gone(m);
}

static void test_none_wanted(void **state)
{
	const struct machine_params params = { .slab_cache_bytes = 0 };
	struct error err = { 0 };
	struct shelf shelf;
	struct machine *m = machine_with(&shelf, &params);

	(void)state;
	m->page_level = true; /* nor asked about */
	assert_int_equal(dentries_fill(m, &m->dentries, &err), 0);
	assert_null(m->dentries);
	assert_null(m->services.reclaim);
	machine_gone(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_batches),
		cmocka_unit_test(test_what_is_put_off_adds_up),
		cmocka_unit_test(test_who_may_not_leaves_it_to_others),
		cmocka_unit_test(test_the_last_few),
		cmocka_unit_test(test_oldest_first),
		cmocka_unit_test(test_inside_a_file_system),
		cmocka_unit_test(test_beside_page_cache),
		cmocka_unit_test(test_none_wanted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
