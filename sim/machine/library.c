/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the library as a whole has: version, kinds of policy, plugins, configuration schema. */
#include <dlfcn.h>
#include <string.h>

#include "cost/cost.h"
#include "import/import.h"
#include "libc/libc.h"
#include "machine/machine_options.h"
#include "page/page.h"
#include "results/sink.h"
#include "slab/slab.h"
#include "slabyard.h"

const char *slabyard_version(void)
{
	return SLABYARD_VERSION;
}

static const struct policy_kind *const kinds[] = {
	&page_policies, &slab_policies,  &libc_policies, &trim_policies,
	&cost_policies, &import_formats, &result_sinks,  NULL,
};

const struct policy_kind *const *slabyard_kinds(void)
{
	return kinds;
}

static int add_plugin(const char *path, const struct slabyard_plugin *plugin, struct error *err)
{
	struct error why = { 0 };
	for (size_t i = 0; kinds[i]; i++) {
		if (strcmp(kinds[i]->name, plugin->kind) != 0)
			continue;
		if (policy_add(kinds[i], plugin->table, &why) == 0)
			return 0;
		return error_set(err, ERROR_INPUT, "%s: %s", path, why.message);
	}
	return error_set(err, ERROR_INPUT, "%s: no kind of policy is called '%s'", path,
			 plugin->kind);
}

/* The object stays loaded for the life of the process: its tables are in use. */
int slabyard_plugin_load(const char *path, struct error *err)
{
	void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!object)
		return error_set(err, ERROR_INPUT, "--plugin: %s", dlerror());
	const struct slabyard_plugin *plugin = dlsym(object, "slabyard_plugin");
	if (plugin && plugin->kind && plugin->table)
		return add_plugin(path, plugin, err);
	dlclose(object);
	return error_set(err, ERROR_INPUT, "--plugin: %s: exports no slabyard_plugin", path);
}

const struct config_schema *slabyard_config_schema(void)
{
	return &machine_schema;
}
