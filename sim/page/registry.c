/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "page/page.h"

#define POLICY(symbol) extern const struct page_policy symbol;
#include "page/policies.def"
#undef POLICY

static const struct policy_info *const tables[] = {
#define POLICY(symbol) &symbol.info,
#include "page/policies.def"
#undef POLICY
};

static struct policy_plugins plugins;

const struct policy_kind page_policies = {
	.name = "page",
	.help = "page allocators",
	.default_policy = "buddy",
	.tables = tables,
	.table_count = sizeof(tables) / sizeof(tables[0]),
	.plugins = &plugins,
};
