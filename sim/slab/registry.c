/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "slab/slab.h"

#define POLICY(symbol) extern const struct slab_policy symbol;
#include "slab/policies.def"
#undef POLICY

static const struct policy_info *const tables[] = {
#define POLICY(symbol) &symbol.info,
#include "slab/policies.def"
#undef POLICY
};

static struct policy_plugins plugins;

const struct policy_kind slab_policies = {
	.name = "slab",
	.help = "how pages are cut into kernel objects",
	.default_policy = "slub",
	.tables = tables,
	.table_count = sizeof(tables) / sizeof(tables[0]),
	.plugins = &plugins,
};
