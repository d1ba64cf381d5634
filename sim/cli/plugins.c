/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/plugins.h"

#include "cli/cli.h"
#include "core/policy.h"

/* As many as can be loaded: one at least of each. */
static const char *loaded[8 * POLICY_PLUGINS_MAX];
static size_t loaded_count;

int plugin_load_now(const char *path)
{
	struct error err = { 0 };
	if (slabyard_plugin_load(path, &err) != 0)
		return cli_fail(&err);
	if (loaded_count < sizeof(loaded) / sizeof(loaded[0]))
		loaded[loaded_count++] = path;
	return -1;
}

const char *const *plugins_loaded(size_t *count)
{
	*count = loaded_count;
	return loaded;
}
