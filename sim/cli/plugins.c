/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/plugins.h"

#include "cli/cli.h"

int plugin_load_now(const char *path)
{
	struct error err = { 0 };
	return slabyard_plugin_load(path, &err) == 0 ? -1 : cli_fail(&err);
}
