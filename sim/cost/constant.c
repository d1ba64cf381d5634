/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One fixed price for each primitive, from the configuration (configs/costs holds profiles). */
#include "cost/cost.h"

struct constant_params {
	uint32_t price_ps[WORK_COUNTERS];
};

#define COUNTER(name, price, help)                                                                 \
	{ #name "_ns",                                                                             \
	  offsetof(struct constant_params, price_ps[WORK_##name]),                                 \
	  OPTION_PRICE,                                                                            \
	  #price,                                                                                  \
	  0,                                                                                       \
	  0,                                                                                       \
	  "ns",                                                                                    \
	  help,                                                                                    \
	  NULL },
static const struct option_spec constant_options[] = {
#include "core/counters.def"
	OPTION_END
};
#undef COUNTER

static int constant_prices(const void *params, struct work *work, struct error *err)
{
	const struct constant_params *constant = params;

	(void)err;
	for (unsigned i = 0; i < WORK_COUNTERS; i++)
		work->price_ps[i] = constant->price_ps[i];
	return 0;
}

const struct cost_policy constant_cost_policy = {
	.info = {
		.abi = POLICY_ABI,
		.name = "constant",
		.help = "a fixed price for each primitive of work",
		.options = constant_options,
		.params_size = sizeof(struct constant_params),
	},
	.prices = constant_prices,
};
