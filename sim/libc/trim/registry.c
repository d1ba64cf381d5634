/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "libc/trim/trim.h"

#define POLICY(symbol) extern const struct trim_policy symbol;
#include "libc/trim/policies.def"
#undef POLICY

static const struct policy_info *const tables[] = {
#define POLICY(symbol) &symbol.info,
#include "libc/trim/policies.def"
#undef POLICY
};

static struct policy_plugins plugins;

const struct policy_kind trim_policies = {
	.name = "trim",
	.help = "when the C library gives memory back",
	.default_policy = "glibc",
	.tables = tables,
	.table_count = sizeof(tables) / sizeof(tables[0]),
	.plugins = &plugins,
};

const char *const trim_moment_names[TRIM_MOMENTS] = { "start", "free", "unmap", "timer" };

const char *const trim_action_names[TRIM_ACTIONS] = { "keep", "top", "all", "old", "raise" };
