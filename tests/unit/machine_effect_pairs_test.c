/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Slab's recorded page requests paired with the simulated ones, whichever side comes first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "machine/effect_pairs.h"

static pfn_t frame(uint32_t pfn)
{
	return (pfn_t){ pfn };
}

static void test_pairs_by_number(void **state)
{
	(void)state;
	struct effect_pairs *effects = effect_pairs_create(NULL);
	effect_pairs_recorded(effects, true, frame(100), 0, 7);
	effect_pairs_recorded(effects, true, frame(200), 3, 9);
	effect_pairs_simulated(effects, true, frame(100), 0, 7);
	effect_pairs_simulated(effects, true, frame(208), 3, 9);
	/* The third comes from the other side first, at another position. */
	effect_pairs_simulated(effects, true, frame(300), 1, 12);
	effect_pairs_recorded(effects, true, frame(300), 1, 11);
	struct effect_totals t = effect_pairs_totals(effects);
	assert_int_equal(t.recorded, 3);
	assert_int_equal(t.simulated, 3);
	assert_int_equal(t.order, 3);
	assert_int_equal(t.position, 2);
	assert_int_equal(t.frame, 2);
	effect_pairs_destroy(effects);
}

static void test_other_orders_are_no_pair(void **state)
{
	(void)state;
	struct effect_pairs *effects = effect_pairs_create(NULL);
	effect_pairs_recorded(effects, true, frame(5), 1, 1);
	effect_pairs_simulated(effects, true, frame(5), 0, 1);
	struct effect_totals t = effect_pairs_totals(effects);
	assert_int_equal(t.order, 0);
	assert_int_equal(t.frame, 0);
	effect_pairs_destroy(effects);
}

static void test_frees_pair_among_themselves(void **state)
{
	(void)state;
	struct effect_pairs *effects = effect_pairs_create(NULL);
	effect_pairs_recorded(effects, true, frame(5), 0, 1);
	effect_pairs_simulated(effects, false, frame(5), 0, 1);
	assert_int_equal(effect_pairs_totals(effects).order, 0);
	effect_pairs_recorded(effects, false, frame(5), 0, 1);
	assert_int_equal(effect_pairs_totals(effects).frame, 1);
	effect_pairs_destroy(effects);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pairs_by_number),
		cmocka_unit_test(test_other_orders_are_no_pair),
		cmocka_unit_test(test_frees_pair_among_themselves),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
