/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A result file's bytes are the same from every compiler, with and without sanitizers: one hash
 * stands for all of them. HDF5 and zlib have a part in the bytes, so it holds for their versions.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include <hdf5.h>
#include <xxhash.h>
#include <zlib.h>

#include "../unit/results_fixture.h"

enum { EXIT_SKIPPED = 77 };

static const uint64_t expected_hash = 0x8ed0979e3787b774;

static uint64_t hash_file(const char *path)
{
	static unsigned char bytes[1 << 20];
	FILE *in = fopen(path, "rb");
	assert_non_null(in);
	size_t size = fread(bytes, 1, sizeof(bytes), in);
	fclose(in);
	assert_true(size < sizeof(bytes));
	return XXH3_64bits(bytes, size);
}

static void test_hash(void **state)
{
	(void)state;
	char folder[] = "/tmp/results_bytes_XXXXXX", path[64];
	struct error err = { 0 };
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/a.h5", folder);
	struct results_fixture f = { .samples = 150, .caches = 20, .thin_at = 100, .seed = 1 };
	if (results_fixture_make(path, &f, &err))
		fail_msg("%s", err.message);
	uint64_t hash = hash_file(path);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(folder), 0);
	if (hash != expected_hash)
		fail_msg("the file hashes to %#lx; with a change to its layout that is the new "
			 "value",
			 hash);
}

int main(void)
{
	unsigned major, minor, release;
	H5get_libversion(&major, &minor, &release);
	if (major != 1 || minor != 10 || release != 8 || strcmp(zlibVersion(), "1.2.13") != 0) {
		printf("skipped: the hash is of HDF5 1.10.8 and zlib 1.2.13, here are %u.%u.%u, "
		       "%s\n",
		       major, minor, release, zlibVersion());
		return EXIT_SKIPPED;
	}
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_hash) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
