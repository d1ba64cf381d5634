/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/config.h"

#include <stdlib.h>
#include <string.h>

#include "config/values.h"
#include "core/assert.h"

static int out_of_memory(struct error *err)
{
	return error_set(err, ERROR_RUN, "out of memory for the configuration");
}

const char *values_keep(struct config *config, const char *text, struct error *err)
{
	const char *copy = text_pool_add(&config->strings, text);
	if (!copy)
		out_of_memory(err);
	return copy;
}

static size_t options_count(const struct option_spec *options)
{
	size_t count = 0;
	while (options && options[count].name)
		count++;
	return count;
}

static int group_init(struct value_group *group, const char *name,
		      const struct option_spec *options, size_t params_size, struct error *err)
{
	group->name = name;
	group->options = options;
	group->option_count = options_count(options);
	/* calloc of nothing may give NULL, which is no error here. */
	group->params = calloc(1, params_size ? params_size : 1);
	group->origins = calloc(group->option_count + 1, sizeof(*group->origins));
	if (!group->params || !group->origins)
		return out_of_memory(err);
	for (size_t i = 0; i < group->option_count; i++)
		group->origins[i].from = "default";
	if (options)
		option_defaults(options, group->params);
	return 0;
}

static int policies_init(struct value_section *section, const struct policy_kind *kind,
			 struct error *err)
{
	size_t count = policy_count(kind);
	section->policies = calloc(count + 1, sizeof(*section->policies));
	if (!section->policies)
		return out_of_memory(err);
	section->policy_count = count;
	section->chosen = count;
	for (size_t i = 0; i < count; i++) {
		const struct policy_info *info = policy_at(kind, i);
		if (group_init(&section->policies[i], info->name, info->options, info->params_size,
			       err))
			return -1;
		if (policy_is_default(kind, info))
			section->chosen = i;
	}
	SIM_ASSERT(section->chosen < count);
	return 0;
}

static int section_init(struct value_section *section, const struct config_section *schema,
			struct error *err)
{
	section->schema = schema;
	section->choice.from = "default";
	if (group_init(&section->own, NULL, schema->options, schema->params_size, err))
		return -1;
	return schema->kind ? policies_init(section, schema->kind, err) : 0;
}

struct config *config_create(const struct config_schema *schema, struct error *err)
{
	size_t count = 0;
	while (schema->sections[count].name)
		count++;
	struct config *config = calloc(1, sizeof(*config));
	struct value_section *sections = calloc(count + 1, sizeof(*sections));
	if (!config || !sections) {
		free(config);
		free(sections);
		out_of_memory(err);
		return NULL;
	}
	config->sections = sections;
	config->section_count = count;
	for (size_t i = 0; i < count; i++) {
		if (section_init(&sections[i], &schema->sections[i], err)) {
			config_destroy(config);
			return NULL;
		}
	}
	return config;
}

static void group_free(struct value_group *group)
{
	free(group->params);
	free(group->origins);
}

void config_destroy(struct config *config)
{
	if (!config)
		return;
	for (size_t i = 0; i < config->section_count; i++) {
		struct value_section *section = &config->sections[i];
		group_free(&section->own);
		for (size_t k = 0; k < section->policy_count; k++)
			group_free(&section->policies[k]);
		free(section->policies);
	}
	text_pool_free(&config->strings);
	free(config->sections);
	free(config);
}

/* Sections are named by the program, so one that is not there is the program's mistake. */
static const struct value_section *section_named(const struct config *config, const char *name)
{
	const struct value_section *found = NULL;
	for (size_t i = 0; i < config->section_count && !found; i++)
		if (strcmp(config->sections[i].schema->name, name) == 0)
			found = &config->sections[i];
	SIM_ASSERT(found);
	return found;
}

const void *config_params(const struct config *config, const char *section)
{
	return section_named(config, section)->own.params;
}

const struct policy_info *config_policy(const struct config *config, const char *section,
					const void **params)
{
	const struct value_section *found = section_named(config, section);
	SIM_ASSERT(found->schema->kind);
	if (params)
		*params = found->policies[found->chosen].params;
	return policy_at(found->schema->kind, found->chosen);
}

int config_assign(struct config *config, const char *path, const char *value, const char *from,
		  struct error *err)
{
	struct target target;
	const char *kept = values_keep(config, from, err);
	if (!kept || target_find(config, path, &target, err) ||
	    target_assign(config, &target, value, err))
		return -1;
	target.origin->from = kept;
	return 0;
}

int config_value(struct config *config, const char *path, char *buffer, size_t size,
		 struct error *err)
{
	struct target target;
	if (target_find(config, path, &target, err))
		return -1;
	if (target.kind == TARGET_POLICY)
		snprintf(buffer, size, "%s", target.section->policies[target.section->chosen].name);
	else if (target.kind == TARGET_OPTION)
		option_format(&target.group->options[target.option], target.group->params, buffer,
			      size);
	else
		return error_set(err, ERROR_INPUT, "names a group of values, not one of them");
	return 0;
}

const struct option_spec *config_option(struct config *config, const char *path)
{
	struct target target;
	if (target_find(config, path, &target, NULL) || target.kind != TARGET_OPTION)
		return NULL;
	return &target.group->options[target.option];
}

struct sought {
	const char *path;
	bool is_set;
};

static void seek(void *context, const char *path, const char *value, const char *from, bool used)
{
	struct sought *sought = context;
	(void)value;
	(void)used;
	if (strcmp(path, sought->path) == 0)
		sought->is_set = strcmp(from, "default") != 0;
}

bool config_is_set(const struct config *config, const char *path)
{
	struct sought sought = { .path = path };
	config_visit(config, seek, &sought);
	return sought.is_set;
}

static int refuse_assignment(const char *assignment, const char *what, struct error *err)
{
	return error_set(err, ERROR_INPUT, "--set %.256s: %s", assignment, what);
}

static bool has_control(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return true;
	return false;
}

int config_set(struct config *config, const char *assignment, struct error *err)
{
	struct error what = { 0 };
	if (has_control(assignment))
		return refuse_assignment("...", "control character in the argument", err);
	const char *equals = strchr(assignment, '=');
	if (!equals || equals == assignment)
		return refuse_assignment(assignment, "expected PATH=VALUE", err);
	char *path = strndup(assignment, (size_t)(equals - assignment));
	if (!path)
		return out_of_memory(err);
	int status = config_assign(config, path, equals + 1, "--set", &what);
	free(path);
	return status ? refuse_assignment(assignment, what.message, err) : 0;
}
