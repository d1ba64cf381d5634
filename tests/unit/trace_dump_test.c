/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a dump says of each part of a trace, to the letter. */
#include "trace_sample.h"

static char *dump_of(const char *path)
{
	struct error err = { 0 };
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	struct trace_cursor *cursor = syt_open(path, &err);
	assert_non_null(cursor);
	assert_int_equal(trace_dump(cursor, out, &err), 0);
	cursor->ops->close(cursor);
	fclose(out);
	return text;
}

static void assert_has_line(const char *text, const char *line)
{
	const char *at = strstr(text, line);
	if (!at || (at != text && at[-1] != '\n') || at[strlen(line)] != '\n')
		fail_msg("no line\n%s\nin\n%s", line, text);
}

static unsigned count_lines(const char *text)
{
	unsigned count = 0;
	for (; *text; text++)
		count += *text == '\n';
	return count;
}

static void test_every_part_of_the_sample(void **state)
{
	(void)state;
	struct sample s;
	sample_create(&s);
	sample_write(&s, path_in_directory("dump.syt"), 0, SAMPLE_RECORDS_MAX);
	char *text = dump_of(path_in_directory("dump.syt"));
	static const char *const lines[] = {
		"# slabyard: trace 1",
		"# slabyard: meta source=hand-made",
		"# slabyard: task tid=7 tgid=7 comm=a (b)-c [1]",
		"# slabyard: cache index=0 name=filp object_size=184 size=192 align=64 "
		"flags=0x4002000 useroffset=3 constructor=1 complete=1 named=1",
		"# slabyard: origin cache=0 gfp=0xdc0 bytes_alloc=192 align=8 node=1 order=3 "
		"migratetype=2 accounted=1 call_site=alloc_empty_file+0x3c",
		"# slabyard: origin cache=none gfp=0x0 bytes_alloc=0 align=0 node=0 order=0 "
		"migratetype=0 accounted=0 own=1 call_site=",
		"# slabyard: site cache=1 allocations=1099511627776 "
		"call_site=alloc_empty_file+0x3c",
		"a (b)-c [1]-7 (7) [000] ..s.. 0.000001000: kmalloc: ptr=0xffffffffffffffff "
		"bytes_req=1 detail=15 task=0",
		"-4294967295 (0) [001] ..... 0.000001001: kmalloc: ptr=0xfffffffffffffffe "
		"bytes_req=16 detail=15 call_site=alloc_empty_file+0x3c bytes_alloc=192 "
		"gfp_flags=GFP_KERNEL|__GFP_ZERO node=1 accounted=true origin=1 task=1 id=1 "
		"effect=1",
		"a (b)-c [1]-7 (7) [000] ..... 0.000005000: realloc: ptr=0x0 bytes_req=0 task=0 "
		"id=9 "
		"ext_size=0 ext_id=99 ext_address=0x1234 ext_origin=88 ext_task=77",
		"a (b)-c [1]-7 (7) [000] ..... 4611686018.427387904: mark: number=3 task=0",
	};
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_has_line(text, lines[i]);
	/* One line a definition and record; an extension is part of its record's. */
	assert_int_equal(count_lines(text), 1 + 1 + 2 + 2 + 2 + 1 + s.count - 1);
	free(text);
	sample_destroy(&s);
}

static void test_names_can_not_break_lines(void **state)
{
	(void)state;
	struct sample s;
	sample_create(&s);
	definition_set_meta(s.table, "source", "two\nlines", NULL);
	sample_write(&s, path_in_directory("lines.syt"), 0, SAMPLE_RECORDS_MAX);
	char *text = dump_of(path_in_directory("lines.syt"));
	assert_has_line(text, "# slabyard: meta source=two lines");
	free(text);
	sample_destroy(&s);
}

static void test_full_disk_is_an_error(void **state)
{
	(void)state;
	struct sample s;
	struct error err = { 0 };
	sample_create(&s);
	sample_write(&s, path_in_directory("full.syt"), 0, SAMPLE_RECORDS_MAX);
	struct trace_cursor *cursor = syt_open(path_in_directory("full.syt"), &err);
	FILE *out = fopen("/dev/full", "w");
	assert_int_equal(trace_dump(cursor, out, &err), -1);
	assert_string_equal(err.message, "text output: cannot write: No space left on device");
	fclose(out);
	cursor->ops->close(cursor);
	sample_destroy(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_part_of_the_sample),
		cmocka_unit_test(test_names_can_not_break_lines),
		cmocka_unit_test(test_full_disk_is_an_error),
	};
	return cmocka_run_group_tests(tests, directory_make, directory_remove);
}
