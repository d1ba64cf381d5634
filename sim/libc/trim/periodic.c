/* SPDX-License-Identifier: GPL-3.0-or-later */
/* malloc_trim() at regular times, whatever the heap looks like. */
#include <stddef.h>

#include "libc/trim/trim.h"

struct periodic_params {
	uint64_t every_ns, pad;
};

static const struct option_spec periodic_options[] = {
	{
		.name = "every",
		.offset = offsetof(struct periodic_params, every_ns),
		.type = OPTION_DURATION,
		.default_text = "1s",
		.min = 1000,
		.max = 1e18,
		.unit = "ns",
		.help = "simulated time from one malloc_trim to the next",
	},
	{
		.name = "pad",
		.offset = offsetof(struct periodic_params, pad),
		.type = OPTION_SIZE,
		.default_text = "0B",
		.min = 0,
		.max = 1e12,
		.unit = "bytes",
		.help = "bytes kept at the end of the heap",
	},
	OPTION_END,
};

static struct trim_verdict periodic_judge(const void *params, const struct trim_view *view)
{
	const struct periodic_params *p = params;

	return (struct trim_verdict){
		.action = view->moment == TRIM_MOMENT_TIMER ? TRIM_ALL : TRIM_KEEP,
		.pad = p->pad,
		.next_ns = view->time_ns + p->every_ns,
	};
}

const struct trim_policy periodic_trim_policy = {
	.info = {
		.abi = POLICY_ABI,
		.name = "periodic",
		.help = "malloc_trim at regular times",
		.options = periodic_options,
		.params_size = sizeof(struct periodic_params),
	},
	.judge = periodic_judge,
};
