/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The configuration written out: as YAML with origins, as plain lines, and value by value. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config/config.h"
#include "config/values.h"

enum { VALUE_MAX = 4096, PATH_BYTES_MAX = 256, ORIGIN_COLUMN = 40 };

/* Values of a group that is not in use are told only when something set them. */
static bool value_is_shown(const struct value_section *section, const struct value_group *group,
			   size_t option)
{
	bool used = !group->name || group == &section->policies[section->chosen];
	return used || strcmp(group->origins[option].from, "default") != 0;
}

static bool group_is_shown(const struct value_section *section, const struct value_group *group)
{
	for (size_t i = 0; i < group->option_count; i++)
		if (value_is_shown(section, group, i))
			return true;
	return false;
}

/* Words that some YAML readers take for a null or a boolean. */
static bool word_is_special(const char *text)
{
	static const char *const words[] = { "null", "true", "false", "yes", "no",
					     "on",   "off",  "y",     "n" };
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasecmp(text, words[i]) == 0)
			return true;
	return false;
}

static bool is_plain_word(const char *text)
{
	if (!isalpha((unsigned char)text[0]) || word_is_special(text))
		return false;
	for (const char *at = text; *at; at++)
		if (!isalnum((unsigned char)*at) && !strchr("_-./", *at))
			return false;
	return true;
}

/* Returns how many columns were filled. */
static int print_word(FILE *out, const char *text)
{
	if (is_plain_word(text))
		return fprintf(out, "%s", text);
	int width = fprintf(out, "\"");
	for (; *text; text++)
		width += fprintf(out, "%s%c", *text == '"' || *text == '\\' ? "\\" : "", *text);
	return width + fprintf(out, "\"");
}

static int print_value(FILE *out, enum option_type type, const char *text)
{
	if (type == OPTION_TEXT || type == OPTION_FILE || type == OPTION_CHOICE)
		return print_word(out, text);
	return fprintf(out, "%s", text);
}

/* A comment is one line, whatever a file is called. */
static void print_origin(FILE *out, int column, const char *from)
{
	fprintf(out, "%*s# ", column < ORIGIN_COLUMN ? ORIGIN_COLUMN - column : 1, "");
	for (; *from; from++)
		fputc(iscntrl((unsigned char)*from) ? '?' : *from, out);
	fputc('\n', out);
}

static void print_group(FILE *out, const struct value_section *section,
			const struct value_group *group, const char *indent)
{
	char text[VALUE_MAX];
	for (size_t i = 0; i < group->option_count; i++) {
		if (!value_is_shown(section, group, i))
			continue;
		const struct option_spec *option = &group->options[i];
		option_format(option, group->params, text, sizeof(text));
		int column = fprintf(out, "%s%s: ", indent, option->name);
		column += print_value(out, option->type, text);
		print_origin(out, column, group->origins[i].from);
	}
}

static bool section_is_empty(const struct value_section *section)
{
	return !section->own.option_count && !section->schema->kind;
}

static void print_section(FILE *out, const struct value_section *section)
{
	fprintf(out, "%s:%s\n", section->schema->name, section_is_empty(section) ? " {}" : "");
	if (section->schema->kind) {
		int column = fprintf(out, "  policy: ");
		column += print_word(out, section->policies[section->chosen].name);
		print_origin(out, column, section->choice.from);
	}
	print_group(out, section, &section->own, "  ");
	for (size_t i = 0; i < section->policy_count; i++) {
		const struct value_group *group = &section->policies[i];
		if (!group_is_shown(section, group))
			continue;
		fputs("  ", out);
		print_word(out, group->name);
		fprintf(out, ":%s\n", i == section->chosen ? "" : " # not read: not the policy");
		print_group(out, section, group, "    ");
	}
}

void config_print_resolved(const struct config *config, FILE *out)
{
	for (size_t i = 0; i < config->section_count; i++)
		print_section(out, &config->sections[i]);
}

/* What config_visit calls, with its context. */
struct visitor {
	void (*visit)(void *context, const char *path, const char *value, const char *from,
		      bool used);
	void *context;
};

static void visit_group(const struct value_section *section, const struct value_group *group,
			const struct visitor *v)
{
	char path[PATH_BYTES_MAX], text[VALUE_MAX];
	bool used = !group->name || group == &section->policies[section->chosen];
	for (size_t i = 0; i < group->option_count; i++) {
		if (!value_is_shown(section, group, i))
			continue;
		const struct option_spec *option = &group->options[i];
		snprintf(path, sizeof(path), "%s%s%s.%s", section->schema->name,
			 group->name ? "." : "", group->name ? group->name : "", option->name);
		v->visit(v->context, path, option_format(option, group->params, text, sizeof(text)),
			 group->origins[i].from, used);
	}
}

static void visit_section(const struct value_section *section, const struct visitor *v)
{
	char path[PATH_BYTES_MAX];
	if (section->schema->kind) {
		snprintf(path, sizeof(path), "%s.policy", section->schema->name);
		v->visit(v->context, path, section->policies[section->chosen].name,
			 section->choice.from, true);
	}
	visit_group(section, &section->own, v);
	for (size_t i = 0; i < section->policy_count; i++)
		visit_group(section, &section->policies[i], v);
}

void config_visit(const struct config *config,
		  void (*visit)(void *context, const char *path, const char *value,
				const char *from, bool used),
		  void *context)
{
	struct visitor v = { visit, context };
	for (size_t i = 0; i < config->section_count; i++)
		visit_section(&config->sections[i], &v);
}

static void print_line(void *context, const char *path, const char *value, const char *from,
		       bool used)
{
	(void)from;
	(void)used;
	fprintf(context, "%s: %s\n", path, value);
}

char *config_text(const struct config *config)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	if (!out)
		return NULL;
	config_visit(config, print_line, out);
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}
