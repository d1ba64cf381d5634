/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/units.h"

static void expect_size(const char *text, uint64_t expected)
{
	uint64_t bytes = ~expected;
	struct error err = { 0 };

	if (units_parse_size(text, &bytes, &err))
		fail_msg("%s: %s", text, err.message);
	assert_int_equal(bytes, expected);
}

static void expect_duration(const char *text, uint64_t expected)
{
	uint64_t ns = ~expected;
	struct error err = { 0 };

	if (units_parse_duration(text, &ns, &err))
		fail_msg("%s: %s", text, err.message);
	assert_int_equal(ns, expected);
}

typedef int (*parse_function)(const char *, uint64_t *, struct error *);

static void expect_refusal(parse_function parse, const char *text, const char *message)
{
	uint64_t value = 42;
	struct error err = { 0 };

	assert_int_equal(parse(text, &value, &err), -1);
	assert_string_equal(err.message, message);
	assert_int_equal(err.kind, ERROR_INPUT);
	assert_int_equal(value, 42);
}

static void sizes_are_read(void **state)
{
	(void)state;
	expect_size("0", 0);
	expect_size("4096", 4096);
	expect_size("17B", 17);
	expect_size("4KiB", 4096);
	expect_size("256MiB", 256ull << 20);
	expect_size("256 MiB", 256ull << 20);
	expect_size("1.5GiB", 3ull << 29);
	expect_size("0.25KiB", 256);
	expect_size("1TiB", 1ull << 40);
	expect_size("18446744073709551615", UINT64_MAX);
}

static void ambiguous_sizes_are_refused_with_the_hint(void **state)
{
	(void)state;
	expect_refusal(units_parse_size, "4K", "\"4K\": unknown unit K, write KiB (1024 bytes)");
	expect_refusal(units_parse_size, "4KB", "\"4KB\": unknown unit KB, write KiB (1024 bytes)");
	expect_refusal(units_parse_size, "4 kb",
		       "\"4 kb\": unknown unit kb, write KiB (1024 bytes)");
	expect_refusal(units_parse_size, "1M", "\"1M\": unknown unit M, write MiB (1048576 bytes)");
	expect_refusal(units_parse_size, "1GB",
		       "\"1GB\": unknown unit GB, write GiB (1073741824 bytes)");
	expect_refusal(units_parse_size, "2T",
		       "\"2T\": unknown unit T, write TiB (1099511627776 bytes)");
	expect_refusal(units_parse_size, "2pages",
		       "\"2pages\": unknown unit pages, use B, KiB, MiB, GiB or TiB");
	expect_refusal(units_parse_size, "K", "\"K\" is not a number");
	expect_refusal(units_parse_size, "KB", "\"KB\" is not a number");
}

static void impossible_sizes_are_refused(void **state)
{
	(void)state;
	expect_refusal(units_parse_size, "", "\"\" is not a number");
	expect_refusal(units_parse_size, "-1", "\"-1\" is not a number");
	expect_refusal(units_parse_size, "+1", "\"+1\" is not a number");
	expect_refusal(units_parse_size, ".5MiB", "\".5MiB\" is not a number");
	expect_refusal(units_parse_size, "1.5", "\"1.5\" is not a whole number of bytes");
	expect_refusal(units_parse_size, "0.3KiB", "\"0.3KiB\" is not a whole number of bytes");
	expect_refusal(units_parse_size, "99999999TiB", "\"99999999TiB\" is too large");
	expect_refusal(units_parse_size, "18446744073709551616",
		       "\"18446744073709551616\" is too large or too long");
	expect_refusal(units_parse_size, "1.",
		       "\"1.\": unknown unit ., use B, KiB, MiB, GiB or TiB");
}

static void durations_are_read(void **state)
{
	(void)state;
	expect_duration("0s", 0);
	expect_duration("15ns", 15);
	expect_duration("1.5us", 1500);
	expect_duration("20 ms", 20000000);
	expect_duration("2s", 2000000000);
}

static void impossible_durations_are_refused(void **state)
{
	(void)state;
	expect_refusal(units_parse_duration, "20", "\"20\" needs a unit: ns, us, ms or s");
	expect_refusal(units_parse_duration, "20sec",
		       "\"20sec\": unknown unit sec, use ns, us, ms or s");
	expect_refusal(units_parse_duration, "0.5ns",
		       "\"0.5ns\" is not a whole number of nanoseconds");
	expect_refusal(units_parse_duration, "99999999999s", "\"99999999999s\" is too large");
}

static void what_is_written_is_read_again(void **state)
{
	static const uint64_t values[] = { 0,
					   1,
					   1023,
					   1024,
					   1025,
					   1500,
					   4096,
					   1000000,
					   2000,
					   1u << 30,
					   3600ull * 1000000000,
					   UINT64_MAX,
					   1ull << 63 };
	char text[32];

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		expect_size(units_format_size(values[i], text, sizeof(text)), values[i]);
		expect_duration(units_format_duration(values[i], text, sizeof(text)), values[i]);
	}
	assert_string_equal(units_format_size(256u << 20, text, sizeof(text)), "256MiB");
	assert_string_equal(units_format_size(1025, text, sizeof(text)), "1025B");
	assert_string_equal(units_format_duration(1500000, text, sizeof(text)), "1500us");
	assert_string_equal(units_format_duration(0, text, sizeof(text)), "0ns");
}

static void people_read_three_digits(void **state)
{
	char text[32];

	(void)state;
	assert_string_equal(units_human_size(512, text, sizeof(text)), "512 B");
	assert_string_equal(units_human_size(1.2 * (1 << 30), text, sizeof(text)), "1.20 GiB");
	assert_string_equal(units_human_size(34.56 * (1 << 20), text, sizeof(text)), "34.6 MiB");
	assert_string_equal(units_human_size(345.6 * (1 << 10), text, sizeof(text)), "346 KiB");
	assert_string_equal(units_human_count(999, text, sizeof(text)), "999");
	assert_string_equal(units_human_count(34.5e6, text, sizeof(text)), "34.5 M");
	assert_string_equal(units_human_count(1234, text, sizeof(text)), "1.23 k");
	assert_string_equal(units_human_count(9.996e9, text, sizeof(text)), "10.0 G");
}

static void scaled_decimals_must_come_out_whole(void **state)
{
	uint64_t value;
	struct error err;

	(void)state;
	assert_int_equal(units_parse_scaled("1.5", 1000, "picoseconds", &value, &err), 0);
	assert_int_equal(value, 1500);
	assert_int_equal(units_parse_scaled("0.0001", 1000, "picoseconds", &value, &err), -1);
	assert_string_equal(err.message, "\"0.0001\" is not a whole number of picoseconds");
	assert_int_equal(units_parse_scaled("1ns", 1000, "picoseconds", &value, &err), -1);
	assert_string_equal(err.message, "\"1ns\" is not a number");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_are_read),
		cmocka_unit_test(ambiguous_sizes_are_refused_with_the_hint),
		cmocka_unit_test(impossible_sizes_are_refused),
		cmocka_unit_test(durations_are_read),
		cmocka_unit_test(impossible_durations_are_refused),
		cmocka_unit_test(what_is_written_is_read_again),
		cmocka_unit_test(people_read_three_digits),
		cmocka_unit_test(scaled_decimals_must_come_out_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
