/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading a configuration in two steps, for files that hold more than one: the file as a tree, then
 * what of the tree is configuration.
 */
#ifndef SLABYARD_CONFIG_CONFIG_TREE_H
#define SLABYARD_CONFIG_CONFIG_TREE_H

#include "config/config.h"
#include "config/yaml_tree.h"

/* *root: yaml_tree_free; NULL when nothing stands in the file. */
int config_file_tree(const char *path, struct yaml_node **root, struct error *err);

/* As config_read_file of a file that holds this tree. */
int config_read_tree(struct config *config, const char *path, const struct yaml_node *root,
		     struct error *err);

#endif
