/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Configuration files: reading, `extends`, and giving each entry to the value that it names. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "config/config.h"
#include "config/values.h"
#include "config/yaml_entries.h"

enum { FILE_BYTES_MAX = 1 << 20 };

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

static const char *found(enum yaml_entry_kind kind)
{
	switch (kind) {
	case YAML_NOTHING:
		return "nothing";
	case YAML_MAPPING:
		return "a mapping";
	case YAML_LIST:
		return "a list";
	default:
		return "a value";
	}
}

static int check_kind(const struct yaml_entry *entry, const struct target *target,
		      struct error *err)
{
	bool value = target->kind == TARGET_POLICY || target->kind == TARGET_OPTION;
	if (entry->kind == (value ? YAML_SCALAR : YAML_MAPPING))
		return 0;
	return error_set(err, ERROR_INPUT, "expected %s, found %s",
			 value ? "a single value" : "a mapping", found(entry->kind));
}

/* Remembers where the entry stands; refuses the second of one name in one file. */
static int claim(struct config *config, const char *file, const struct yaml_entry *entry,
		 struct value_origin *origin, unsigned reading, struct error *err)
{
	char from[4096];
	if (origin->reading == reading)
		return error_set(err, ERROR_INPUT, "duplicate key, first at line %lu",
				 origin->line);
	origin->reading = reading;
	origin->line = entry->key_line;
	if (entry->kind != YAML_SCALAR)
		return 0;
	snprintf(from, sizeof(from), "%s:%lu", file, entry->key_line);
	origin->from = values_keep(config, from, err);
	return origin->from ? 0 : -1;
}

/* Located at the key when the name is wrong, at the value when that is. */
static int apply_entry(struct config *config, const char *file, const struct yaml_entry *entry,
		       unsigned reading, struct error *err)
{
	struct error what = { 0 };
	struct target target;
	if (target_find(config, entry->path, &target, &what) ||
	    claim(config, file, entry, target.origin, reading, &what))
		return error_at(err, file, entry->key_line, entry->key_column, entry->path, "%s",
				what.message);
	if (check_kind(entry, &target, &what) ||
	    (entry->kind == YAML_SCALAR && target_assign(config, &target, entry->text, &what)))
		return error_at(err, file, entry->value_line, entry->value_column, entry->path,
				"%s", what.message);
	return 0;
}

static bool is_extends(const struct yaml_entry *entry)
{
	return strcmp(entry->path, "extends") == 0;
}

static int apply_entries(struct config *config, const char *file,
			 const struct yaml_entries *entries, struct error *err)
{
	unsigned reading = ++config->readings;
	for (size_t i = 0; i < entries->count; i++)
		if (!is_extends(&entries->entry[i]) &&
		    apply_entry(config, file, &entries->entry[i], reading, err))
			return -1;
	return 0;
}

static int read_opened(struct config *config, const struct reading *reading,
		       const struct text *text, struct error *err);

static int refuse_extends(const char *file, const struct yaml_entry *entry, const char *name,
			  const char *what, struct error *err)
{
	return error_at(err, file, entry->value_line, entry->value_column, "extends", "%.256s%s%s",
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

static int read_base(struct config *config, const struct reading *by,
		     const struct yaml_entry *entry, struct error *err)
{
	struct error what = { 0 };
	struct reading base;
	struct text text = { 0 };
	char *path = base_path(by->path, entry->text);
	if (!path)
		return error_set(err, ERROR_RUN, "out of memory for the configuration");
	int status = read_text(path, &base, &text, &what);
	base.extended_by = by;
	if (status)
		refuse_extends(by->path, entry, entry->text, what.message, err);
	else if (is_being_read(&base, by))
		status = refuse_extends(
			by->path, entry, entry->text,
			"is being read already: files extend each other in a circle", err);
	else
		status = read_opened(config, &base, &text, err);
	free(text.bytes);
	free(path);
	return status;
}

static int read_bases(struct config *config, const struct reading *reading,
		      const struct yaml_entries *entries, struct error *err)
{
	const struct yaml_entry *first = NULL;
	for (size_t i = 0; i < entries->count; i++) {
		const struct yaml_entry *entry = &entries->entry[i];
		if (!is_extends(entry))
			continue;
		if (entry->kind == YAML_MAPPING || entry->kind == YAML_NOTHING)
			return refuse_extends(reading->path, entry, "",
					      "expected a file's name or a list of them", err);
		if (first && entry->kind != YAML_LIST_ITEM)
			return error_at(err, reading->path, entry->key_line, entry->key_column,
					"extends", "duplicate key, first at line %lu",
					first->key_line);
		first = first ? first : entry;
		if (entry->kind != YAML_LIST && read_base(config, reading, entry, err))
			return -1;
	}
	return 0;
}

static int read_opened(struct config *config, const struct reading *reading,
		       const struct text *text, struct error *err)
{
	struct yaml_entries entries;
	if (yaml_entries_read(reading->path, text->bytes, text->length, &entries, err))
		return -1;
	int status = read_bases(config, reading, &entries, err);
	if (!status)
		status = apply_entries(config, reading->path, &entries, err);
	yaml_entries_free(&entries);
	return status;
}

int config_read_file(struct config *config, const char *path, struct error *err)
{
	struct error what = { 0 };
	struct reading reading;
	struct text text = { 0 };
	int status = read_text(path, &reading, &text, &what);
	if (status)
		error_set(err, ERROR_INPUT, "%.512s: %s", path, what.message);
	else
		status = read_opened(config, &reading, &text, err);
	free(text.bytes);
	return status;
}
