/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/yaml_entries.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

enum { KEY_MAX = 64, DEPTH_MAX = 8, PATH_MAX_BYTES = DEPTH_MAX * (KEY_MAX + 1) };

/* The node's place: its path, and the key that it stands behind. */
struct place {
	char path[PATH_MAX_BYTES];
	size_t length, depth;
	unsigned long key_line, key_column;
};

struct reader {
	yaml_parser_t parser;
	yaml_event_t event;
	const char *file, *text;
	size_t length;
	struct yaml_entries *entries;
	struct error *err;
};

static int refuse(struct reader *r, const struct place *place, const char *what)
{
	yaml_mark_t mark = r->event.start_mark;
	const char *path = place && place->length ? place->path : NULL;
	return error_at(r->err, r->file, mark.line + 1, mark.column + 1, path, "%s", what);
}

/* libyaml's own words for this common mistake name neither tab nor indentation. */
static bool tab_indents(const struct reader *r, size_t line)
{
	const char *at = r->text, *end = r->text + r->length;
	for (; line && at; line--) {
		at = memchr(at, '\n', (size_t)(end - at));
		at = at ? at + 1 : NULL;
	}
	while (at && at < end && *at == ' ')
		at++;
	return at && at < end && *at == '\t';
}

static int syntax_error(struct reader *r)
{
	const yaml_parser_t *p = &r->parser;
	if (p->error == YAML_MEMORY_ERROR)
		return error_set(r->err, ERROR_RUN, "%s: out of memory", r->file);
	if (p->error == YAML_READER_ERROR)
		return error_set(r->err, ERROR_INPUT, "%s: byte %zu: %s", r->file,
				 p->problem_offset, p->problem);
	yaml_mark_t mark = p->problem_mark;
	if (tab_indents(r, mark.line))
		return error_at(r->err, r->file, mark.line + 1, mark.column + 1, NULL,
				"tab in the indentation: YAML takes spaces");
	return error_at(r->err, r->file, mark.line + 1, mark.column + 1, NULL, "%s%s%s", p->problem,
			p->context ? " " : "", p->context ? p->context : "");
}

static int next(struct reader *r)
{
	yaml_event_delete(&r->event);
	return yaml_parser_parse(&r->parser, &r->event) ? 0 : syntax_error(r);
}

static struct yaml_entry *entry_add(struct yaml_entries *entries)
{
	if (entries->count == entries->capacity) {
		size_t capacity = entries->capacity ? entries->capacity * 2 : 32;
		struct yaml_entry *grown =
			reallocarray(entries->entry, capacity, sizeof(*entries->entry));
		if (!grown)
			return NULL;
		entries->entry = grown;
		entries->capacity = capacity;
	}
	struct yaml_entry *entry = &entries->entry[entries->count++];
	*entry = (struct yaml_entry){ 0 };
	return entry;
}

static int record(struct reader *r, const struct place *place, enum yaml_entry_kind kind,
		  const char *text)
{
	struct yaml_entry *entry = entry_add(r->entries);
	if (!entry)
		return error_set(r->err, ERROR_RUN, "%s: out of memory", r->file);
	entry->kind = kind;
	entry->path = strdup(place->path);
	entry->text = text ? strdup(text) : NULL;
	entry->key_line = place->key_line;
	entry->key_column = place->key_column;
	entry->value_line = r->event.start_mark.line + 1;
	entry->value_column = r->event.start_mark.column + 1;
	if (!entry->path || (text && !entry->text))
		return error_set(r->err, ERROR_RUN, "%s: out of memory", r->file);
	return 0;
}

/* Values are shown in one-line messages and written back: no control characters in them. */
static bool printable(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			return false;
	return true;
}

static int read_scalar(struct reader *r, const struct place *place, enum yaml_entry_kind kind)
{
	const char *text = (const char *)r->event.data.scalar.value;
	size_t length = r->event.data.scalar.length;
	if (!printable(text, length))
		return refuse(r, place, "control character in the value");
	bool nothing = !length && r->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	if (nothing && kind == YAML_SCALAR)
		return record(r, place, YAML_NOTHING, NULL);
	return record(r, place, kind, text);
}

static int read_list(struct reader *r, const struct place *place)
{
	if (record(r, place, YAML_LIST, NULL))
		return -1;
	for (;;) {
		if (next(r))
			return -1;
		if (r->event.type == YAML_SEQUENCE_END_EVENT)
			return 0;
		if (r->event.type != YAML_SCALAR_EVENT)
			return refuse(r, place, "a list holds plain values only");
		if (r->event.data.scalar.anchor || r->event.data.scalar.tag)
			return refuse(r, place, "anchors and tags are not supported");
		if (read_scalar(r, place, YAML_LIST_ITEM))
			return -1;
	}
}

static bool key_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '-';
}

/* Lengthens the place by the key that the current event is. */
static int enter(struct reader *r, struct place *place)
{
	if (r->event.type != YAML_SCALAR_EVENT)
		return refuse(r, place, "a key is a plain name");
	const char *key = (const char *)r->event.data.scalar.value;
	size_t length = r->event.data.scalar.length;
	if (!length || length > KEY_MAX)
		return refuse(r, place, "a key has 1 to 64 characters");
	for (size_t i = 0; i < length; i++)
		if (!key_char(key[i]))
			return refuse(r, place,
				      key[i] == '.' ? "a key has no dot: nest the mappings instead"
						    : "a key is made of letters, digits, _ and -");
	if (place->depth == DEPTH_MAX)
		return refuse(r, place, "nested too deeply");
	if (place->length)
		place->path[place->length++] = '.';
	memcpy(place->path + place->length, key, length + 1);
	place->length += length;
	place->depth++;
	place->key_line = r->event.start_mark.line + 1;
	place->key_column = r->event.start_mark.column + 1;
	return 0;
}

static int read_node(struct reader *r, const struct place *place);

static int read_mapping(struct reader *r, const struct place *place)
{
	if (place->length && record(r, place, YAML_MAPPING, NULL))
		return -1;
	for (;;) {
		if (next(r))
			return -1;
		if (r->event.type == YAML_MAPPING_END_EVENT)
			return 0;
		struct place inner = *place;
		if (enter(r, &inner) || next(r) || read_node(r, &inner))
			return -1;
	}
}

static int read_node(struct reader *r, const struct place *place)
{
	const yaml_event_t *event = &r->event;
	if (event->type == YAML_ALIAS_EVENT)
		return refuse(r, place, "aliases are not supported: use extends");
	const yaml_char_t *anchor, *tag;
	if (event->type == YAML_SCALAR_EVENT) {
		anchor = event->data.scalar.anchor;
		tag = event->data.scalar.tag;
	} else if (event->type == YAML_SEQUENCE_START_EVENT) {
		anchor = event->data.sequence_start.anchor;
		tag = event->data.sequence_start.tag;
	} else {
		anchor = event->data.mapping_start.anchor;
		tag = event->data.mapping_start.tag;
	}
	if (anchor || tag)
		return refuse(r, place, "anchors and tags are not supported");
	if (event->type == YAML_SCALAR_EVENT)
		return read_scalar(r, place, YAML_SCALAR);
	if (event->type == YAML_SEQUENCE_START_EVENT)
		return read_list(r, place);
	return read_mapping(r, place);
}

/* The node of the document, whose start event is the current one. */
static int read_document(struct reader *r)
{
	static const struct place top;
	if (next(r))
		return -1;
	if (r->event.type == YAML_SCALAR_EVENT && !r->event.data.scalar.length)
		return next(r);
	if (r->event.type != YAML_MAPPING_START_EVENT)
		return refuse(r, NULL, "a configuration is a mapping of sections");
	return read_node(r, &top) || next(r) ? -1 : 0;
}

static int read_stream(struct reader *r)
{
	if (next(r) || next(r))
		return -1;
	if (r->event.type == YAML_STREAM_END_EVENT)
		return 0;
	if (read_document(r) || next(r))
		return -1;
	if (r->event.type != YAML_STREAM_END_EVENT)
		return refuse(r, NULL, "a second document: a file holds one");
	return 0;
}

int yaml_entries_read(const char *file, const char *text, size_t length,
		      struct yaml_entries *entries, struct error *err)
{
	struct reader r = {
		.file = file, .text = text, .length = length, .entries = entries, .err = err
	};
	*entries = (struct yaml_entries){ 0 };
	if (!yaml_parser_initialize(&r.parser))
		return error_set(err, ERROR_RUN, "%s: out of memory", file);
	yaml_parser_set_input_string(&r.parser, (const unsigned char *)text, length);
	int status = read_stream(&r);
	yaml_event_delete(&r.event);
	yaml_parser_delete(&r.parser);
	if (status)
		yaml_entries_free(entries);
	return status;
}

void yaml_entries_free(struct yaml_entries *entries)
{
	for (size_t i = 0; i < entries->count; i++) {
		free(entries->entry[i].path);
		free(entries->entry[i].text);
	}
	free(entries->entry);
	*entries = (struct yaml_entries){ 0 };
}
