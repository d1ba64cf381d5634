/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A YAML file as a flat list: every node under its dotted path, with where it stands. This is the
 * only file that knows libyaml. What a configuration does not need is refused with a message that
 * says so: anchors, aliases, tags, several documents, keys that are not plain names.
 */
#ifndef SLABYARD_CONFIG_YAML_ENTRIES_H
#define SLABYARD_CONFIG_YAML_ENTRIES_H

#include <stddef.h>

#include "base/error.h"

enum yaml_entry_kind {
	YAML_SCALAR,
	YAML_NOTHING, /* a key with no value behind it */
	YAML_MAPPING,
	YAML_LIST,
	YAML_LIST_ITEM, /* a scalar in a list; path is the list's */
};

struct yaml_entry {
	enum yaml_entry_kind kind;
	char *path;
	char *text;                             /* YAML_SCALAR and YAML_LIST_ITEM, else NULL */
	unsigned long key_line, key_column;     /* 1-based */
	unsigned long value_line, value_column; /* 1-based */
};

/* In the order of the file; a mapping or list stands before what is in it. */
struct yaml_entries {
	struct yaml_entry *entry;
	size_t count, capacity;
};

/* `file` names the file in messages. On error the list is empty. */
int yaml_entries_read(const char *file, const char *text, size_t length,
		      struct yaml_entries *entries, struct error *err);
void yaml_entries_free(struct yaml_entries *entries);

#endif
