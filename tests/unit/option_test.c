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

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/option.h"

struct params {
	bool flag;
	int64_t number, threshold;
	uint64_t count, bytes, ns;
	double ratio;
	uint32_t price_ps;
	int choice;
	const char *text;
};

static const char *const timings[] = { "recorded", "closed", NULL };

#define FIELD(field) .name = #field, .offset = offsetof(struct params, field)
static const struct option_spec options[] = {
	{ FIELD(flag), .type = OPTION_BOOL, .default_text = "true" },
	{ FIELD(number), .type = OPTION_INT, .default_text = "-3", .min = -10, .max = 10 },
	{ FIELD(threshold), .type = OPTION_INT, .default_text = "unset", .min = -1, .max = 99 },
	{ FIELD(count), .type = OPTION_UINT, .default_text = "11", .min = 1, .max = 64 },
	{ FIELD(bytes), .type = OPTION_SIZE, .default_text = "256MiB", .min = 1 << 20,
	  .max = 1ull << 44 },
	{ FIELD(ns), .type = OPTION_DURATION, .default_text = "2s" },
	{ FIELD(ratio), .type = OPTION_REAL, .default_text = "0.1", .min = 0, .max = 1 },
	{ FIELD(price_ps), .type = OPTION_PRICE, .default_text = "1.5", .min = 0, .max = 1000000 },
	{ FIELD(choice), .type = OPTION_CHOICE, .default_text = "closed", .choices = timings },
	{ FIELD(text), .type = OPTION_TEXT, .default_text = "auto" },
	OPTION_END
};

static void expect_refusal(const char *name, const char *text, const char *message)
{
	struct params params, before;
	struct error err = { 0 };

	memset(&params, 0, sizeof(params));
	option_defaults(options, &params);
	memcpy(&before, &params, sizeof(before));
	assert_int_equal(option_parse(option_find(options, name), text, &params, &err), -1);
	assert_string_equal(err.message, message);
	assert_memory_equal(&params, &before, sizeof(params));
}

static void expect_format(const char *name, const char *text, const char *formatted)
{
	struct params params = { 0 };
	struct error err = { 0 };
	const struct option_spec *option = option_find(options, name);
	char buffer[64];

	if (option_parse(option, text, &params, &err))
		fail_msg("%s: %s", text, err.message);
	assert_string_equal(option_format(option, &params, buffer, sizeof(buffer)), formatted);
}

static void defaults_are_filled_in(void **state)
{
	struct params p = { 0 };

	(void)state;
	option_defaults(options, &p);
	option_defaults(NULL, &p);
	assert_true(p.flag);
	assert_int_equal(p.number, -3);
	assert_int_equal(p.count, 11);
	assert_int_equal(p.bytes, 256u << 20);
	assert_int_equal(p.ns, 2000000000);
	assert_true(p.ratio > 0.0999 && p.ratio < 0.1001);
	assert_int_equal(p.price_ps, 1500);
	assert_int_equal(p.choice, 1);
	assert_string_equal(p.text, "auto");
}

static void options_are_found_by_name(void **state)
{
	(void)state;
	assert_ptr_equal(option_find(options, "bytes"), &options[4]);
	assert_null(option_find(options, "byte"));
	assert_null(option_find(NULL, "bytes"));
}

static void values_are_written_as_they_are_read(void **state)
{
	(void)state;
	expect_format("flag", "yes", "true");
	expect_format("flag", "off", "false");
	expect_format("number", "-10", "-10");
	expect_format("number", "0x0a", "10");
	expect_format("threshold", "unset", "unset");
	expect_format("threshold", "-1", "-1");
	expect_format("count", "64", "64");
	expect_format("count", "010", "10"); /* no octal */
	expect_format("bytes", "1.5GiB", "1536MiB");
	expect_format("bytes", "1048577", "1048577B");
	expect_format("ns", "1500us", "1500us");
	expect_format("ratio", "0.1", "0.1");
	expect_format("ratio", "3.0e-1", "0.3");
	expect_format("ratio", "0.3333333333333333", "0.3333333333333333");
	expect_format("price_ps", "18", "18");
	expect_format("price_ps", "18.5", "18.5");
	expect_format("price_ps", "0.040", "0.04");
	expect_format("price_ps", "0.001", "0.001");
	expect_format("choice", "recorded", "recorded");
	expect_format("text", "", "");
}

static void ranges_are_kept(void **state)
{
	(void)state;
	expect_refusal("count", "99", "must be between 1 and 64, is 99");
	expect_refusal("count", "0", "must be between 1 and 64, is 0");
	expect_refusal("number", "-11", "must be between -10 and 10, is -11");
	expect_refusal("bytes", "4KiB", "must be between 1MiB and 16TiB, is 4KiB");
	expect_refusal("ratio", "1.5", "must be between 0 and 1, is 1.5");
	expect_refusal("price_ps", "1000.001", "must be between 0 and 1000, is 1000.001");
	expect_format("ns", "9999999999s", "9999999999s"); /* no range */
}

static void nonsense_is_refused(void **state)
{
	(void)state;
	expect_refusal("flag", "maybe", "must be true or false, is \"maybe\"");
	expect_refusal("number", "1.5", "must be a whole number, is \"1.5\"");
	expect_refusal("number", "--1", "must be a whole number, is \"--1\"");
	expect_refusal("number", "", "must be a whole number, is \"\"");
	expect_refusal("number", "unset", "must be a whole number, is \"unset\"");
	expect_refusal("threshold", "none", "must be a whole number or unset, is \"none\"");
	expect_refusal("number", "99999999999999999999",
		       "must be a whole number, is \"99999999999999999999\"");
	expect_refusal("count", "-1", "must be a whole number from 0, is \"-1\"");
	expect_refusal("count", "99999999999999999999",
		       "must be a whole number from 0, is \"99999999999999999999\"");
	expect_refusal("count", " 1", "must be a whole number from 0, is \" 1\"");
	expect_refusal("count", "1 ", "must be a whole number from 0, is \"1 \"");
	expect_refusal("count", "0x", "must be a whole number from 0, is \"0x\"");
	expect_refusal("count", "ff", "must be a whole number from 0, is \"ff\"");
	expect_refusal("ratio", "half", "must be a number, is \"half\"");
	expect_refusal("ratio", "nan", "must be a number, is \"nan\"");
	expect_refusal("ratio", "inf", "must be a number, is \"inf\"");
	expect_refusal("bytes", "4KB", "\"4KB\": unknown unit KB, write KiB (1024 bytes)");
	expect_refusal("ns", "20", "\"20\" needs a unit: ns, us, ms or s");
	expect_refusal("price_ps", "0.0001", "\"0.0001\" is not a whole number of picoseconds");
	expect_refusal("price_ps", "5000000", "must be at most 4294967.295 ns, is 5000000");
	expect_refusal("choice", "close",
		       "must be one of recorded, closed, is \"close\" (did you mean closed?)");
	expect_refusal("choice", "x", "must be one of recorded, closed, is \"x\"");
}

static void ranges_are_shown_as_written(void **state)
{
	char buffer[64];

	(void)state;
	assert_string_equal(option_format_range(option_find(options, "bytes"), buffer, 64),
			    "1MiB..16TiB");
	assert_string_equal(option_format_range(option_find(options, "threshold"), buffer, 64),
			    "-1..99|unset");
	assert_string_equal(option_format_range(option_find(options, "choice"), buffer, 64),
			    "recorded|closed");
	assert_string_equal(option_format_range(option_find(options, "text"), buffer, 64), "");
}

static void a_bad_default_is_a_bug(void **state)
{
	static const struct option_spec bad[] = {
		{ FIELD(count), .type = OPTION_UINT, .default_text = "many" }, OPTION_END
	};
	struct params params;
	int status;

	(void)state;
	pid_t child = fork();
	if (child == 0) {
		if (!freopen("/dev/null", "w", stderr))
			_exit(1);
		signal(SIGABRT, SIG_DFL);
		option_defaults(bad, &params);
		_exit(0);
	}
	waitpid(child, &status, 0);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_are_filled_in),
		cmocka_unit_test(options_are_found_by_name),
		cmocka_unit_test(values_are_written_as_they_are_read),
		cmocka_unit_test(ranges_are_kept),
		cmocka_unit_test(nonsense_is_refused),
		cmocka_unit_test(ranges_are_shown_as_written),
		cmocka_unit_test(a_bad_default_is_a_bug),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
