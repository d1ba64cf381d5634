/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Configuration files: reading, `extends`, and giving each value to what its path names. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "config/config.h"
#include "config/config_tree.h"
#include "config/values.h"
#include "config/yaml_tree.h"

enum { FILE_BYTES_MAX = 1 << 20, KEY_MAX = 64 };

/* A file that is being read, and the one that extends it. */
struct reading {
	const char *path;
	dev_t device;
	ino_t inode;
	const struct reading *extended_by;
};

struct text {
	char *bytes;
	size_t length;
};

static int read_stream(FILE *file, struct text *text, struct error *err)
{
	text->bytes = malloc(FILE_BYTES_MAX + 1);
	if (!text->bytes)
		return error_set(err, ERROR_RUN, "out of memory");
	text->length = fread(text->bytes, 1, FILE_BYTES_MAX + 1, file);
	if (ferror(file))
		return error_set(err, ERROR_INPUT, "%s", strerror(errno));
	if (text->length > FILE_BYTES_MAX)
		return error_set(err, ERROR_INPUT, "larger than 1 MiB, no configuration is");
	return 0;
}

/* *err says what is wrong without the file's name. The caller frees text->bytes in any case. */
static int read_text(const char *path, struct reading *reading, struct text *text,
		     struct error *err)
{
	struct stat st;
	FILE *file = fopen(path, "rb");
	if (!file || fstat(fileno(file), &st)) {
		error_set(err, ERROR_INPUT, "%s", strerror(errno));
		if (file)
			fclose(file);
		return -1;
	}
	*reading = (struct reading){ .path = path, .device = st.st_dev, .inode = st.st_ino };
	int status = read_stream(file, text, err);
	fclose(file);
	return status;
}

static int check_kind(const struct yaml_node *node, const struct target *target, struct error *err)
{
	bool value = target->kind == TARGET_POLICY || target->kind == TARGET_OPTION;
	if (node->kind == (value ? YAML_SCALAR : YAML_MAPPING))
		return 0;
	return error_set(err, ERROR_INPUT, "expected %s, found %s",
			 value ? "a single value" : "a mapping", yaml_kind_name(node->kind));
}

/* Remembers where the node stands; refuses the second of one name in one file. */
static int claim(struct config *config, const char *file, const struct yaml_node *node,
		 struct value_origin *origin, unsigned reading, struct error *err)
{
	char from[4096];
	if (origin->reading == reading)
		return error_set(err, ERROR_INPUT, "duplicate key, first at line %lu",
				 origin->line);
	origin->reading = reading;
	origin->line = node->key_line;
	if (node->kind != YAML_SCALAR)
		return 0;
	snprintf(from, sizeof(from), "%s:%lu", file, node->key_line);
	origin->from = values_keep(config, from, err);
	return origin->from ? 0 : -1;
}

/* Located at the key when the name is wrong, at the value when that is. */
static int apply_node(struct config *config, const char *file, const char *path,
		      const struct yaml_node *node, unsigned reading, struct error *err)
{
	struct error what = { 0 };
	struct target target;
	if (target_find(config, path, &target, &what) ||
	    claim(config, file, node, target.origin, reading, &what))
		return error_at(err, file, node->key_line, node->key_column, path, "%s",
				what.message);
	if (check_kind(node, &target, &what) ||
	    (node->kind == YAML_SCALAR && target_assign(config, &target, node->text, &what)))
		return error_at(err, file, node->value_line, node->value_column, path, "%s",
				what.message);
	return 0;
}

static bool key_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-';
}

static const char *key_fault(const char *key)
{
	size_t length = strlen(key);
	if (!length || length > KEY_MAX)
		return "a key has 1 to 64 characters";
	for (; *key; key++)
		if (!key_char(*key))
			return *key == '.' ? "a key has no dot: nest the mappings instead"
					   : "a key is made of letters, digits, _ and -";
	return NULL;
}

static bool is_extends(const struct yaml_node *node)
{
	return strcmp(node->key, "extends") == 0;
}

static int apply_mapping(struct config *config, const char *file, const char *above,
			 const struct yaml_node *mapping, unsigned reading, struct error *err)
{
	char path[YAML_DEPTH_MAX * (KEY_MAX + 1)];
	for (const struct yaml_node *node = mapping->first; node; node = node->next) {
		const char *fault = key_fault(node->key);
		if (fault)
			return error_at(err, file, node->key_line, node->key_column,
					*above ? above : NULL, "%s", fault);
		if (!*above && is_extends(node))
			continue;
		snprintf(path, sizeof(path), "%s%s%s", above, *above ? "." : "", node->key);
		if (apply_node(config, file, path, node, reading, err) ||
		    (node->kind == YAML_MAPPING &&
		     apply_mapping(config, file, path, node, reading, err)))
			return -1;
	}
	return 0;
}

static int read_opened(struct config *config, const struct reading *reading,
		       const struct text *text, struct error *err);

static int refuse_extends(const char *file, const struct yaml_node *node, const char *what,
			  struct error *err)
{
	const char *name = node->text ? node->text : "";
	return error_at(err, file, node->value_line, node->value_column, "extends", "%.256s%s%s",
			name, *name ? ": " : "", what);
}

static bool is_being_read(const struct reading *base, const struct reading *reading)
{
	for (; reading; reading = reading->extended_by)
		if (reading->device == base->device && reading->inode == base->inode)
			return true;
	return false;
}

/* A relative name is relative to the folder of the file that extends it. */
static char *base_path(const char *file, const char *name)
{
	const char *slash = strrchr(file, '/');
	char *path = NULL;
	int folder = name[0] == '/' || !slash ? 0 : (int)(slash - file) + 1;
	return asprintf(&path, "%.*s%s", folder, file, name) < 0 ? NULL : path;
}

static int read_base(struct config *config, const struct reading *by, const struct yaml_node *node,
		     struct error *err)
{
	struct error what = { 0 };
	struct reading base;
	struct text text = { 0 };
	char *path = base_path(by->path, node->text);
	if (!path)
		return error_set(err, ERROR_RUN, "out of memory for the configuration");
	int status = read_text(path, &base, &text, &what);
	base.extended_by = by;
	if (status)
		refuse_extends(by->path, node, what.message, err);
	else if (is_being_read(&base, by))
		status = refuse_extends(
			by->path, node,
			"is being read already: files extend each other in a circle", err);
	else
		status = read_opened(config, &base, &text, err);
	free(text.bytes);
	free(path);
	return status;
}

/* A file's name or a list of them. */
static int read_bases(struct config *config, const struct reading *by, const struct yaml_node *node,
		      struct error *err)
{
	if (node->kind == YAML_SCALAR)
		return read_base(config, by, node, err);
	if (node->kind != YAML_LIST)
		return refuse_extends(by->path, node, "expected a file's name or a list of them",
				      err);
	for (const struct yaml_node *item = node->first; item; item = item->next) {
		if (item->kind != YAML_SCALAR)
			return refuse_extends(by->path, item, "a list holds plain values only",
					      err);
		if (read_base(config, by, item, err))
			return -1;
	}
	return 0;
}

static int read_all_bases(struct config *config, const struct reading *reading,
			  const struct yaml_node *root, struct error *err)
{
	const struct yaml_node *first = NULL;
	for (const struct yaml_node *node = root->first; node; node = node->next) {
		if (!is_extends(node))
			continue;
		if (first)
			return error_at(err, reading->path, node->key_line, node->key_column,
					"extends", "duplicate key, first at line %lu",
					first->key_line);
		first = node;
		if (read_bases(config, reading, node, err))
			return -1;
	}
	return 0;
}

static int read_root(struct config *config, const struct reading *reading,
		     const struct yaml_node *root, struct error *err)
{
	if (!root)
		return 0;
	if (root->kind != YAML_MAPPING)
		return error_at(err, reading->path, root->value_line, root->value_column, NULL,
				"a configuration is a mapping of sections");
	if (read_all_bases(config, reading, root, err))
		return -1;
	return apply_mapping(config, reading->path, "", root, ++config->readings, err);
}

static int read_opened(struct config *config, const struct reading *reading,
		       const struct text *text, struct error *err)
{
	struct yaml_node *root;
	if (yaml_tree_read(reading->path, text->bytes, text->length, &root, err))
		return -1;
	int status = read_root(config, reading, root, err);
	yaml_tree_free(root);
	return status;
}

/* Reads a file that nothing extends. */
static int read_top(const char *path, struct reading *reading, struct yaml_node **root,
		    struct error *err)
{
	struct error what = { 0 };
	struct text text = { 0 };
	*root = NULL;
	int status = read_text(path, reading, &text, &what);
	if (status)
		error_set(err, ERROR_INPUT, "%.512s: %s", path, what.message);
	else
		status = yaml_tree_read(path, text.bytes, text.length, root, err);
	free(text.bytes);
	return status;
}

int config_file_tree(const char *path, struct yaml_node **root, struct error *err)
{
	struct reading reading;
	return read_top(path, &reading, root, err);
}

int config_read_tree(struct config *config, const char *path, const struct yaml_node *root,
		     struct error *err)
{
	struct stat st;
	struct reading reading = { .path = path };
	if (stat(path, &st) == 0) {
		reading.device = st.st_dev;
		reading.inode = st.st_ino;
	}
	return read_root(config, &reading, root, err);
}

int config_read_file(struct config *config, const char *path, struct error *err)
{
	struct reading reading;
	struct yaml_node *root;
	int status = read_top(path, &reading, &root, err);
	if (!status)
		status = read_root(config, &reading, root, err);
	yaml_tree_free(root);
	return status;
}
