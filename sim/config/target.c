/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/values.h"

#include <stdio.h>
#include <string.h>

#include "base/suggest.h"

enum { NAME_MAX_BYTES = 80, LISTED_MAX = 12 };

/* The names that may stand at one place, for the message about one that may not. */
struct names {
	struct suggestion nearest;
	char list[LISTED_MAX * NAME_MAX_BYTES];
	size_t count;
};

static void names_add(struct names *names, const char *name)
{
	suggest_consider(&names->nearest, name);
	size_t used = strlen(names->list);
	if (names->count++ < LISTED_MAX)
		snprintf(names->list + used, sizeof(names->list) - used, "%s%.64s",
			 used ? ", " : "", name);
}

static int names_refuse(const struct names *names, const char *what, struct error *err)
{
	if (names->nearest.best)
		return error_set(err, ERROR_INPUT, "%s \"%s\" (did you mean %s?)", what,
				 names->nearest.word, names->nearest.best);
	if (!names->count)
		return error_set(err, ERROR_INPUT, "%s \"%s\", nothing can be set here", what,
				 names->nearest.word);
	return error_set(err, ERROR_INPUT, "%s \"%s\", known: %s%s", what, names->nearest.word,
			 names->list, names->count > LISTED_MAX ? ", ..." : "");
}

static int refuse_section(const struct config *config, const char *name, struct error *err)
{
	struct names names = { .nearest.word = name };
	for (size_t i = 0; i < config->section_count; i++)
		names_add(&names, config->sections[i].schema->name);
	return names_refuse(&names, "unknown section", err);
}

static int refuse_key(const struct value_section *section, const char *name, struct error *err)
{
	struct names names = { .nearest.word = name };
	if (section->schema->kind)
		names_add(&names, "policy");
	for (size_t i = 0; i < section->own.option_count; i++)
		names_add(&names, section->own.options[i].name);
	for (size_t i = 0; i < section->policy_count; i++)
		names_add(&names, section->policies[i].name);
	return names_refuse(&names, "unknown key", err);
}

static int refuse_option(const struct value_group *group, const char *name, struct error *err)
{
	struct names names = { .nearest.word = name };
	for (size_t i = 0; i < group->option_count; i++)
		names_add(&names, group->options[i].name);
	return names_refuse(&names, "unknown option", err);
}

static int refuse_policy(const struct value_section *section, const char *name, struct error *err)
{
	struct names names = { .nearest.word = name };
	for (size_t i = 0; i < section->policy_count; i++)
		names_add(&names, section->policies[i].name);
	return names_refuse(&names, "unknown policy", err);
}

static bool find_option(struct value_group *group, const char *name, struct target *target)
{
	for (size_t i = 0; i < group->option_count; i++) {
		if (strcmp(group->options[i].name, name) != 0)
			continue;
		target->kind = TARGET_OPTION;
		target->group = group;
		target->option = i;
		target->origin = &group->origins[i];
		return true;
	}
	return false;
}

static bool find_group(struct value_section *section, const char *name, struct target *target)
{
	for (size_t i = 0; i < section->policy_count; i++) {
		if (strcmp(section->policies[i].name, name) != 0)
			continue;
		target->kind = TARGET_GROUP;
		target->group = &section->policies[i];
		target->origin = &section->policies[i].mapping;
		return true;
	}
	return false;
}

/* "policy", an option of the section's own, or a policy's name. */
static bool find_key(struct value_section *section, const char *name, struct target *target)
{
	if (section->schema->kind && strcmp(name, "policy") == 0) {
		target->kind = TARGET_POLICY;
		target->origin = &section->choice;
		return true;
	}
	return find_option(&section->own, name, target) || find_group(section, name, target);
}

static bool find_section(struct config *config, const char *name, struct target *target)
{
	for (size_t i = 0; i < config->section_count; i++) {
		struct value_section *section = &config->sections[i];
		if (strcmp(section->schema->name, name) != 0)
			continue;
		target->kind = TARGET_SECTION;
		target->section = section;
		target->origin = &section->mapping;
		return true;
	}
	return false;
}

int target_find(struct config *config, const char *path, struct target *target, struct error *err)
{
	char part[3][NAME_MAX_BYTES] = { "", "", "" };
	size_t parts = 0;
	for (const char *at = path; at; parts++) {
		size_t length = strcspn(at, ".");
		if (parts < 3)
			snprintf(part[parts], NAME_MAX_BYTES, "%.*s", (int)length, at);
		at = at[length] ? at + length + 1 : NULL;
	}
	*target = (struct target){ 0 };
	if (!find_section(config, part[0], target))
		return refuse_section(config, part[0], err);
	if (parts == 1)
		return 0;
	if (!find_key(target->section, part[1], target))
		return refuse_key(target->section, part[1], err);
	if (parts == 2)
		return 0;
	if (target->kind != TARGET_GROUP)
		return error_set(err, ERROR_INPUT, "%s is a value, nothing stands below it",
				 part[1]);
	if (!find_option(target->group, part[2], target))
		return refuse_option(target->group, part[2], err);
	if (parts > 3)
		return error_set(err, ERROR_INPUT, "%s is a value, nothing stands below it",
				 part[2]);
	return 0;
}

static int choose_policy(struct value_section *section, const char *name, struct error *err)
{
	struct target found;
	if (!find_group(section, name, &found))
		return refuse_policy(section, name, err);
	section->chosen = (size_t)(found.group - section->policies);
	return 0;
}

int target_assign(struct config *config, const struct target *target, const char *text,
		  struct error *err)
{
	if (target->kind == TARGET_POLICY)
		return choose_policy(target->section, text, err);
	if (target->kind != TARGET_OPTION)
		return error_set(err, ERROR_INPUT, "names a group of values, not one of them");
	const char *kept = values_keep(config, text, err);
	if (!kept)
		return -1;
	return option_parse(&target->group->options[target->option], kept, target->group->params,
			    err);
}
