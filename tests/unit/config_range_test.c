/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ranges are shown as their bounds would be written. */
#include "config_example.h"

static void assert_range(const char *name, const char *expected)
{
	char text[64];
	const struct option_spec *option = option_find(machine_options, name);
	assert_non_null(option);
	assert_string_equal(option_format_range(option, text, sizeof(text)), expected);
}

static void ranges_are_shown_as_written(void **state)
{
	(void)state;
	assert_range("memory", "1MiB..1024TiB");
	assert_range("cpus", "1..64");
	assert_range("poll", "");
	assert_range("bias", "-1000..1000");
	assert_range("share", "0..1");
	assert_range("thp", "");
	assert_range("timing", "recorded|closed");
	assert_range("price", "0..4");
	assert_range("label", "");
}

static void long_lists_of_choices_are_cut(void **state)
{
	char text[8];
	(void)state;
	option_format_range(option_find(machine_options, "timing"), text, sizeof(text));
	assert_string_equal(text, "recorde");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ranges_are_shown_as_written),
		cmocka_unit_test(long_lists_of_choices_are_cut),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
