/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cost models, the registry they stand in, and one that comes from a plugin. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <dlfcn.h>

#include "cost/cost.h"

enum { PARAMS_MAX = 4096 };

static void default_params(const struct policy_info *info, void *params)
{
	assert_true(info->params_size <= PARAMS_MAX);
	option_defaults(info->options, params);
}

static void constant_default_prices_are_those_of_the_counters(void **state)
{
	_Alignas(uint64_t) unsigned char params[PARAMS_MAX];
	const struct policy_info *info = policy_find(&cost_policies, "constant");
	struct work work = { 0 };

	(void)state;
	assert_non_null(info);
	default_params(info, params);
	assert_int_equal(cost_policy_of(info)->prices(params, &work, NULL), 0);
	for (unsigned i = 0; i < WORK_COUNTERS; i++)
		assert_int_equal(work.price_ps[i], counter_table[i].default_price_ps);
	assert_int_equal(work.price_ps[WORK_pcp_hit], 18000);
	assert_int_equal(work.price_ps[WORK_slab_object_init], 1500);
	assert_int_equal(work.price_ps[WORK_clear_byte], 15);
}

static void constant_takes_prices_from_its_options(void **state)
{
	_Alignas(uint64_t) unsigned char params[PARAMS_MAX];
	const struct policy_info *info = policy_find(&cost_policies, "constant");
	struct work work = { 0 };

	(void)state;
	default_params(info, params);
	const struct option_spec *option = option_find(info->options, "zone_lock_ns");
	assert_non_null(option);
	assert_int_equal(option_parse(option, "31.25", params, NULL), 0);
	cost_policy_of(info)->prices(params, &work, NULL);
	work_count(&work, WORK_zone_lock);
	work_count_n(&work, WORK_split, 3);
	assert_int_equal(work.cost_ps, 31250 + 3 * 6000);
	assert_int_equal(work.count[WORK_split], 3);
}

static void every_model_has_a_name_help_and_working_defaults(void **state)
{
	_Alignas(uint64_t) unsigned char params[PARAMS_MAX];

	(void)state;
	assert_true(policy_count(&cost_policies) >= 1);
	assert_non_null(policy_find(&cost_policies, cost_policies.default_policy));
	for (size_t i = 0; i < policy_count(&cost_policies); i++) {
		const struct policy_info *info = policy_at(&cost_policies, i);
		struct work work = { 0 };
		struct error err = { 0 };
		assert_int_equal(info->abi, POLICY_ABI);
		assert_true(strlen(info->name) > 0 && strlen(info->help) > 0);
		assert_ptr_equal(policy_find(&cost_policies, info->name), info);
		default_params(info, params);
		assert_int_equal(cost_policy_of(info)->prices(params, &work, &err), 0);
	}
	assert_null(policy_find(&cost_policies, "no such model"));
}

static const struct slabyard_plugin *load_template(void)
{
	void *object = dlopen(SLABYARD_BUILD_DIR "/plugins/cost_template.so", RTLD_NOW);

	if (!object)
		fail_msg("%s", dlerror());
	return dlsym(object, "slabyard_plugin");
}

static void plugin_joins_the_kind_once(void **state)
{
	_Alignas(uint64_t) unsigned char params[PARAMS_MAX];
	const struct slabyard_plugin *plugin = load_template();
	size_t before = policy_count(&cost_policies);
	struct work work = { 0 };
	struct error err;

	(void)state;
	assert_non_null(plugin);
	assert_string_equal(plugin->kind, cost_policies.name);
	assert_int_equal(policy_add(&cost_policies, plugin->table, &err), 0);
	assert_int_equal(policy_count(&cost_policies), before + 1);
	assert_ptr_equal(policy_at(&cost_policies, before), plugin->table);
	const struct policy_info *info = policy_find(&cost_policies, "slower");
	assert_ptr_equal(info, plugin->table);
	default_params(info, params);
	assert_int_equal(cost_policy_of(info)->prices(params, &work, &err), 0);
	assert_int_equal(work.price_ps[WORK_pcp_hit], 36000);

	assert_int_equal(policy_add(&cost_policies, plugin->table, &err), -1);
	assert_string_equal(err.message, "there is a cost policy named slower already");
	assert_int_equal(policy_count(&cost_policies), before + 1);
}

static void plugin_of_another_abi_is_refused(void **state)
{
	struct policy_info other = { .abi = POLICY_ABI + 1, .name = "other", .help = "" };
	struct error err;

	(void)state;
	assert_int_equal(policy_add(&cost_policies, &other, &err), -1);
	assert_int_equal(err.kind, ERROR_INPUT);
	assert_non_null(strstr(err.message, "ABI"));
	assert_null(policy_find(&cost_policies, "other"));
}

static void plugins_are_limited(void **state)
{
	static struct policy_info many[POLICY_PLUGINS_MAX + 1];
	static char names[POLICY_PLUGINS_MAX + 1][8];
	static struct policy_plugins plugins;
	const struct policy_kind kind = { .name = "test", .plugins = &plugins };
	struct error err;

	(void)state;
	for (unsigned i = 0; i <= POLICY_PLUGINS_MAX; i++) {
		snprintf(names[i], sizeof(names[i]), "p%u", i);
		many[i] = (struct policy_info){ .abi = POLICY_ABI, .name = names[i], .help = "" };
	}
	for (unsigned i = 0; i < POLICY_PLUGINS_MAX; i++)
		assert_int_equal(policy_add(&kind, &many[i], &err), 0);
	assert_int_equal(policy_add(&kind, &many[POLICY_PLUGINS_MAX], &err), -1);
	assert_string_equal(err.message, "more than 16 plugins with test policies");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(constant_default_prices_are_those_of_the_counters),
		cmocka_unit_test(constant_takes_prices_from_its_options),
		cmocka_unit_test(every_model_has_a_name_help_and_working_defaults),
		cmocka_unit_test(plugin_joins_the_kind_once),
		cmocka_unit_test(plugin_of_another_abi_is_refused),
		cmocka_unit_test(plugins_are_limited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
