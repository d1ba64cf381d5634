/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The result file: same bytes every time, whole or not at all, and a clear word when it cannot be.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <hdf5.h>

#include "results_fixture.h"

static char folder[] = "/tmp/results_hdf5_XXXXXX";

static const struct results_fixture plain = { .samples = 60,
					      .caches = 10,
					      .horizon_time_ns = UINT64_MAX };

static const char *path_of(const char *name)
{
	static char path[256];
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static size_t files_like(const char *pattern)
{
	glob_t found;
	int result = glob(path_of(pattern), 0, NULL, &found);
	size_t count = result == GLOB_NOMATCH ? 0 : found.gl_pathc;
	globfree(&found);
	return count;
}

static unsigned char *file_bytes(const char *path, size_t *size)
{
	FILE *in = fopen(path, "rb");
	assert_non_null(in);
	fseek(in, 0, SEEK_END);
	*size = (size_t)ftell(in);
	rewind(in);
	unsigned char *bytes = malloc(*size);
	assert_non_null(bytes);
	assert_int_equal(fread(bytes, 1, *size, in), *size);
	fclose(in);
	return bytes;
}

static void make(const char *name, const struct results_fixture *f)
{
	struct error err = { 0 };
	if (results_fixture_make(path_of(name), f, &err))
		fail_msg("%s", err.message);
}

/* What the allocator leaves in fresh memory must not reach the file. */
static void dirty_heap(int byte)
{
	enum { BLOCKS = 512 };
	void *blocks[BLOCKS];
	for (size_t i = 0; i < BLOCKS; i++) {
		size_t size = 16 + i * 40;
		blocks[i] = malloc(size);
		assert_non_null(blocks[i]);
		memset(blocks[i], byte, size);
	}
	for (size_t i = 0; i < BLOCKS; i++)
		free(blocks[i]);
}

static void test_same_bytes(void **state)
{
	(void)state;
	size_t size_a, size_b;
	dirty_heap(0xa5);
	make("a.h5", &plain);
	dirty_heap(0x17);
	make("b.h5", &plain);
	unsigned char *a = file_bytes(path_of("a.h5"), &size_a);
	unsigned char *b = file_bytes(path_of("b.h5"), &size_b);
	assert_int_equal(size_a, size_b);
	assert_memory_equal(a, b, size_a);
	free(a);
	free(b);
	assert_int_equal(files_like("*.partial*"), 0);
}

static herr_t expect_no_times(hid_t file, const char *name, const H5O_info_t *info, void *visited)
{
	(void)file;
	++*(unsigned *)visited;
	if (info->atime || info->mtime || info->ctime || info->btime)
		fail_msg("%s tells when it was written", name);
	return 0;
}

static void test_no_object_times(void **state)
{
	(void)state;
	unsigned visited = 0;
	make("times.h5", &plain);
	hid_t file = H5Fopen(path_of("times.h5"), H5F_ACC_RDONLY, H5P_DEFAULT);
	H5Ovisit2(file, H5_INDEX_NAME, H5_ITER_INC, expect_no_times, &visited,
		  H5O_INFO_BASIC | H5O_INFO_TIME);
	H5Fclose(file);
	assert_true(visited > 40);
}

static void read_u64(hid_t file, const char *path, hsize_t *dims, int rank, uint64_t *values,
		     size_t max)
{
	hid_t dataset = H5Dopen2(file, path, H5P_DEFAULT);
	assert_true(dataset >= 0);
	hid_t space = H5Dget_space(dataset);
	assert_int_equal(H5Sget_simple_extent_ndims(space), rank);
	H5Sget_simple_extent_dims(space, dims, NULL);
	assert_true((size_t)H5Sget_simple_extent_npoints(space) <= max);
	assert_true(H5Dread(dataset, H5T_NATIVE_UINT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >=
		    0);
	H5Sclose(space);
	H5Dclose(dataset);
}

/* Every second row of an unthinned run, whatever the number of caches was at each. */
static void test_thinning_keeps_every_second_row(void **state)
{
	(void)state;
	enum { ROWS = 41, THIN_AT = 31, MAX = ROWS * FIXTURE_CACHES_MAX };
	static uint64_t all[MAX], thinned[MAX];
	struct results_fixture f = plain;
	hsize_t dims_all[2], dims[2];
	f.samples = ROWS;
	make("all.h5", &f);
	f.thin_at = THIN_AT;
	make("thinned.h5", &f);
	hid_t file = H5Fopen(path_of("all.h5"), H5F_ACC_RDONLY, H5P_DEFAULT);
	read_u64(file, "/timeseries/slab/slabs", dims_all, 2, all, MAX);
	H5Fclose(file);
	file = H5Fopen(path_of("thinned.h5"), H5F_ACC_RDONLY, H5P_DEFAULT);
	read_u64(file, "/timeseries/slab/slabs", dims, 2, thinned, MAX);
	H5Fclose(file);
	assert_int_equal(dims_all[0], ROWS);
	assert_int_equal(dims[0], (THIN_AT + 1) / 2 + ROWS - THIN_AT);
	assert_int_equal(dims_all[1], dims[1]);
	size_t width = dims[1];
	for (size_t row = 0; row < dims[0]; row++) {
		size_t original = row < (THIN_AT + 1) / 2 ? 2 * row : row + THIN_AT / 2;
		assert_memory_equal(&thinned[row * width], &all[original * width],
				    width * sizeof(uint64_t));
	}
	/* The last cache came last: nothing before, something at the end. */
	assert_int_equal(thinned[width - 1], 0);
	assert_true(thinned[dims[0] * width - 1] > 0);
}

static void test_no_slab_and_no_samples(void **state)
{
	(void)state;
	make("one.h5", &(struct results_fixture){ .samples = 1, .horizon_time_ns = 0 });
	make("none.h5", &(struct results_fixture){ .samples = 0, .caches = 3 });
	hsize_t dims[2];
	uint64_t none[1];
	hid_t file = H5Fopen(path_of("none.h5"), H5F_ACC_RDONLY, H5P_DEFAULT);
	read_u64(file, "/timeseries/slab/slabs", dims, 2, none, 1);
	assert_int_equal(dims[0], 0);
	H5Fclose(file);
}

/* The child's message arrives through the pipe, its own standard error too: HDF5 keeps quiet. */
static void expect_failure_in_child(void (*limit)(void), const char *name, const char *message)
{
	int ends[2];
	char said[2048] = "";
	assert_int_equal(pipe(ends), 0);
	pid_t child = fork();
	if (child == 0) {
		struct error err = { 0 };
		dup2(ends[1], STDERR_FILENO);
		limit();
		struct results_fixture f = { .samples = 3000, .caches = 20 };
		int result = results_fixture_make(path_of(name), &f, &err);
		dprintf(ends[1], "%s", err.message);
		exit(result ? 1 : 0);
	}
	close(ends[1]);
	size_t length = 0;
	ssize_t got;
	while ((got = read(ends[0], said + length, sizeof(said) - 1 - length)) > 0)
		length += (size_t)got;
	close(ends[0]);
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	char expected[512];
	snprintf(expected, sizeof(expected), "%s: cannot write %s", path_of(name), message);
	assert_string_equal(said, expected);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 1);
	char pattern[64];
	snprintf(pattern, sizeof(pattern), "%s*", name);
	assert_int_equal(files_like(pattern), 0);
}

static void limit_at_once(void)
{
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &(struct rlimit){ 64, 64 });
}

static void limit_midway(void)
{
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &(struct rlimit){ 64 << 10, 64 << 10 });
}

static void test_full_disk(void **state)
{
	(void)state;
	expect_failure_in_child(limit_midway, "midway.h5", "results: File too large");
	expect_failure_in_child(limit_at_once, "at_once.h5", "results: File too large");
}

static void expect_refused(const char *path, const char *message)
{
	struct error err = { 0 };
	assert_int_equal(results_fixture_make(path, &plain, &err), -1);
	assert_int_equal(err.kind, ERROR_RUN);
	assert_string_equal(err.message, message);
}

static void become_nobody(void)
{
	if (geteuid() == 0 && setresuid(65534, 65534, 65534))
		exit(2);
}

static void test_unwritable(void **state)
{
	(void)state;
	expect_refused("/dev/full", "/dev/full: cannot write results: not a regular file");
	expect_refused("/nonexistent/a.h5",
		       "/nonexistent/a.h5: cannot write results: No such file or directory");
	assert_int_equal(mkdir(path_of("sealed"), 0755), 0);
	assert_int_equal(chmod(path_of("sealed"), 0555), 0);
	expect_failure_in_child(become_nobody, "sealed/a.h5", "results: Permission denied");
}

/* A killed run leaves the earlier result as it was, and none where there was none. */
static void kill_while_writing(const char *name)
{
	int ends[2];
	char ready;
	assert_int_equal(pipe(ends), 0);
	pid_t child = fork();
	if (child == 0) {
		struct error err = { 0 };
		const struct result_sink *ops = fixture_sink("hdf5");
		void *sink = ops->open(path_of(name), NULL, &err);
		results_fixture_write(ops, sink, &plain, &err);
		if (write(ends[1], "r", 1) == 1)
			pause();
		exit(0);
	}
	assert_int_equal(read(ends[0], &ready, 1), 1);
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, NULL, 0), child);
	close(ends[0]);
	close(ends[1]);
}

static void test_killed(void **state)
{
	(void)state;
	kill_while_writing("killed.h5");
	assert_int_equal(files_like("killed.h5"), 0);
	make("old.h5", &plain);
	size_t before_size, after_size;
	unsigned char *before = file_bytes(path_of("old.h5"), &before_size);
	kill_while_writing("old.h5");
	unsigned char *after = file_bytes(path_of("old.h5"), &after_size);
	assert_int_equal(before_size, after_size);
	assert_memory_equal(before, after, before_size);
	free(before);
	free(after);
}

static void test_abandon(void **state)
{
	(void)state;
	struct error err = { 0 };
	const struct result_sink *ops = fixture_sink("hdf5");
	void *sink = ops->open(path_of("abandoned.h5"), NULL, &err);
	assert_non_null(sink);
	assert_int_equal(results_fixture_write(ops, sink, &plain, &err), 0);
	assert_int_equal(files_like("abandoned.h5.partial*"), 1);
	ops->abandon(sink);
	assert_int_equal(files_like("abandoned.h5*"), 0);
}

static void test_null_sink(void **state)
{
	(void)state;
	struct error err = { 0 };
	const struct result_sink *ops = fixture_sink("null");
	void *sink = ops->open(path_of("null.h5"), NULL, &err);
	assert_non_null(sink);
	assert_int_equal(results_fixture_write(ops, sink, &plain, &err), 0);
	assert_int_equal(ops->finish(sink, &err), 0);
	assert_int_equal(files_like("null.h5*"), 0);
}

/* Whoever embeds the engine keeps its own HDF5 error printing. */
static void test_error_printing_is_put_back(void **state)
{
	(void)state;
	H5E_auto2_t before, after;
	void *data;
	H5Eget_auto2(H5E_DEFAULT, &before, &data);
	assert_non_null(before);
	make("printing.h5", &plain);
	H5Eget_auto2(H5E_DEFAULT, &after, &data);
	assert_ptr_equal(before, after);
}

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	return chmod(folder, 0755);
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
		cmocka_unit_test(test_same_bytes),
		cmocka_unit_test(test_no_object_times),
		cmocka_unit_test(test_thinning_keeps_every_second_row),
		cmocka_unit_test(test_no_slab_and_no_samples),
		cmocka_unit_test(test_full_disk),
		cmocka_unit_test(test_unwritable),
		cmocka_unit_test(test_killed),
		cmocka_unit_test(test_abandon),
		cmocka_unit_test(test_null_sink),
		cmocka_unit_test(test_error_printing_is_put_back),
	};
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
