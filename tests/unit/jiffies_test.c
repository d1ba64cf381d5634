/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kernel's clock: when it begins, and when timers on its wheel fire. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/jiffies.h"

static void the_clock_wraps_five_minutes_after_boot(void **unused)
{
	const uint64_t wrap = (uint64_t)1 << 32;

	(void)unused;
	assert_int_equal(jiffies_initial(250), wrap - 75000);
	assert_int_equal(jiffies_after_boot(250, 244), wrap - 75000 + 61);
	assert_int_equal(jiffies_after_boot(100, 300000), wrap);
	assert_int_equal(jiffies_ns(250), 4000000);
}

/* Up to 62 jiffies to the jiffy, then to 8, from 504 on to 64. */
static void timers_far_away_are_coarser(void **unused)
{
	static const uint64_t timers[][3] = {
		{ 0, 0, 1 },          { 0, 62, 63 },        { 0, 63, 64 },
		{ 0, 503, 504 },      { 0, 504, 512 },      { 1000, 1062, 1063 },
		{ 1000, 1063, 1064 }, { 1000, 1064, 1072 }, { 1000, 1504, 1536 },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(timers) / sizeof(timers[0]); i++)
		assert_int_equal(jiffies_timer(timers[i][0], timers[i][1]), timers[i][2]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_clock_wraps_five_minutes_after_boot),
		cmocka_unit_test(timers_far_away_are_coarser),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
