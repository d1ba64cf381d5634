/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What every policy's ops table starts with. A kind of policy (page, slab, cost, ...) is a folder
 * with one ops table type, a policies.def with one line a policy, and a registry made of it.
 */
#ifndef SLABYARD_CORE_POLICY_H
#define SLABYARD_CORE_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "core/option.h"

/* Changes when any ops table or a struct in it changes; a plugin must have been built with it. */
enum { POLICY_ABI = 6 };

/* Conformance tests consult these. */
enum policy_capability {
	POLICY_PLACES = 1 << 0,   /* decides addresses; never hands one out twice */
	POLICY_REUSES = 1 << 1,   /* freed memory can be had again */
	POLICY_USES_RNG = 1 << 2, /* draws random numbers with some options */
	POLICY_HAS_SLABS = 1 << 3,
	POLICY_RESTORES = 1 << 4, /* load() takes a recorded state */
	POLICY_SLABINFO =
		1 << 5, /* each cache has slabs of its own, as /proc/slabinfo lists them */
	POLICY_OWN_OBJECTS = 1 << 6, /* allocates objects for itself: services->note_own */
};

struct policy_info {
	uint32_t abi; /* POLICY_ABI */
	const char *name;
	const char *help; /* one line */
	uint32_t capabilities;
	const struct option_spec *options; /* ends with OPTION_END; NULL: none */
	size_t params_size;                /* of the struct that options fill; 0: none */
	/* POLICY_USES_RNG: does it with these options? NULL: always. */
	bool (*draws)(const void *params);
};

/* Tables that plugins brought, behind the built-in ones. */
enum { POLICY_PLUGINS_MAX = 16 };

struct policy_plugins {
	const struct policy_info *tables[POLICY_PLUGINS_MAX];
	size_t count;
};

/*
 * A kind: its name and its tables, made of policies.def in the .c file beside it
 * (sim/cost/registry.c is the shortest example). A table's info is its first member, so a pointer
 * to the info is one to the table.
 */
struct policy_kind {
	const char *name; /* "page", "slab", "cost", ... */
	const char *help;
	const char *default_policy; /* NULL: the input decides */
	const struct policy_info *const
		*tables; /* the built-in ones, in the order of policies.def */
	size_t table_count;
	struct policy_plugins *plugins; /* filled before the first configuration is made */
};

/* Built-in policies first, then plugins, numbered 0..policy_count - 1. */
size_t policy_count(const struct policy_kind *kind);
const struct policy_info *policy_at(const struct policy_kind *kind, size_t index);

/* The policy of that name, or NULL. */
const struct policy_info *policy_find(const struct policy_kind *kind, const char *name);

bool policy_is_default(const struct policy_kind *kind, const struct policy_info *info);

/* Adds a plugin's table; -1 when its ABI differs, its name is taken or there are too many. */
int policy_add(const struct policy_kind *kind, const struct policy_info *table, struct error *err);

/*
 * A plugin is a shared object that exports
 *     const struct slabyard_plugin slabyard_plugin = { "page", &my_policy.info };
 */
struct slabyard_plugin {
	const char *kind;
	const struct policy_info *table;
};

#endif
