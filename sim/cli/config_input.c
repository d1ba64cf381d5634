/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/config_input.h"

#include <string.h>
#include <unistd.h>

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

/* The shipped file of that name, else the name itself, so that the message is about it. */
static const char *find_file(const char *name, char *buffer, size_t size)
{
	static const char *const kinds[] = { "machines", "policies", "costs" };
	if (strchr(name, '/') || access(name, R_OK) == 0)
		return name;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (shipped_config(kinds[i], name, buffer, size))
			return buffer;
	return name;
}

struct config *config_input_read(const struct config_input *input, struct error *err)
{
	struct config *config = config_create(slabyard_config_schema(), err);
	char buffer[4096];
	int result = config ? 0 : -1;
	for (size_t i = 0; result == 0 && i < input->file_count; i++)
		result = config_read_file(config,
					  find_file(input->files[i], buffer, sizeof(buffer)), err);
	for (size_t i = 0; result == 0 && i < input->assignment_count; i++)
		result = config_set(config, input->assignments[i], err);
	if (result == 0)
		return config;
	if (config)
		config_destroy(config);
	return NULL;
}
