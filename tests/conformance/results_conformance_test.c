/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every result sink must do, over all entries of the table and the template as a plugin. */
#include <dirent.h>
#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "../unit/results_fixture.h"

static char folder[] = "/tmp/results_conformance_XXXXXX";
static char out[64];

static const struct results_fixture cases[] = {
	{ .samples = 40, .caches = 9, .thin_at = 20, .horizon_time_ns = UINT64_MAX },
	{ .samples = 1, .caches = 0, .horizon_time_ns = 0 },
	{ .samples = 0, .caches = 3, .horizon_time_ns = UINT64_MAX },
};

static unsigned files_left(void)
{
	unsigned count = 0;
	DIR *dir = opendir(folder);
	assert_non_null(dir);
	for (const struct dirent *entry; (entry = readdir(dir)) != NULL;)
		count += entry->d_name[0] != '.';
	closedir(dir);
	return count;
}

static const struct result_sink *sink_at(size_t i)
{
	return result_sink_of(policy_at(&result_sinks, i));
}

static void *open_sink(const struct result_sink *ops)
{
	_Alignas(uint64_t) unsigned char params[256];
	struct error err = { 0 };
	assert_true(ops->info.params_size <= sizeof(params));
	if (ops->info.options)
		option_defaults(ops->info.options, params);
	void *sink = ops->open(out, params, &err);
	if (!sink)
		fail_msg("%s: %s", ops->info.name, err.message);
	return sink;
}

static void describes_itself(void **state)
{
	(void)state;
	for (size_t i = 0; i < policy_count(&result_sinks); i++) {
		const struct policy_info *info = policy_at(&result_sinks, i);
		assert_int_equal(info->abi, POLICY_ABI);
		assert_true(strlen(info->name) > 0 && strlen(info->help) > 0);
		assert_ptr_equal(policy_find(&result_sinks, info->name), info);
	}
	assert_non_null(policy_find(&result_sinks, result_sinks.default_policy));
}

/* At most the one file that was asked for is there when it is finished. */
static void takes_a_whole_run(void **state)
{
	(void)state;
	for (size_t i = 0; i < policy_count(&result_sinks); i++)
		for (size_t c = 0; c < FIXTURE_COUNT(cases); c++) {
			const struct result_sink *ops = sink_at(i);
			struct error err = { 0 };
			void *sink = open_sink(ops);
			if (results_fixture_write(ops, sink, &cases[c], &err) ||
			    ops->finish(sink, &err))
				fail_msg("%s: %s", ops->info.name, err.message);
			assert_true(files_left() <= 1);
			assert_true(files_left() == 0 || unlink(out) == 0);
		}
}

static void leaves_nothing_when_abandoned(void **state)
{
	(void)state;
	for (size_t i = 0; i < policy_count(&result_sinks); i++) {
		const struct result_sink *ops = sink_at(i);
		struct error err = { 0 };
		void *sink = open_sink(ops);
		assert_int_equal(results_fixture_write(ops, sink, &cases[0], &err), 0);
		ops->abandon(sink);
		assert_int_equal(files_left(), 0);
	}
}

static int load_template(void **state)
{
	(void)state;
	struct error err = { 0 };
	void *object = dlopen(SLABYARD_BUILD_DIR "/plugins/results_template.so", RTLD_NOW);
	if (!object) {
		fprintf(stderr, "%s\n", dlerror());
		return -1;
	}
	const struct slabyard_plugin *plugin = dlsym(object, "slabyard_plugin");
	if (!mkdtemp(folder) || policy_add(&result_sinks, plugin->table, &err))
		return -1;
	snprintf(out, sizeof(out), "%s/out", folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(describes_itself),
		cmocka_unit_test(takes_a_whole_run),
		cmocka_unit_test(leaves_nothing_when_abandoned),
	};
	return cmocka_run_group_tests(tests, load_template, remove_folder);
}
