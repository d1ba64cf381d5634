/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "libc/libc.h"

#define POLICY(symbol) extern const struct libc_policy symbol;
#include "libc/policies.def"
#undef POLICY

static const struct policy_info *const tables[] = {
#define POLICY(symbol) &symbol.info,
#include "libc/policies.def"
#undef POLICY
};

static struct policy_plugins plugins;

const struct policy_kind libc_policies = {
	.name = "libc",
	.help = "how a process's heap is cut into blocks",
	.default_policy = "ptmalloc",
	.tables = tables,
	.table_count = sizeof(tables) / sizeof(tables[0]),
	.plugins = &plugins,
};
