/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What every policy's ops table starts with. A kind of policy (page, slab, cost, ...) is a folder
 * with one ops table type, a policies.def with one line a policy, and a registry made of it.
 */
#ifndef SLABYARD_CORE_POLICY_H
#define SLABYARD_CORE_POLICY_H

#include <stddef.h>
#include <stdint.h>

#include "core/option.h"

/* Changes when any ops table or a struct in it changes; a plugin must have been built with it. */
enum { POLICY_ABI = 1 };

/* Conformance tests consult these. */
enum policy_capability {
	POLICY_PLACES = 1 << 0,   /* decides addresses; never hands one out twice */
	POLICY_REUSES = 1 << 1,   /* freed memory can be had again */
	POLICY_USES_RNG = 1 << 2, /* draws random numbers with some options */
	POLICY_HAS_SLABS = 1 << 3,
	POLICY_RESTORES = 1 << 4, /* load() takes a recorded state */
};

struct policy_info {
	uint32_t abi; /* POLICY_ABI */
	const char *name;
	const char *help; /* one line */
	uint32_t capabilities;
	const struct option *options; /* ends with OPTION_END; NULL: none */
	size_t params_size;           /* of the struct that options fill; 0: none */
};

/*
 * A kind seen from outside: its name, and its policies by number. Plugins are added at run time
 * behind the built-in ones. info(i) is the start of the ops table itself.
 */
struct policy_kind {
	const char *name; /* "page", "slab", "cost", ... */
	const char *help;
	const char *default_policy;
	size_t (*count)(void);
	const struct policy_info *(*info)(size_t index);
	/* Adds a table from a plugin; -1 when the name is taken or the ABI differs. */
	int (*add)(const struct policy_info *table, struct error *err);
};

/* The policy of that name, or NULL. */
const struct policy_info *policy_find(const struct policy_kind *kind, const char *name);

/*
 * The body of a kind's registry, for the .c file beside policies.def: `type` is the ops table type
 * whose first member is `info`, `tables` the array of pointers made of policies.def.
 */
enum { POLICY_PLUGINS_MAX = 16 };

int policy_add_checked(const struct policy_kind *kind, const struct policy_info **plugins,
		       size_t *plugin_count, const struct policy_info *table, struct error *err);

/*
 * A plugin is a shared object that exports
 *     const struct slabyard_plugin slabyard_plugin = { "page", &my_policy.info };
 */
struct slabyard_plugin {
	const char *kind;
	const struct policy_info *table;
};

#endif
