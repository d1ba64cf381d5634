/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/config_input.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/paths.h"
#include "base/shipped.h"

static int add(const char **list, size_t *count, const char *what, const char *value,
	       struct error *err)
{
	if (*count == CONFIG_INPUT_MAX)
		return error_set(err, ERROR_INPUT, "%s: given more than %d times", what,
				 CONFIG_INPUT_MAX);
	list[(*count)++] = value;
	return 0;
}

int config_input_file(struct config_input *input, const char *path, struct error *err)
{
	return add(input->files, &input->file_count, "-c", path, err);
}

int config_input_set(struct config_input *input, const char *assignment, struct error *err)
{
	return add(input->assignments, &input->assignment_count, "--set", assignment, err);
}

int config_input_take(struct config_input *input, int letter, const char *value)
{
	struct error err = { 0 };
	int result = letter == 'c' ? config_input_file(input, value, &err)
				   : config_input_set(input, value, &err);
	return result == 0 ? EXIT_GOOD : cli_fail(&err);
}

/* Folders of shipped configurations. */
static const char *const kinds[] = { "machines", "policies", "costs" };

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static void list_shipped(const char *kind, char *list, size_t size)
{
	char path[4096];
	glob_t found = { 0 };
	size_t used = strlen(list);
	if (!shipped_configs(kind, path, sizeof(path)))
		return;
	if (glob(path, 0, NULL, &found) == 0)
		for (size_t i = 0; i < found.gl_pathc && used < size; i++) {
			const char *name = path_base(found.gl_pathv[i]);
			used += (size_t)snprintf(list + used, size - used, "%s%.*s",
						 used ? " " : "", (int)strcspn(name, "."), name);
		}
	globfree(&found);
}

static int refuse(const char *name, const char *list, struct error *err)
{
	return error_set(err, ERROR_INPUT, "%.256s: No such file or directory (shipped ones: %s)",
			 name, *list ? list : "none");
}

int config_input_refuse(const char *name, const char *kind, struct error *err)
{
	char list[512] = "";
	list_shipped(kind, list, sizeof(list));
	return refuse(name, list, err);
}

static int refuse_file(const char *name, struct error *err)
{
	char list[512] = "";
	for (size_t i = 0; i < KINDS; i++)
		list_shipped(kinds[i], list, sizeof(list));
	return refuse(name, list, err);
}

/* The shipped file of that name, else the name itself, so that the message is about it. */
static const char *find_file(const char *name, char *buffer, size_t size)
{
	if (strchr(name, '/') || access(name, R_OK) == 0)
		return name;
	for (size_t i = 0; i < KINDS; i++)
		if (shipped_config(kinds[i], name, buffer, size))
			return buffer;
	return name;
}

struct config *config_input_read(const struct config_input *input, struct error *err)
{
	struct config *config = config_create(slabyard_config_schema(), err);
	char buffer[4096];
	int result = config ? 0 : -1;
	for (size_t i = 0; result == 0 && i < input->file_count; i++) {
		const char *file = find_file(input->files[i], buffer, sizeof(buffer));
		result = access(file, F_OK) != 0 && errno == ENOENT
				 ? refuse_file(file, err)
				 : config_read_file(config, file, err);
	}
	for (size_t i = 0; result == 0 && i < input->assignment_count; i++)
		result = config_set(config, input->assignments[i], err);
	if (result == 0)
		return config;
	if (config)
		config_destroy(config);
	return NULL;
}

static void tell_unread(void *context, const char *path, const char *value, const char *from,
			bool used)
{
	char choice[64], chosen[64];
	if (used || strcmp(from, "--set") != 0)
		return;
	snprintf(choice, sizeof(choice), "%.*s.policy", (int)strcspn(path, "."), path);
	if (config_value(context, choice, chosen, sizeof(chosen), NULL) == 0)
		fprintf(stderr, "slabyard: --set %s=%s is not read: %s is %s\n", path, value,
			choice, chosen);
}

void config_input_tell_unread(struct config *config)
{
	config_visit(config, tell_unread, config);
}
