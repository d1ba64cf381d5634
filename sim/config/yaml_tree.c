/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/yaml_tree.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

enum { PATH_MAX_BYTES = YAML_DEPTH_MAX * (YAML_KEY_MAX + 1) };

/* The node's place: the keys that lead to it, and where the last of them stands. */
struct place {
	char path[PATH_MAX_BYTES];
	const char *key; /* the last, in path; NULL: the root, or in a list */
	size_t length, depth;
	unsigned long key_line, key_column;
};

struct reader {
	yaml_parser_t parser;
	yaml_event_t event;
	const char *file, *text;
	size_t length;
	struct error *err;
};

static int refuse(struct reader *r, const struct place *place, const char *what)
{
	yaml_mark_t mark = r->event.start_mark;
	const char *path = place && place->length ? place->path : NULL;
	return error_at(r->err, r->file, mark.line + 1, mark.column + 1, path, "%s", what);
}

static int out_of_memory(struct reader *r)
{
	return error_set(r->err, ERROR_RUN, "%s: out of memory", r->file);
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
		return out_of_memory(r);
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

/* The node that the current event begins. */
static struct yaml_node *node_create(const struct reader *r, const struct place *place,
				     enum yaml_kind kind)
{
	struct yaml_node *node = calloc(1, sizeof(*node));
	if (!node)
		return NULL;
	node->kind = kind;
	node->key_line = place->key_line;
	node->key_column = place->key_column;
	node->value_line = r->event.start_mark.line + 1;
	node->value_column = r->event.start_mark.column + 1;
	node->key = place->key ? strdup(place->key) : NULL;
	if (!place->key || node->key)
		return node;
	free(node);
	return NULL;
}

/* Values are shown in one-line messages and written back: no control characters in them. */
static bool printable(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			return false;
	return true;
}

static int read_scalar(struct reader *r, const struct place *place, struct yaml_node **slot)
{
	const char *text = (const char *)r->event.data.scalar.value;
	size_t length = r->event.data.scalar.length;
	if (!printable(text, length))
		return refuse(r, place, "control character in the value");
	bool nothing = !length && r->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	struct yaml_node *node = node_create(r, place, nothing ? YAML_NOTHING : YAML_SCALAR);
	*slot = node;
	if (node && !nothing)
		node->text = strdup(text);
	return node && (nothing || node->text) ? 0 : out_of_memory(r);
}

static int read_node(struct reader *r, const struct place *place, struct yaml_node **slot);

static int read_list(struct reader *r, const struct place *place, struct yaml_node **slot)
{
	struct place inner = *place;
	if (inner.depth++ == YAML_DEPTH_MAX)
		return refuse(r, place, "nested too deeply");
	*slot = node_create(r, place, YAML_LIST);
	if (!*slot)
		return out_of_memory(r);
	inner.key = NULL;
	for (slot = &(*slot)->first;; slot = &(*slot)->next) {
		if (next(r))
			return -1;
		if (r->event.type == YAML_SEQUENCE_END_EVENT)
			return 0;
		if (read_node(r, &inner, slot))
			return -1;
	}
}

/* Lengthens the place by the key that the current event is. */
static int enter(struct reader *r, struct place *place)
{
	if (r->event.type != YAML_SCALAR_EVENT)
		return refuse(r, place, "a key is a plain name");
	const char *key = (const char *)r->event.data.scalar.value;
	size_t length = r->event.data.scalar.length;
	if (length > YAML_KEY_MAX || !printable(key, length))
		return refuse(r, place, "a key has up to 128 printable characters");
	if (place->depth == YAML_DEPTH_MAX)
		return refuse(r, place, "nested too deeply");
	if (place->length)
		place->path[place->length++] = '.';
	memcpy(place->path + place->length, key, length + 1);
	place->key = place->path + place->length;
	place->length += length;
	place->depth++;
	place->key_line = r->event.start_mark.line + 1;
	place->key_column = r->event.start_mark.column + 1;
	return 0;
}

static int read_mapping(struct reader *r, const struct place *place, struct yaml_node **slot)
{
	*slot = node_create(r, place, YAML_MAPPING);
	if (!*slot)
		return out_of_memory(r);
	for (slot = &(*slot)->first;; slot = &(*slot)->next) {
		if (next(r))
			return -1;
		if (r->event.type == YAML_MAPPING_END_EVENT)
			return 0;
		struct place inner = *place;
		if (enter(r, &inner) || next(r))
			return -1;
		if (read_node(r, &inner, slot))
			return -1;
	}
}

static int read_node(struct reader *r, const struct place *place, struct yaml_node **slot)
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
		return read_scalar(r, place, slot);
	if (event->type == YAML_SEQUENCE_START_EVENT)
		return read_list(r, place, slot);
	return read_mapping(r, place, slot);
}

static bool is_empty_scalar(const struct yaml_node *node)
{
	return node->kind == YAML_NOTHING || (node->kind == YAML_SCALAR && !*node->text);
}

static int read_stream(struct reader *r, struct yaml_node **root)
{
	static const struct place top;
	if (next(r) || next(r))
		return -1;
	if (r->event.type == YAML_STREAM_END_EVENT)
		return 0;
	if (next(r) || read_node(r, &top, root) || next(r) || next(r))
		return -1;
	if (r->event.type != YAML_STREAM_END_EVENT)
		return refuse(r, NULL, "a second document: a file holds one");
	return 0;
}

int yaml_tree_read(const char *file, const char *text, size_t length, struct yaml_node **root,
		   struct error *err)
{
	struct reader r = { .file = file, .text = text, .length = length, .err = err };
	*root = NULL;
	if (!yaml_parser_initialize(&r.parser))
		return out_of_memory(&r);
	yaml_parser_set_input_string(&r.parser, (const unsigned char *)text, length);
	int status = read_stream(&r, root);
	yaml_event_delete(&r.event);
	yaml_parser_delete(&r.parser);
	if (status || (*root && is_empty_scalar(*root))) {
		yaml_tree_free(*root);
		*root = NULL;
	}
	return status;
}

void yaml_tree_free(struct yaml_node *node)
{
	while (node) {
		struct yaml_node *beside = node->next;
		yaml_tree_free(node->first);
		free(node->key);
		free(node->text);
		free(node);
		node = beside;
	}
}

const struct yaml_node *yaml_child(const struct yaml_node *mapping, const char *key)
{
	for (const struct yaml_node *node = mapping->first; node; node = node->next)
		if (node->key && strcmp(node->key, key) == 0)
			return node;
	return NULL;
}

const char *yaml_kind_name(enum yaml_kind kind)
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
