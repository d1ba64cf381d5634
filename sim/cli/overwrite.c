/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <sys/stat.h>

#include "cli/cli.h"
#include "sweep/folder.h"

static bool is_same_file(const char *a, const char *b)
{
	struct stat first, second;
	return stat(a, &first) == 0 && stat(b, &second) == 0 && S_ISREG(first.st_mode) &&
	       first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

int cli_refuse_overwrite(const struct command *command, const char *option, const char *output,
			 const char *input)
{
	if (!output || !input)
		return EXIT_GOOD;
	if (is_same_file(output, input))
		return cli_usage(command, "option '%s' would replace '%s', which is read", option,
				 input);
	if (folder_owns(input, output))
		return cli_usage(command, "option '%s' would replace '%s', which is the sweep's",
				 option, output);
	return EXIT_GOOD;
}
