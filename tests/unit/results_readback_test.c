/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Other people's readers understand a result file: results_readback.py does the reading. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "results_fixture.h"

#define PYTHON "/usr/bin/python3"

enum { SAMPLES = 120, CACHES = 12, EXIT_SKIPPED = 77 };

static void test_readers(void **state)
{
	(void)state;
	char folder[] = "/tmp/results_readback_XXXXXX", path[64], command[1024];
	struct error err = { 0 };
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/a.h5", folder);
	struct results_fixture f = { .samples = SAMPLES,
				     .caches = CACHES,
				     .horizon_time_ns = UINT64_MAX };
	if (results_fixture_make(path, &f, &err))
		fail_msg("%s", err.message);
	snprintf(command, sizeof(command),
		 PYTHON " -B " SLABYARD_SOURCE_DIR "/tests/unit/results_readback.py %s %d %d", path,
		 SAMPLES, CACHES);
	int status = system(command);
	snprintf(command, sizeof(command), "rm -r '%s'", folder);
	assert_int_equal(system(command), 0);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == EXIT_SKIPPED)
		exit(EXIT_SKIPPED);
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
	if (access(PYTHON, X_OK)) {
		puts("skipped: no " PYTHON);
		return EXIT_SKIPPED;
	}
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_readers) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
