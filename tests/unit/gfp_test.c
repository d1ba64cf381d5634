/* SPDX-License-Identifier: GPL-3.0-or-later */
/* GFP flags: read from any kernel, printed as 6.1 prints them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <unistd.h>

#include "core/gfp.h"

enum { TEXT_MAX = 1024 };

static uint32_t parse(const char *text, unsigned expected_unknown)
{
	uint32_t gfp = 0;
	unsigned unknown = 0;

	if (!gfp_parse(text, strlen(text), &gfp, &unknown))
		fail_msg("%s is not read", text);
	assert_int_equal(unknown, expected_unknown);
	return gfp;
}

static void names_are_read_into_the_bits_of_6_1(void **state)
{
	(void)state;
	assert_int_equal(parse("GFP_KERNEL", 0), 0xcc0);
	assert_int_equal(parse("GFP_KERNEL_ACCOUNT|__GFP_ZERO", 0), 0x400dc0);
	assert_int_equal(parse("GFP_ATOMIC", 0), 0xa20);
	assert_int_equal(parse("GFP_NOWAIT", 0), 0x800);
	assert_int_equal(parse("GFP_HIGHUSER_MOVABLE|__GFP_COMP|__GFP_ZERO", 0), 0x140dca);
	assert_int_equal(parse("GFP_TRANSHUGE_LIGHT", 0), 0x1c20ca);
	assert_int_equal(parse("GFP_TRANSHUGE", 0), 0x1c24ca);
	assert_int_equal(parse("GFP_NOFS|GFP_DMA32", 0), 0xc44);
	assert_int_equal(parse("none", 0), 0);
}

static void numbers_and_mixes_are_read(void **state)
{
	(void)state;
	assert_int_equal(parse("0xdc0", 0), 0xdc0);
	assert_int_equal(parse("0xDC0", 0), 0xdc0);
	assert_int_equal(parse("3264", 0), 0xcc0);
	assert_int_equal(parse("GFP_KERNEL|0x100", 0), 0xdc0);
	assert_int_equal(parse("0xcc0(GFP_KERNEL)", 0), 0xcc0);
	assert_int_equal(parse("0x140cca(GFP_HIGHUSER_MOVABLE|__GFP_COMP)", 0), 0x140cca);
}

static void other_kernels_names_are_read(void **state)
{
	(void)state;
	assert_int_equal(parse("GFP_TEMPORARY", 0), 0xcd0);
	assert_int_equal(parse("GFP_KERNEL|__GFP_REPEAT", 0), 0x4cc0);
	assert_int_equal(parse("GFP_KERNEL|GFP_ZERO|GFP_NOWARN", 0), 0x2dc0);
	/* what 6.1 has no bit for is dropped and counted */
	assert_int_equal(parse("GFP_KERNEL|__GFP_COLD|__GFP_NOTRACK", 2), 0xcc0);
	assert_int_equal(parse("GFP_KERNEL|__GFP_NO_OBJ_EXT", 1), 0xcc0);
	assert_int_equal(parse("GFP_HIGHUSER_MOVABLE|__GFP_SKIP_KASAN", 1), 0x100cca);
	assert_int_equal(parse("GFP_KERNEL|0x9000000", 2), 0xcc0);
}

static void what_is_no_flag_expression_is_refused(void **state)
{
	static const char *const bad[] = {
		"",    "|",  "GFP_KERNEL|", "kernel",         "GFP_KERNEL ",   "0x",
		"0xg", "%s", "MGFP_KERNEL", "GFP_KERNEL,0x1", "0x1ffffffffff", "GFP_KERNEL||0x1"
	};
	uint32_t gfp;
	unsigned unknown;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (gfp_parse(bad[i], strlen(bad[i]), &gfp, &unknown))
			fail_msg("\"%s\" was read as 0x%x", bad[i], gfp);
}

static void only_the_given_length_is_read(void **state)
{
	uint32_t gfp;
	unsigned unknown;

	(void)state;
	assert_true(gfp_parse("GFP_KERNEL accounted=true", 10, &gfp, &unknown));
	assert_int_equal(gfp, 0xcc0);
	assert_false(gfp_parse("GFP_KERNEL", 0, &gfp, &unknown));
}

static void flags_are_printed_as_6_1_prints_them(void **state)
{
	char text[TEXT_MAX];

	(void)state;
	assert_string_equal(gfp_format(0, text, sizeof(text)), "none");
	assert_string_equal(gfp_format(0xcc0, text, sizeof(text)), "GFP_KERNEL");
	assert_string_equal(gfp_format(0x400dc0, text, sizeof(text)),
			    "GFP_KERNEL_ACCOUNT|__GFP_ZERO");
	assert_string_equal(gfp_format(0x140dca, text, sizeof(text)),
			    "GFP_HIGHUSER_MOVABLE|__GFP_COMP|__GFP_ZERO");
	/* GFP_NOWAIT takes its bit before what is called RECLAIM could */
	assert_string_equal(gfp_format(0x4c0, text, sizeof(text)),
			    "__GFP_IO|__GFP_FS|__GFP_DIRECT_RECLAIM");
	assert_string_equal(gfp_format(0x40000cc0, text, sizeof(text)), "GFP_KERNEL|0x40000000");
	assert_string_equal(gfp_format(0x400dc0, text, 12), "GFP_KERNEL_");
}

static void every_mask_survives_printing_and_reading(void **state)
{
	char text[TEXT_MAX];

	(void)state;
	for (uint32_t step = 0; step < 100000; step++) {
		uint32_t gfp = (step * 2654435761u) & GFP_MASK_ALL;
		assert_int_equal(parse(gfp_format(gfp, text, sizeof(text)), 0), gfp);
	}
	for (unsigned bit = 0; bit < 24; bit++)
		assert_int_equal(parse(gfp_format(1u << bit, text, sizeof(text)), 0), 1u << bit);
}

static void mobility_follows_the_flags(void **state)
{
	(void)state;
	assert_int_equal(gfp_migratetype(parse("GFP_KERNEL", 0)), MIGRATE_UNMOVABLE);
	assert_int_equal(gfp_migratetype(parse("GFP_HIGHUSER_MOVABLE", 0)), MIGRATE_MOVABLE);
	assert_int_equal(gfp_migratetype(GFP_BIT_MOVABLE | GFP_BIT_RECLAIMABLE), MIGRATE_MOVABLE);
	assert_int_equal(gfp_migratetype(parse("GFP_KERNEL|__GFP_RECLAIMABLE", 0)),
			 MIGRATE_RECLAIMABLE);
}

/* Each line of `command`'s output is an expression; returns how many there were. */
static unsigned check_expressions(const char *command, bool exact)
{
	FILE *list = popen(command, "r");
	char line[TEXT_MAX], text[TEXT_MAX];
	unsigned checked = 0;

	assert_non_null(list);
	while (fgets(line, sizeof(line), list)) {
		line[strcspn(line, "\n")] = '\0';
		uint32_t gfp = parse(line, 0);
		gfp_format(gfp, text, sizeof(text));
		if (exact)
			assert_string_equal(text, line);
		assert_int_equal(parse(text, 0), gfp);
		checked++;
	}
	pclose(list);
	return checked;
}

static void need_recordings(void)
{
	if (access(SLABYARD_SHARED_DIR "/data/kernel", R_OK) == 0)
		return;
	print_message("no recordings in %s: skipped\n", SLABYARD_SHARED_DIR);
	skip();
}

static void expressions_of_many_kernels_survive(void **state)
{
	(void)state;
	need_recordings();
	unsigned checked = check_expressions("grep -rhoE 'gfp_(flags|mask)=[A-Z_a-z0-9|()]+' '" //
					     SLABYARD_SHARED_DIR "/samples' | cut -d= -f2 |"
					     " sort -u",
					     false);
	assert_true(checked >= 9);
}

static void expressions_of_6_1_are_printed_alike(void **state)
{
	(void)state;
	need_recordings();
	unsigned checked = check_expressions(
		"for f in '" SLABYARD_SHARED_DIR "'/data/kernel/*.tar.zst; do"
		" tar --zstd -xOf \"$f\" --wildcards '*trace.txt.zst' | zstd -dc |"
		" grep -aoE 'gfp_flags=[^ ]+' | sort -u; done | cut -d= -f2 | sort -u",
		true);
	assert_true(checked >= 30);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_read_into_the_bits_of_6_1),
		cmocka_unit_test(numbers_and_mixes_are_read),
		cmocka_unit_test(other_kernels_names_are_read),
		cmocka_unit_test(what_is_no_flag_expression_is_refused),
		cmocka_unit_test(only_the_given_length_is_read),
		cmocka_unit_test(flags_are_printed_as_6_1_prints_them),
		cmocka_unit_test(every_mask_survives_printing_and_reading),
		cmocka_unit_test(mobility_follows_the_flags),
		cmocka_unit_test(expressions_of_many_kernels_survive),
		cmocka_unit_test(expressions_of_6_1_are_printed_alike),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
