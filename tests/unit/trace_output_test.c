/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A trace appears under its name when it is whole, and never otherwise. */
#include "trace_sample.h"

#include <dirent.h>
#include <fcntl.h>

static unsigned files_in_directory(void)
{
	unsigned count = 0;
	DIR *directory = opendir(sample_directory);
	assert_non_null(directory);
	for (struct dirent *entry; (entry = readdir(directory)) != NULL;)
		count += entry->d_name[0] != '.';
	closedir(directory);
	return count;
}

static void test_name_appears_at_the_end(void **state)
{
	(void)state;
	struct sample s;
	struct error err = { 0 };
	const char *path = path_in_directory("whole.syt");
	sample_create(&s);
	struct syt_writer *writer = syt_writer_open(path, NULL, &err);
	assert_int_equal(sample_append(&s, writer, SAMPLE_RECORDS_MAX, &err), 0);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(syt_writer_finish(writer, s.definitions, &err), 0);
	assert_int_equal(access(path, F_OK), 0);
	assert_int_equal(files_in_directory(), 1);
	unlink(path);
	sample_destroy(&s);
}

static void test_abandoned_leaves_nothing(void **state)
{
	(void)state;
	struct sample s;
	struct error err = { 0 };
	sample_create(&s);
	struct syt_writer *writer = syt_writer_open(path_in_directory("half.syt"), NULL, &err);
	assert_int_equal(sample_append(&s, writer, SAMPLE_RECORDS_MAX, &err), 0);
	assert_int_equal(files_in_directory(), 1);
	syt_writer_abandon(writer);
	assert_int_equal(files_in_directory(), 0);
	sample_destroy(&s);
}

static void test_full_device(void **state)
{
	(void)state;
	struct error err = { 0 };
	assert_null(syt_writer_open("/dev/full", NULL, &err));
	assert_string_equal(err.message, "/dev/full: cannot write: No space left on device");
	assert_int_equal(err.kind, ERROR_RUN);
	assert_int_equal(access("/dev/full", F_OK), 0);
}

static void test_impossible_names(void **state)
{
	(void)state;
	struct error err = { 0 };
	assert_null(syt_writer_open("/nonexistent/a.syt", NULL, &err));
	assert_string_equal(err.message,
			    "/nonexistent/a.syt: cannot write: No such file or directory");
	struct syt_writer_options options = { .compression_level = 99 };
	assert_null(syt_writer_open(path_in_directory("a.syt"), &options, &err));
	assert_non_null(strstr(err.message, "zstd has no compression level 99"));
	assert_int_equal(files_in_directory(), 0);
}

static void test_standard_output(void **state)
{
	(void)state;
	struct sample s;
	struct reading piped, direct;
	struct error err = { 0 };
	sample_create(&s);
	sample_write(&s, path_in_directory("direct.syt"), 0, SAMPLE_RECORDS_MAX);
	fflush(stdout);
	int saved = dup(STDOUT_FILENO);
	int fd = open(path_in_directory("piped.syt"), O_WRONLY | O_CREAT, 0600);
	dup2(fd, STDOUT_FILENO);
	sample_write(&s, "-", 0, SAMPLE_RECORDS_MAX);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	close(fd);
	assert_int_equal(reading_of(path_in_directory("piped.syt"), &piped, &err), 0);
	assert_int_equal(reading_of(path_in_directory("direct.syt"), &direct, &err), 0);
	assert_true(piped.complete && piped.hash == direct.hash);
	unlink(path_in_directory("piped.syt"));
	unlink(path_in_directory("direct.syt"));
	sample_destroy(&s);
}

/* What a reader would refuse is not written. */
static void check_refused(const struct record *records, uint32_t count, const char *message)
{
	struct sample s;
	struct error err = { 0 };
	sample_create(&s);
	const char *path = path_in_directory("bad.syt");
	struct syt_writer *writer = syt_writer_open(path, NULL, &err);
	struct batch batch = { .records = records, .count = count, .base_ns = 1000 };
	int result = syt_writer_append(writer, s.definitions, &batch, &err);
	if (result == 0)
		result = syt_writer_finish(writer, s.definitions, &err);
	else
		syt_writer_abandon(writer);
	assert_int_equal(result, -1);
	assert_true(strncmp(err.message, path, strlen(path)) == 0);
	assert_string_equal(err.message + strlen(path), message);
	assert_int_equal(files_in_directory(), 0);
	sample_destroy(&s);
}

static void test_bad_records_are_refused(void **state)
{
	(void)state;
	struct record records[2] = { { .operation = OP_MARK, .time = 7 },
				     { .operation = OP_MARK } };
	check_refused(records, 2,
		      ": record 2: cannot be written: its time is before the record before it");
	records[1] = (struct record){ .operation = OP_MARK, .time = 7, .task = 2 };
	check_refused(records, 2, ": record 2: cannot be written: a task that is not defined");
	records[1] = (struct record){ .operation = OP_MARK, .time = 7, .flags = RECORD_EXTENDED };
	check_refused(records, 2, ": record 2: cannot be written: its extension is missing");
}

static void test_long_name_is_refused(void **state)
{
	(void)state;
	struct sample s;
	struct error err = { 0 };
	sample_create(&s);
	char *name = malloc(70000);
	memset(name, 'x', 69999);
	name[69999] = '\0';
	definition_set_meta(s.table, "long", name, NULL);
	struct syt_writer *writer = syt_writer_open(path_in_directory("long.syt"), NULL, &err);
	assert_int_equal(syt_writer_finish(writer, s.definitions, &err), -1);
	assert_non_null(strstr(err.message, "a name of more than 65535 bytes can't be stored"));
	assert_int_equal(files_in_directory(), 0);
	free(name);
	sample_destroy(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_name_appears_at_the_end),
		cmocka_unit_test(test_abandoned_leaves_nothing),
		cmocka_unit_test(test_full_device),
		cmocka_unit_test(test_impossible_names),
		cmocka_unit_test(test_standard_output),
		cmocka_unit_test(test_bad_records_are_refused),
		cmocka_unit_test(test_long_name_is_refused),
	};
	return cmocka_run_group_tests(tests, directory_make, directory_remove);
}
