/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How to write a cost model. This one multiplies every default price by one factor, to ask what a
 * machine that is slower throughout would show. It is built by the tests as a plugin and is no part
 * of the program.
 *
 * To add a model to the program: copy this file to sim/cost/NAME.c, put it in CMakeLists.txt, and
 * add POLICY(NAME_cost_policy) to policies.def. Nothing else needs to know of it: `slabyard list`,
 * the configuration, its schema and the conformance tests all read that table. To try it without
 * building the program anew, keep the last lines of this file, compile it with
 *     cc -shared -fPIC -o slower.so slower.c $(pkg-config --cflags slabyard)
 * and run `slabyard --plugin ./slower.so run --set cost.policy=slower ...`.
 */
#include "cost/cost.h"

/* What the user can set. The struct is filled by the options below before prices() is called. */
struct slower_params {
	uint64_t factor;
};

/*
 * One line an option, and the only place where it is written: name, where it goes, how it is
 * written, default, range, unit and help. The user sets cost.slower.factor.
 */
static const struct option_spec slower_options[] = {
	{ .name = "factor",
	  .offset = offsetof(struct slower_params, factor),
	  .type = OPTION_UINT,
	  .default_text = "2",
	  .min = 1,
	  .max = 1000,
	  .unit = "",
	  .help = "by how much every price is multiplied" },
	OPTION_END
};

/*
 * Called once, before the run. Sets the price of every primitive in picoseconds; from then on the
 * engine adds it as policies count. Returns 0, or -1 with *err when these options cannot be priced
 * (error_set; the message is shown to the user behind the option's place in the configuration).
 */
static int slower_prices(const void *params, struct work *work, struct error *err)
{
	const struct slower_params *slower = params;

	for (unsigned i = 0; i < WORK_COUNTERS; i++) {
		uint64_t price_ps = slower->factor * counter_table[i].default_price_ps;
		if (price_ps > UINT32_MAX)
			return error_set(err, ERROR_INPUT, "factor: %s would cost more than 4 ms",
					 counter_table[i].name);
		work->price_ps[i] = (uint32_t)price_ps;
	}
	return 0;
}

/* The table: what the model is called, what it can do, and its hooks. */
static const struct cost_policy slower_cost_policy = {
	.info = {
		.abi = POLICY_ABI, /* lets the program refuse a plugin of another version */
		.name = "slower",
		.help = "the default prices, multiplied",
		.capabilities = 0, /* a cost model decides nothing */
		.options = slower_options,
		.params_size = sizeof(struct slower_params),
	},
	.prices = slower_prices,
};

/* What a plugin exports. */
const struct slabyard_plugin slabyard_plugin = { "cost", &slower_cost_policy.info };
