/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which frames stand in for those that a trace frees and the simulated machine never gave. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "machine/start_frames.h"

enum { FRAMES = 4096 };

static struct start_frames *frames_with(const uint64_t *pfns, const unsigned *orders, size_t count)
{
	struct error err = { 0 };
	struct start_frames *f = start_frames_create(FRAMES, &err);
	assert_non_null(f);
	for (size_t i = 0; i < count; i++) {
		start_frames_set(f, pfns[i], 1ull << orders[i], true);
		assert_int_equal(start_frames_note_block(f, pfns[i], orders[i], &err), 0);
	}
	return f;
}

static void assert_stands_in(struct start_frames *f, uint64_t named, unsigned order, uint32_t pfn)
{
	assert_int_equal(start_frames_stand_in(f, named, order).v, pfn);
	assert_false(pfn != PFN_NONE.v && start_frames_has(f, pfn));
}

/* The next allocation of that order, from the named frame up and then from the start. */
static void test_an_allocation_as_large(void **state)
{
	(void)state;
	static const uint64_t pfns[] = { 64, 128, 256, 512, 1024 };
	static const unsigned orders[] = { 0, 4, 0, 9, 0 };
	struct start_frames *f = frames_with(pfns, orders, 5);
	assert_stands_in(f, 130, 0, 256);  /* not a part of the block of order 4 */
	assert_stands_in(f, 2000, 0, 64);  /* none above: from the start */
	assert_stands_in(f, 600, 0, 1024); /* not a part of the block of order 9 */
	assert_stands_in(f, 0, 9, 512);
	start_frames_destroy(f);
}

/* When there is none, a whole block of what is in use; when there is none of these, nothing. */
static void test_any_block_when_none_is_as_large(void **state)
{
	(void)state;
	static const uint64_t pfns[] = { 128, 512 };
	static const unsigned orders[] = { 4, 9 };
	struct start_frames *f = frames_with(pfns, orders, 2);
	assert_stands_in(f, 0, 0, 128);
	assert_stands_in(f, 0, 3, 136);
	assert_stands_in(f, 0, 9, 512);
	assert_stands_in(f, 0, 3, PFN_NONE.v);
	assert_stands_in(f, 0, 9, PFN_NONE.v);
	assert_stands_in(f, 0, 2, 132);
	start_frames_set(f, 512, 512, true); /* in use again */
	assert_stands_in(f, 0, 9, 512);
	start_frames_destroy(f);
}

/* Where allocations are not known, as in a laid out state, any block does. */
static void test_allocations_unknown(void **state)
{
	(void)state;
	struct error err = { 0 };
	struct start_frames *f = start_frames_create(FRAMES, &err);
	assert_non_null(f);
	start_frames_set(f, 100, 100, true);
	assert_stands_in(f, 150, 0, 150);
	assert_stands_in(f, 151, 4, 160);
	assert_stands_in(f, 0, 6, PFN_NONE.v);
	start_frames_destroy(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_allocation_as_large),
		cmocka_unit_test(test_any_block_when_none_is_as_large),
		cmocka_unit_test(test_allocations_unknown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
