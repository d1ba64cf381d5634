/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/run_option.h"

#include <string.h>

int cli_option_take(const struct cli_arguments *arguments, const struct option_spec *option,
		    void *params)
{
	struct error err = { 0 };

	if (option->type == OPTION_TEXT || option->type == OPTION_FILE)
		memcpy((char *)params + option->offset, &arguments->value,
		       sizeof(arguments->value));
	else if (option_parse(option, arguments->value, params, &err) != 0)
		return cli_usage(arguments->command, "option '--%s' %s", arguments->name,
				 err.message);
	return EXIT_GOOD;
}

int run_option_take(const struct cli_arguments *arguments, struct slabyard_run *run)
{
	char name[32];

	snprintf(name, sizeof(name), "%s", arguments->name);
	for (char *dash; (dash = strchr(name, '-'));)
		*dash = '_';
	return cli_option_take(arguments, option_find(slabyard_run_options, name), run);
}
