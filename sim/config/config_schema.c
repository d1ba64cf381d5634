/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What may be configured, as a JSON Schema for editors and other programs. */
#include <string.h>

#include "base/json.h"
#include "config/config.h"

/* `scale` turns the stored unit into the written one. */
static void print_range(struct json *j, const struct option_spec *option, double scale)
{
	char number[64];
	if (option->min == 0 && option->max == 0) {
		if (option->type != OPTION_INT && option->type != OPTION_REAL)
			json_raw_member(j, "minimum", "0");
		return;
	}
	snprintf(number, sizeof(number), "%.17g", option->min / scale);
	json_raw_member(j, "minimum", number);
	snprintf(number, sizeof(number), "%.17g", option->max / scale);
	json_raw_member(j, "maximum", number);
}

static void print_one_of(struct json *j, const char *const *words)
{
	json_key(j, "enum");
	json_open(j, '[');
	for (; *words; words++) {
		json_next(j);
		json_string(j, *words);
	}
	json_close(j, ']');
}

/* A whole number, or a text of which `keyword` says what it must be. */
static void print_integer_or(struct json *j, const struct option_spec *option, const char *keyword,
			     const char *value)
{
	json_key(j, "anyOf");
	json_open(j, '[');
	json_next(j);
	json_open(j, '{');
	json_member(j, "type", "integer");
	print_range(j, option, 1);
	json_close(j, '}');
	json_next(j);
	json_open(j, '{');
	if (strcmp(keyword, "pattern") == 0)
		json_member(j, "type", "string");
	json_member(j, keyword, value);
	json_close(j, '}');
	json_close(j, ']');
}

static void print_type(struct json *j, const struct option_spec *option)
{
	if (option_may_be_unset(option)) {
		print_integer_or(j, option, "const", OPTION_UNSET_WORD);
		return;
	}
	switch (option->type) {
	case OPTION_BOOL:
		json_member(j, "type", "boolean");
		break;
	case OPTION_INT:
	case OPTION_UINT:
		json_member(j, "type", "integer");
		print_range(j, option, 1);
		break;
	case OPTION_REAL:
		json_member(j, "type", "number");
		print_range(j, option, 1);
		break;
	case OPTION_PRICE:
		json_member(j, "type", "number");
		print_range(j, option, 1000);
		break;
	case OPTION_SIZE:
		print_integer_or(j, option, "pattern", "^[0-9]+(\\.[0-9]+)? ?(B|KiB|MiB|GiB|TiB)$");
		break;
	case OPTION_DURATION:
		json_member(j, "type", "string");
		json_member(j, "pattern", "^[0-9]+(\\.[0-9]+)? ?(ns|us|ms|s)$");
		break;
	case OPTION_CHOICE:
		print_one_of(j, option->choices);
		break;
	case OPTION_TEXT:
	case OPTION_FILE:
		json_member(j, "type", "string");
		break;
	}
}

/* The default as option_format writes it, which is what JSON takes for a number or boolean. */
static void print_default(struct json *j, const struct option_spec *option)
{
	struct option_spec alone = *option;
	uint64_t value[2] = { 0 };
	char text[256];
	alone.offset = 0;
	option_parse(&alone, option->default_text, value, NULL);
	option_format(&alone, value, text, sizeof(text));
	switch (option_may_be_unset(option) ? OPTION_TEXT : option->type) {
	case OPTION_BOOL:
	case OPTION_INT:
	case OPTION_UINT:
	case OPTION_REAL:
	case OPTION_PRICE:
		json_raw_member(j, "default", text);
		break;
	default:
		json_member(j, "default", text);
	}
}

static void print_option(struct json *j, const struct option_spec *option)
{
	json_key(j, option->name);
	json_open(j, '{');
	json_key(j, "description");
	if (option->unit && *option->unit) {
		char text[512];
		snprintf(text, sizeof(text), "%s (%s)", option->help, option->unit);
		json_string(j, text);
	} else {
		json_string(j, option->help);
	}
	print_type(j, option);
	print_default(j, option);
	json_close(j, '}');
}

static void print_options(struct json *j, const struct option_spec *options)
{
	for (; options && options->name; options++)
		print_option(j, options);
}

/* "null" without quotes is a null to JSON, and the policy of that name to a configuration. */
static void print_policy_choice(struct json *j, const struct policy_kind *kind)
{
	json_key(j, "policy");
	json_open(j, '{');
	json_member(j, "description", kind->help);
	json_key(j, "enum");
	json_open(j, '[');
	for (size_t i = 0; i < policy_count(kind); i++) {
		json_next(j);
		json_string(j, policy_at(kind, i)->name);
		if (strcmp(policy_at(kind, i)->name, "null") == 0) {
			json_next(j);
			fputs("null", j->out);
		}
	}
	json_close(j, ']');
	json_member(j, "default", kind->default_policy);
	json_close(j, '}');
}

static void open_object(struct json *j, const char *description)
{
	json_open(j, '{');
	json_member(j, "description", description);
	json_member(j, "type", "object");
	json_raw_member(j, "additionalProperties", "false");
	json_key(j, "properties");
	json_open(j, '{');
}

static void close_object(struct json *j)
{
	json_close(j, '}');
	json_close(j, '}');
}

static void print_section(struct json *j, const struct config_section *section)
{
	json_key(j, section->name);
	open_object(j, section->help);
	if (section->kind)
		print_policy_choice(j, section->kind);
	print_options(j, section->options);
	for (size_t i = 0; section->kind && i < policy_count(section->kind); i++) {
		const struct policy_info *info = policy_at(section->kind, i);
		json_key(j, info->name);
		open_object(j, info->help);
		print_options(j, info->options);
		close_object(j);
	}
	close_object(j);
}

static void print_extends(struct json *j)
{
	json_key(j, "extends");
	json_open(j, '{');
	json_member(j, "description",
		    "files that this one adds to, relative to it; later ones win over earlier");
	json_raw_member(j, "anyOf",
			"[{\"type\": \"string\"}, "
			"{\"type\": \"array\", \"items\": {\"type\": \"string\"}}]");
	json_close(j, '}');
}

void config_print_schema(const struct config_schema *schema, FILE *out)
{
	struct json j = { .out = out };
	json_open(&j, '{');
	json_member(&j, "$schema", "https://json-schema.org/draft/2020-12/schema");
	json_member(&j, "title", "Slabyard configuration");
	json_member(&j, "type", "object");
	json_raw_member(&j, "additionalProperties", "false");
	json_key(&j, "properties");
	json_open(&j, '{');
	print_extends(&j);
	for (const struct config_section *section = schema->sections; section->name; section++)
		print_section(&j, section);
	close_object(&j);
	fputc('\n', out);
}
