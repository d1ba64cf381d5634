/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What every trim policy must do: give the same verdict on the same view, and only verdicts that
 * can be carried out at that moment. Run over all entries of the table and over the template.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"
#include "core/ids.h"
#include "libc/trim/template.c"
#include "libc/trim/trim.h"

enum { VIEWS = 20000 };

static uint64_t pick(struct rng *rng)
{
	static const uint64_t odd[] = { 0, 1, 131072, 135168, 32 << 20, UINT64_MAX, INT64_MAX };

	if (rng_below(rng, 3) == 0)
		return odd[rng_below(rng, sizeof(odd) / sizeof(odd[0]))];
	return rng_below(rng, UINT64_C(1) << rng_below(rng, 40));
}

static struct trim_view pick_view(struct rng *rng)
{
	const uint64_t now = rng_below(rng, UINT64_C(1) << 50);

	return (struct trim_view){
		.moment = (enum trim_moment)rng_below(rng, TRIM_MOMENTS),
		.top_bytes = pick(rng),
		.unmapped_bytes = PAGE_SIZE_BYTES + pick(rng) / 2,
		.trim_threshold = pick(rng),
		.top_pad = pick(rng),
		.mmap_threshold = pick(rng),
		.dynamic = rng_below(rng, 2),
		.time_ns = now,
		.last_trim_ns = rng_below(rng, now + 1),
		.live_bytes = pick(rng),
		.rss_bytes = pick(rng),
	};
}

static bool may(const struct trim_policy *policy, enum trim_moment moment, enum trim_action action)
{
	static const bool allowed[TRIM_MOMENTS][TRIM_ACTIONS] = {
		[TRIM_MOMENT_START] = { [TRIM_KEEP] = true },
		[TRIM_MOMENT_FREE] = { [TRIM_KEEP] = true,
				       [TRIM_TOP] = true,
				       [TRIM_ALL] = true,
				       [TRIM_OLD] = true },
		[TRIM_MOMENT_UNMAP] = { [TRIM_KEEP] = true, [TRIM_RAISE] = true },
		[TRIM_MOMENT_TIMER] = { [TRIM_KEEP] = true, [TRIM_ALL] = true, [TRIM_OLD] = true },
	};

	return allowed[moment][action] &&
	       (action != TRIM_OLD || policy->info.capabilities & TRIM_NEEDS_AGES);
}

static void check_policy(const struct trim_policy *policy)
{
	struct rng *rng = rng_create(1, "trim.conformance");
	char *params = calloc(1, policy->info.params_size + 1);
	char *before = malloc(policy->info.params_size + 1);

	if (policy->info.options)
		option_defaults(policy->info.options, params);
	memcpy(before, params, policy->info.params_size + 1);
	for (int i = 0; i < VIEWS; i++) {
		const struct trim_view view = pick_view(rng);
		const struct trim_verdict verdict = policy->judge(params, &view);
		const struct trim_verdict again = policy->judge(params, &view);

		assert_memory_equal(&verdict, &again, sizeof(verdict));
		if (!may(policy, view.moment, verdict.action))
			fail_msg("%s: %s at %s", policy->info.name,
				 trim_action_names[verdict.action], trim_moment_names[view.moment]);
		if (view.moment == TRIM_MOMENT_START || view.moment == TRIM_MOMENT_TIMER)
			assert_true(!verdict.next_ns || verdict.next_ns > view.time_ns);
		if (verdict.action == TRIM_RAISE)
			assert_true(verdict.mmap_threshold >= view.mmap_threshold &&
				    verdict.trim_threshold);
	}
	assert_memory_equal(before, params, policy->info.params_size + 1);
	free(before);
	free(params);
	rng_destroy(rng);
}

static void verdicts_are_pure_and_possible(void **state)
{
	(void)state;
	for (size_t i = 0; i < policy_count(&trim_policies); i++)
		check_policy(trim_policy_of(policy_at(&trim_policies, i)));
	check_policy(&template_trim_policy);
}

static struct trim_verdict judge(const char *name, const struct trim_view *view)
{
	const struct policy_info *info = policy_find(&trim_policies, name);
	char params[256] = { 0 };

	assert_non_null(info);
	assert_true(info->params_size <= sizeof(params));
	if (info->options)
		option_defaults(info->options, params);
	return trim_policy_of(info)->judge(params, view);
}

/* _int_free: at the threshold, not below; munmap_chunk's rule up to 32 MiB, and not once it is set.
 */
static void glibc_rules(void **state)
{
	struct trim_view view = { .moment = TRIM_MOMENT_FREE,
				  .trim_threshold = 1000,
				  .top_pad = 7 };

	(void)state;
	view.top_bytes = 999;
	assert_int_equal(judge("glibc", &view).action, TRIM_KEEP);
	view.top_bytes = 1000;
	assert_int_equal(judge("glibc", &view).action, TRIM_TOP);
	assert_int_equal(judge("glibc", &view).pad, 7);
	view = (struct trim_view){ .moment = TRIM_MOMENT_UNMAP,
				   .mmap_threshold = 131072,
				   .unmapped_bytes = 200704,
				   .dynamic = true };
	assert_int_equal(judge("glibc", &view).mmap_threshold, 200704);
	assert_int_equal(judge("glibc", &view).trim_threshold, 401408);
	view.dynamic = false;
	assert_int_equal(judge("glibc", &view).action, TRIM_KEEP);
	view.dynamic = true;
	view.unmapped_bytes = 32 << 20;
	assert_int_equal(judge("glibc", &view).action, TRIM_KEEP);
	view.unmapped_bytes -= 4096;
	assert_int_equal(judge("glibc", &view).action, TRIM_RAISE);
}

static void rss_target_pauses(void **state)
{
	struct trim_view view = { .moment = TRIM_MOMENT_FREE,
				  .live_bytes = 10 << 20,
				  .rss_bytes = (16 << 20) + 1,
				  .time_ns = 1000000000 };

	(void)state;
	assert_int_equal(judge("rss_target", &view).action, TRIM_ALL);
	view.last_trim_ns = view.time_ns - 1000;
	assert_int_equal(judge("rss_target", &view).action, TRIM_KEEP);
	view.last_trim_ns = view.time_ns - 20000000;
	assert_int_equal(judge("rss_target", &view).action, TRIM_ALL);
	view.rss_bytes--;
	assert_int_equal(judge("rss_target", &view).action, TRIM_KEEP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(verdicts_are_pure_and_possible),
		cmocka_unit_test(glibc_rules),
		cmocka_unit_test(rss_target_pauses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
