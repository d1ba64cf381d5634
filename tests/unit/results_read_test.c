/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is printed about a result file, and about files that are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "results/read.h"
#include "results_fixture.h"

static char folder[] = "/tmp/results_read_XXXXXX";

static const char expected_head[] = ": Slabyard result, complete\n"
				    "\n"
				    "summary\n"
				    "  alloc_fail  5\n"
				    "  mean_order  3\n"
				    "  records     131072\n"
				    "  trace       m\xc3\xa4rz.txt\n"
				    "\n"
				    "operations\n"
				    "  operation      count  failed  latency_mean\n"
				    "  kmalloc         1000       0          20.5\n"
				    "  kfree           2000       0            41\n"
				    "  mm_page_alloc   3000       5          61.5\n"
				    "\n"
				    "provenance\n"
				    "  horizon_time_ns  none\n"
				    "  version          0.1.0\n"
				    "\n"
				    "datasets\n";

static const char *path_of(const char *name)
{
	static char path[256];
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static int info(const char *path, char **text, struct error *err)
{
	size_t size;
	FILE *out = open_memstream(text, &size);
	assert_non_null(out);
	int result = result_info_print(out, path, err);
	fclose(out);
	return result;
}

static void test_summary(void **state)
{
	(void)state;
	struct error err = { 0 };
	char *text;
	const char *path = path_of("a.h5");
	assert_int_equal(info(path, &text, &err), 0);
	assert_memory_equal(text, path, strlen(path));
	assert_memory_equal(text + strlen(path), expected_head, sizeof(expected_head) - 1);
	assert_non_null(strstr(text, "  /timeseries/buddy/free_blocks                  1     "
				     "time 2 x zone 2 x order 11 x migratetype 6\n"));
	assert_non_null(strstr(text, "  /timeseries/slab/bytes_held                    B     "
				     "time 2 x cache 3\n"));
	free(text);
}

static void expect_refused(const char *path, const char *message)
{
	struct error err = { 0 };
	char *text;
	assert_int_equal(info(path, &text, &err), -1);
	assert_int_equal(err.kind, ERROR_INPUT);
	assert_string_equal(err.message, message);
	assert_string_equal(text, "");
	free(text);
}

static void write_bytes(const char *path, const void *bytes, size_t length)
{
	FILE *out = fopen(path, "wb");
	assert_non_null(out);
	assert_int_equal(fwrite(bytes, 1, length, out), length);
	assert_int_equal(fclose(out), 0);
}

static void test_not_a_result(void **state)
{
	(void)state;
	char message[300];
	expect_refused("/nonexistent.h5",
		       "/nonexistent.h5: cannot read: No such file or directory");
	write_bytes(path_of("text"), "not a result\n", 13);
	snprintf(message, sizeof(message), "%s: not an HDF5 file", path_of("text"));
	expect_refused(path_of("text"), message);
}

/* A file cut anywhere is refused, as its end is written last of all. */
static void test_cut_short(void **state)
{
	(void)state;
	FILE *in = fopen(path_of("a.h5"), "rb");
	assert_non_null(in);
	static char bytes[1 << 20];
	size_t size = fread(bytes, 1, sizeof(bytes), in);
	fclose(in);
	assert_true(size > 4096 && size < sizeof(bytes));
	char message[300];
	snprintf(message, sizeof(message), "%s: damaged or cut short", path_of("cut.h5"));
	for (size_t length = 64; length < size; length += size / 37) {
		write_bytes(path_of("cut.h5"), bytes, length);
		expect_refused(path_of("cut.h5"), message);
	}
}

static void test_recognise(void **state)
{
	(void)state;
	char bytes[8];
	FILE *in = fopen(path_of("a.h5"), "rb");
	assert_non_null(in);
	assert_int_equal(fread(bytes, 1, sizeof(bytes), in), sizeof(bytes));
	fclose(in);
	assert_true(result_recognise(bytes, sizeof(bytes)));
	assert_false(result_recognise(bytes, 7));
	assert_false(result_recognise("bash-12 ", 8));
}

static int make_file(void **state)
{
	(void)state;
	struct error err = { 0 };
	if (!mkdtemp(folder))
		return -1;
	return results_fixture_make(path_of("a.h5"),
				    &(struct results_fixture){ .samples = 2,
							       .caches = 3,
							       .horizon_time_ns = UINT64_MAX },
				    &err);
}

static int remove_folder(void **state)
{
	(void)state;
	char command[300];
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_summary),
		cmocka_unit_test(test_not_a_result),
		cmocka_unit_test(test_cut_short),
		cmocka_unit_test(test_recognise),
	};
	return cmocka_run_group_tests(tests, make_file, remove_folder);
}
