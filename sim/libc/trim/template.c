/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A trim policy to begin from. It is complete and passes the conformance tests: it gives the end of
 * the heap back whenever that is more than a share of what the program has alive.
 *
 * To make it your own: copy the file, rename template_ and the policy, and either add
 * POLICY(your_trim_policy) to policies.def and the file to CMakeLists.txt, or leave the tree alone
 * and load it as a plugin:
 *
 *     cc -shared -fPIC -I PREFIX/include/slabyard my_trim.c -o my_trim.so
 *     slabyard --plugin ./my_trim.so run --set trim.policy=template ...
 */
#include <stddef.h>

#include "libc/trim/trim.h"

/* What users can set. The option table below fills it before judge() sees it. */
struct template_params {
	double share;
	uint64_t pad_bytes;
};

/* An option is written once: YAML, --set, defaults, ranges and documentation come from here. */
static const struct option_spec template_options[] = {
	{
		.name = "share",
		.offset = offsetof(struct template_params, share),
		.type = OPTION_REAL,
		.default_text = "0.25",
		.min = 0,
		.max = 1000,
		.unit = "",
		.help = "free at the end of the heap, over live bytes, from which on it is given "
			"back",
	},
	{
		.name = "pad",
		.offset = offsetof(struct template_params, pad_bytes),
		.type = OPTION_SIZE,
		.default_text = "128KiB",
		.min = 0,
		.max = 1e12,
		.unit = "bytes",
		.help = "bytes kept at the end of the heap",
	},
	OPTION_END,
};

/*
 * The verdict, from nothing but the options and the view: whoever asks twice gets the same answer.
 * Not every moment has a use for every action: trim.h says which are for which.
 */
static struct trim_verdict template_judge(const void *params, const struct trim_view *view)
{
	const struct template_params *p = params;

	if (view->moment != TRIM_MOMENT_FREE || view->top_bytes <= p->pad_bytes ||
	    (double)view->top_bytes <= p->share * (double)view->live_bytes)
		return (struct trim_verdict){ .action = TRIM_KEEP };
	return (struct trim_verdict){ .action = TRIM_TOP, .pad = p->pad_bytes };
}

/* The table: what the policy is called, what it needs, and its hook. */
static const struct trim_policy template_trim_policy = {
	.info = {
		.abi = POLICY_ABI,
		.name = "template",
		.help = "the end of the heap when it is large beside what is alive: to begin from",
		.options = template_options,
		.params_size = sizeof(struct template_params),
	},
	.judge = template_judge,
};

/* What --plugin looks for. */
extern const struct slabyard_plugin slabyard_plugin;
const struct slabyard_plugin slabyard_plugin = { "trim", &template_trim_policy.info };
