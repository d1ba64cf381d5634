/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "results/sink.h"

#define POLICY(symbol) extern const struct result_sink symbol;
#include "results/policies.def"
#undef POLICY

static const struct policy_info *const tables[] = {
#define POLICY(symbol) &symbol.info,
#include "results/policies.def"
#undef POLICY
};

static struct policy_plugins plugins;

const struct policy_kind result_sinks = {
	.name = "results",
	.help = "where a run's results go",
	.default_policy = "hdf5",
	.tables = tables,
	.table_count = sizeof(tables) / sizeof(tables[0]),
	.plugins = &plugins,
};
