/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Trims once what is present is too much over what the program has a use for. */
#include <stddef.h>

#include "libc/trim/trim.h"

struct rss_target_params {
	double ratio;
	uint64_t slack_bytes, pause_ns;
};

static const struct option_spec rss_target_options[] = {
	{
		.name = "ratio",
		.offset = offsetof(struct rss_target_params, ratio),
		.type = OPTION_REAL,
		.default_text = "1.5",
		.min = 1,
		.max = 1000,
		.unit = "",
		.help = "RSS over live bytes from which on it trims",
	},
	{
		.name = "slack",
		.offset = offsetof(struct rss_target_params, slack_bytes),
		.type = OPTION_SIZE,
		.default_text = "1MiB",
		.min = 0,
		.max = 1e15,
		.unit = "bytes",
		.help = "RSS beyond that ratio that is let be",
	},
	{
		.name = "pause",
		.offset = offsetof(struct rss_target_params, pause_ns),
		.type = OPTION_DURATION,
		.default_text = "10ms",
		.min = 0,
		.max = 1e18,
		.unit = "ns",
		.help = "simulated time between two trims at least",
	},
	OPTION_END,
};

static struct trim_verdict rss_target_judge(const void *params, const struct trim_view *view)
{
	const struct rss_target_params *p = params;
	const double target = p->ratio * (double)view->live_bytes + (double)p->slack_bytes;

	if (view->moment != TRIM_MOMENT_FREE || (double)view->rss_bytes <= target)
		return (struct trim_verdict){ .action = TRIM_KEEP };
	if (view->last_trim_ns && view->time_ns - view->last_trim_ns < p->pause_ns)
		return (struct trim_verdict){ .action = TRIM_KEEP };
	return (struct trim_verdict){ .action = TRIM_ALL };
}

const struct trim_policy rss_target_trim_policy = {
	.info = {
		.abi = POLICY_ABI,
		.name = "rss_target",
		.help = "malloc_trim when RSS is over so many times the live bytes",
		.options = rss_target_options,
		.params_size = sizeof(struct rss_target_params),
	},
	.judge = rss_target_judge,
};
