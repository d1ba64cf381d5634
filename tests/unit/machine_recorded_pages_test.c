/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Recorded pages for the simulated slabs: newest first, by order, and never one that is held. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "machine/recorded_pages.h"

static pfn_t frame(uint32_t pfn)
{
	return (pfn_t){ pfn };
}

static void test_the_newest_of_the_order_is_taken(void **state)
{
	struct recorded_pages *pages = recorded_pages_create(100, NULL);

	(void)state;
	recorded_pages_offer(pages, frame(10), 1, 0);
	recorded_pages_offer(pages, frame(20), 0, 0);
	recorded_pages_offer(pages, frame(30), 1, 0);
	assert_int_equal(recorded_pages_take(pages, 0, 0).v, 20);
	assert_int_equal(recorded_pages_take(pages, 1, 0).v, 30);
	assert_int_equal(recorded_pages_take(pages, 1, 0).v, 10);
	assert_true(pfn_is_none(recorded_pages_take(pages, 1, 0)));
	recorded_pages_destroy(pages);
}

static void test_those_of_the_cpu_come_first(void **state)
{
	struct recorded_pages *pages = recorded_pages_create(100, NULL);

	(void)state;
	recorded_pages_offer(pages, frame(10), 0, 1);
	recorded_pages_offer(pages, frame(20), 0, 1);
	recorded_pages_offer(pages, frame(30), 0, 0);
	assert_int_equal(recorded_pages_take(pages, 0, 1).v, 20);
	assert_int_equal(recorded_pages_take(pages, 0, 1).v, 10);
	/* Whose allocation went on on another CPU. */
	assert_int_equal(recorded_pages_take(pages, 0, 1).v, 30);
	recorded_pages_destroy(pages);
}

static void test_held_pages_are_not_given_again(void **state)
{
	struct recorded_pages *pages = recorded_pages_create(100, NULL);

	(void)state;
	recorded_pages_hold(pages, frame(40), 2);
	recorded_pages_offer(pages, frame(42), 0, 0);
	assert_true(pfn_is_none(recorded_pages_take(pages, 0, 0)));
	recorded_pages_release(pages, frame(40), 2);
	assert_int_equal(recorded_pages_take(pages, 0, 0).v, 42);
	recorded_pages_offer(pages, frame(42), 0, 0);
	assert_true(pfn_is_none(recorded_pages_take(pages, 0, 0)));
	recorded_pages_destroy(pages);
}

static void test_frames_beyond_the_machine_are_left_alone(void **state)
{
	struct recorded_pages *pages = recorded_pages_create(100, NULL);

	(void)state;
	recorded_pages_offer(pages, frame(99), 1, 0);
	recorded_pages_offer(pages, frame(UINT32_MAX), 0, 0);
	assert_true(pfn_is_none(recorded_pages_take(pages, 1, 0)));
	assert_true(pfn_is_none(recorded_pages_take(pages, 0, 0)));
	recorded_pages_destroy(pages);
}

static void test_the_oldest_offers_are_dropped(void **state)
{
	struct recorded_pages *pages = recorded_pages_create(1000, NULL);
	uint32_t taken = 0;

	(void)state;
	for (uint32_t pfn = 1; pfn <= 200; pfn++)
		recorded_pages_offer(pages, frame(pfn), 0, 0);
	while (!pfn_is_none(recorded_pages_take(pages, 0, 0)))
		taken++;
	assert_int_equal(taken, 64);
	recorded_pages_destroy(pages);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_newest_of_the_order_is_taken),
		cmocka_unit_test(test_those_of_the_cpu_come_first),
		cmocka_unit_test(test_held_pages_are_not_given_again),
		cmocka_unit_test(test_frames_beyond_the_machine_are_left_alone),
		cmocka_unit_test(test_the_oldest_offers_are_dropped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
