/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every figure from every kind of run: results_figures.py draws, from files made here. */
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

enum { EXIT_SKIPPED = 77 };

static const struct {
	const char *name;
	struct results_fixture fixture;
} runs[] = {
	{ "slub", { .samples = 60, .caches = 12, .horizon_time_ns = UINT64_MAX } },
	{ "slab", { .samples = 50, .caches = 14, .seed = 2, .horizon_time_ns = 40000000 } },
	{ "one", { .samples = 1, .caches = 4, .horizon_time_ns = UINT64_MAX } },
	{ "none", { .samples = 0, .caches = 4, .horizon_time_ns = 5 } },
	{ "noslab", { .samples = 30, .caches = 0, .horizon_time_ns = UINT64_MAX } },
};

static void make_runs(const char *folder)
{
	for (size_t i = 0; i < FIXTURE_COUNT(runs); i++) {
		struct error err = { 0 };
		char path[128];
		snprintf(path, sizeof(path), "%s/%s.h5", folder, runs[i].name);
		if (results_fixture_make(path, &runs[i].fixture, &err))
			fail_msg("%s", err.message);
	}
}

static void test_figures(void **state)
{
	(void)state;
	char folder[] = "/tmp/results_figures_XXXXXX", command[1024];
	assert_non_null(mkdtemp(folder));
	make_runs(folder);
	snprintf(command, sizeof(command),
		 PYTHON " -B " SLABYARD_SOURCE_DIR "/tests/unit/results_figures.py "
			"'" SLABYARD_SOURCE_DIR "/analysis' '%s'",
		 folder);
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
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_figures) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
