/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Input as it comes: plain, zstd, gzip, in pieces, cut, damaged, without a last newline. */
#include <zlib.h>
#include <zstd.h>

#include "../import_support.h"

#include "import/lines.h"

static const char text[] = "first\nsecond line\r\n\nlast without end";

static void expect_lines(const char *bytes, size_t length)
{
	static const char *const lines[] = { "first", "second line", "", "last without end" };
	char path[64], *line;
	size_t line_length;
	struct error err = { 0 };
	support_write(bytes, length, path);
	struct lines *l = lines_open(path, &err);
	unlink(path);
	assert_non_null(l);
	const char *peeked;
	assert_int_equal(lines_peek(l, &peeked, &err), sizeof(text) - 1);
	assert_memory_equal(peeked, text, sizeof(text) - 1);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(lines_next(l, &line, &line_length, &err), 1);
		assert_string_equal(line, lines[i]);
		assert_int_equal(line_length, strlen(lines[i]));
		assert_int_equal(lines_number(l), i + 1);
	}
	assert_int_equal(lines_next(l, &line, &line_length, &err), 0);
	assert_true(lines_progress(l) > 0.99);
	lines_close(l);
}

static size_t zstd_of(const char *from, size_t length, char *to, size_t size)
{
	size_t n = ZSTD_compress(to, size, from, length, 3);
	assert_false(ZSTD_isError(n));
	return n;
}

static size_t gzip_of(const char *from, size_t length, char *to, size_t size)
{
	z_stream z = { 0 };
	assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	z.next_in = (unsigned char *)(uintptr_t)from;
	z.avail_in = (unsigned)length;
	z.next_out = (unsigned char *)to;
	z.avail_out = (unsigned)size;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	size_t n = size - z.avail_out;
	deflateEnd(&z);
	return n;
}

static void every_coding_gives_the_same_lines(void **state)
{
	char packed[512];
	(void)state;
	expect_lines(text, sizeof(text) - 1);
	expect_lines(packed, zstd_of(text, sizeof(text) - 1, packed, sizeof(packed)));
	expect_lines(packed, gzip_of(text, sizeof(text) - 1, packed, sizeof(packed)));
}

/* As `cat a.zst b.zst` makes them. */
static void frames_and_members_follow_one_another(void **state)
{
	char packed[512];
	(void)state;
	for (size_t cut = 1; cut < sizeof(text) - 2; cut += 7) {
		size_t n = zstd_of(text, cut, packed, sizeof(packed));
		n += zstd_of(text + cut, sizeof(text) - 1 - cut, packed + n, sizeof(packed) - n);
		expect_lines(packed, n);
		n = gzip_of(text, cut, packed, sizeof(packed));
		n += gzip_of(text + cut, sizeof(text) - 1 - cut, packed + n, sizeof(packed) - n);
		expect_lines(packed, n);
	}
}

static int read_all(const char *bytes, size_t length, struct error *err)
{
	char path[64], *line;
	size_t line_length;
	int got = -1;
	support_write(bytes, length, path);
	struct lines *l = lines_open(path, err);
	while (l && (got = lines_next(l, &line, &line_length, err)) > 0)
		;
	lines_close(l);
	unlink(path);
	return got;
}

static void cut_and_damaged_input_is_refused(void **state)
{
	char packed[512];
	(void)state;
	for (int gzip = 0; gzip < 2; gzip++) {
		size_t n = gzip ? gzip_of(text, sizeof(text) - 1, packed, sizeof(packed))
				: zstd_of(text, sizeof(text) - 1, packed, sizeof(packed));
		for (size_t cut = 5; cut < n; cut++) {
			struct error err = { 0 };
			assert_int_equal(read_all(packed, cut, &err), -1);
			assert_non_null(strstr(err.message, "compressed data is cut short"));
			assert_int_equal(err.kind, ERROR_INPUT);
		}
		struct error err = { 0 };
		memset(packed + n, 'x', 8);
		assert_int_equal(read_all(packed, n + 8, &err), -1);
		assert_non_null(
			strstr(err.message, gzip ? "damaged gzip data" : "damaged zstd data"));
	}
}

/* Longer than the buffer, so that it has to grow. */
static void long_lines_are_read(void **state)
{
	enum { LENGTH = 5 << 20 };
	char path[64], *line, *bytes = malloc(LENGTH + 3);
	size_t length;
	struct error err = { 0 };
	(void)state;
	memset(bytes, 'a', LENGTH);
	memcpy(bytes + LENGTH, "\nb\n", 3);
	support_write(bytes, LENGTH + 3, path);
	struct lines *l = lines_open(path, &err);
	assert_int_equal(lines_next(l, &line, &length, &err), 1);
	assert_int_equal(length, LENGTH);
	assert_int_equal(lines_next(l, &line, &length, &err), 1);
	assert_string_equal(line, "b");
	assert_int_equal(lines_next(l, &line, &length, &err), 0);
	lines_close(l);
	unlink(path);
	free(bytes);
}

static void expect_no_trace(const char *bytes, const struct import_options *options,
			    const char *message)
{
	char path[64];
	struct error err = { 0 };
	support_write(bytes, strlen(bytes), path);
	assert_null(import_open(path, options, NULL, &err));
	unlink(path);
	assert_int_equal(err.kind, ERROR_INPUT);
	assert_memory_equal(err.message, path, strlen(path));
	assert_string_equal(err.message + strlen(path), message);
}

static void what_is_no_trace_is_refused(void **state)
{
	static const struct import_options unheard_of = { .format = "dtrace" };
	struct error err = { 0 };
	(void)state;
	expect_no_trace("", NULL, ": is empty");
	expect_no_trace("one\ntwo\n", NULL, ": is no trace of a known format");
	expect_no_trace("p-1 1: mark: number=1\n", &unheard_of,
			": no trace format is named dtrace (did you mean ftrace?)");
	assert_null(import_open("/nonexistent/trace", NULL, NULL, &err));
	assert_string_equal(err.message,
			    "/nonexistent/trace: cannot open: No such file or directory");
	assert_int_equal(err.kind, ERROR_INPUT);
	assert_null(import_open("/", NULL, NULL, &err));
	assert_string_equal(err.message, "/: cannot read: Is a directory");
}

static void formats_are_told_apart(void **state)
{
	static const struct {
		const char *text, *format;
	} cases[] = {
		{ "# tracer: nop\n#\n", "ftrace" },
		{ "   p-1 [000] ..... 1.5: kfree: ptr=ffff888000001000\n", "ftrace" },
		{ "cpus=2\n   p-1 [000] 1.5: kfree: ptr=ffff888000001000\n", "trace-cmd" },
		{ "eco:   p-1 [000] 1.5: kfree: ptr=ffff888000001000\n", "trace-cmd" },
		{ "   p 1 [000] 1.5: kmem:kfree: ptr=ffff888000001000\n", "perf-script" },
		{ "   p 1 1.5: page-faults:  7f0 x\n", "perf-script" },
		{ "# slabyard: trace 1\n", "text" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct imported in;
		support_import_text(cases[i].text, &in);
		assert_string_equal(in.cursor->format, cases[i].format);
		support_close(&in);
	}
	struct imported named;
	char path[64];
	static const struct import_options as_text = { .format = "text" };
	support_write(cases[1].text, strlen(cases[1].text), path);
	support_import(path, &as_text, &named);
	unlink(path);
	assert_string_equal(named.cursor->format, "text");
	assert_int_equal(named.count, 1);
	support_close(&named);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_coding_gives_the_same_lines),
		cmocka_unit_test(frames_and_members_follow_one_another),
		cmocka_unit_test(cut_and_damaged_input_is_refused),
		cmocka_unit_test(long_lines_are_read),
		cmocka_unit_test(what_is_no_trace_is_refused),
		cmocka_unit_test(formats_are_told_apart),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
