/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Gives pages back that have been free for some time, wherever they lie: what jemalloc's
 * dirty_decay_ms means, without its curve, which gives back a part sooner.
 */
#include <stddef.h>

#include "libc/trim/trim.h"

struct decay_params {
	uint64_t time_ns;
	uint64_t steps;
};

static const struct option_spec decay_options[] = {
	{
		.name = "time",
		.offset = offsetof(struct decay_params, time_ns),
		.type = OPTION_DURATION,
		.default_text = "10s",
		.min = 1000,
		.max = 1e18,
		.unit = "ns",
		.help = "simulated time that a page stays free before it is given back",
	},
	{
		.name = "steps",
		.offset = offsetof(struct decay_params, steps),
		.type = OPTION_UINT,
		.default_text = "10",
		.min = 1,
		.max = 1000,
		.unit = "",
		.help = "looks in that time: a page is given back this part of it late at most",
	},
	OPTION_END,
};

static struct trim_verdict decay_judge(const void *params, const struct trim_view *view)
{
	const struct decay_params *p = params;
	const uint64_t step = p->time_ns / p->steps;

	return (struct trim_verdict){
		.action = view->moment == TRIM_MOMENT_TIMER ? TRIM_OLD : TRIM_KEEP,
		.age_ns = p->time_ns,
		.next_ns = view->time_ns + (step ? step : 1),
	};
}

const struct trim_policy decay_trim_policy = {
	.info = {
		.abi = POLICY_ABI,
		.name = "decay",
		.help = "pages that have been free for some time, as jemalloc's dirty decay",
		.capabilities = TRIM_NEEDS_AGES,
		.options = decay_options,
		.params_size = sizeof(struct decay_params),
	},
	.judge = decay_judge,
};
