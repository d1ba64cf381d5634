/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/policy.h"

#include <string.h>

size_t policy_count(const struct policy_kind *kind)
{
	return kind->table_count + kind->plugins->count;
}

const struct policy_info *policy_at(const struct policy_kind *kind, size_t index)
{
	if (index < kind->table_count)
		return kind->tables[index];
	return kind->plugins->tables[index - kind->table_count];
}

const struct policy_info *policy_find(const struct policy_kind *kind, const char *name)
{
	size_t count = policy_count(kind);

	for (size_t i = 0; i < count; i++) {
		const struct policy_info *info = policy_at(kind, i);
		if (strcmp(info->name, name) == 0)
			return info;
	}
	return NULL;
}

bool policy_is_default(const struct policy_kind *kind, const struct policy_info *info)
{
	return kind->default_policy && strcmp(info->name, kind->default_policy) == 0;
}

int policy_add(const struct policy_kind *kind, const struct policy_info *table, struct error *err)
{
	struct policy_plugins *plugins = kind->plugins;

	if (table->abi != POLICY_ABI)
		return error_set(err, ERROR_INPUT, "%s policy was built for ABI %u, this is ABI %u",
				 kind->name, (unsigned)table->abi, (unsigned)POLICY_ABI);
	if (policy_find(kind, table->name))
		return error_set(err, ERROR_INPUT, "there is a %s policy named %s already",
				 kind->name, table->name);
	if (plugins->count == POLICY_PLUGINS_MAX)
		return error_set(err, ERROR_INPUT, "more than %d plugins with %s policies",
				 (int)POLICY_PLUGINS_MAX, kind->name);
	plugins->tables[plugins->count++] = table;
	return 0;
}
