/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a configuration holds: for every section its own options, and for every policy of its kind
 * that policy's options, each set with its filled parameter struct.
 */
#ifndef SLABYARD_CONFIG_VALUES_H
#define SLABYARD_CONFIG_VALUES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text_pool.h"
#include "config/config.h"

/* Where a value came from, or where a mapping was last seen. */
struct value_origin {
	const char *from;   /* "default", "FILE:LINE" or "--set" */
	unsigned reading;   /* the reading of a file that set it, 0: none */
	unsigned long line; /* in that file */
};

/* A set of options that fill one struct. */
struct value_group {
	const char *name; /* the policy's; NULL for a section's own options */
	const struct option_spec *options;
	size_t option_count;
	void *params;
	struct value_origin *origins; /* one an option */
	struct value_origin mapping;
};

struct value_section {
	const struct config_section *schema;
	struct value_group own;
	struct value_group *policies; /* in the order of the kind's registry */
	size_t policy_count;
	size_t chosen;
	struct value_origin choice, mapping;
};

struct config {
	struct value_section *sections;
	size_t section_count;
	struct text_pool strings;
	unsigned readings;
};

/* A copy of text that lives as long as the configuration; NULL and *err when memory is out. */
const char *values_keep(struct config *config, const char *text, struct error *err);

enum target_kind { TARGET_SECTION, TARGET_GROUP, TARGET_POLICY, TARGET_OPTION };

/* What a path names. */
struct target {
	enum target_kind kind;
	struct value_section *section;
	struct value_group *group; /* TARGET_GROUP, TARGET_OPTION */
	size_t option;             /* TARGET_OPTION: index into group->options */
	struct value_origin *origin;
};

/* *err says what is wrong without a location, with the nearest known name. */
int target_find(struct config *config, const char *path, struct target *target, struct error *err);

/* Gives the policy or option that target is a value; as target_find for *err. */
int target_assign(struct config *config, const struct target *target, const char *text,
		  struct error *err);

#endif
