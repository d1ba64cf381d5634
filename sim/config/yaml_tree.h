/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A YAML file as a tree of nodes that know where they stand. Only yaml_tree.c knows libyaml. What
 * nothing here needs is refused with a message that says so: anchors, aliases, tags, several
 * documents, keys that are no plain names.
 */
#ifndef SLABYARD_CONFIG_YAML_TREE_H
#define SLABYARD_CONFIG_YAML_TREE_H

#include <stddef.h>

#include "base/error.h"

enum yaml_kind {
	YAML_SCALAR,
	YAML_NOTHING, /* a key with no value behind it */
	YAML_MAPPING,
	YAML_LIST,
};

struct yaml_node {
	enum yaml_kind kind;
	char *key;                          /* that it stands behind, NULL: in a list, the root */
	char *text;                         /* YAML_SCALAR, else NULL */
	unsigned long key_line, key_column; /* 1-based; of the list in a list */
	unsigned long value_line, value_column; /* 1-based */
	struct yaml_node *first, *next; /* what is in it; what is beside it, in file order */
};

enum { YAML_DEPTH_MAX = 8, YAML_KEY_MAX = 128 };

/*
 * The document's node, NULL in *root when the text holds none. `file` names it in messages.
 * Duplicate keys are left to the caller, who knows what they are.
 */
int yaml_tree_read(const char *file, const char *text, size_t length, struct yaml_node **root,
		   struct error *err);
void yaml_tree_free(struct yaml_node *root);

/* The child behind that key, or NULL. */
const struct yaml_node *yaml_child(const struct yaml_node *mapping, const char *key);

/* "a list", "nothing", ... for messages. */
const char *yaml_kind_name(enum yaml_kind kind);

#endif
