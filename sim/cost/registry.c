/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cost/cost.h"

#define POLICY(symbol) extern const struct cost_policy symbol;
#include "cost/policies.def"
#undef POLICY

static const struct policy_info *const tables[] = {
#define POLICY(symbol) &symbol.info,
#include "cost/policies.def"
#undef POLICY
};

static struct policy_plugins plugins;

const struct policy_kind cost_policies = {
	.name = "cost",
	.help = "what the primitives of work cost",
	.default_policy = "constant",
	.tables = tables,
	.table_count = sizeof(tables) / sizeof(tables[0]),
	.plugins = &plugins,
};
