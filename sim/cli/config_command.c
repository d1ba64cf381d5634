/* SPDX-License-Identifier: GPL-3.0-or-later */
/* slabyard config: checks a configuration, shows it whole, or shows what one may hold. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/config_input.h"
#include "slabyard.h"

enum { OPTION_SET = 256, OPTION_CHECK, OPTION_RESOLVED, OPTION_SCHEMA };

static const struct cli_option arguments_known[] = {
	{ "config", true, 'c' },
	{ "set", true, OPTION_SET },
	{ "check", false, OPTION_CHECK },
	{ "resolved", false, OPTION_RESOLVED },
	{ "schema", false, OPTION_SCHEMA },
	{ 0 },
};

/* What stands in a configuration and changes nothing is no error, but worth a line. */
static void report_unread(void *context, const char *path, const char *value, const char *from,
			  bool used)
{
	(void)context;
	if (!used)
		printf("%s: %s = %s is not read: its policy is not the chosen one\n", from, path,
		       value);
}

static int show(const struct config_input *input, int what)
{
	struct error err = { 0 };
	if (what == OPTION_SCHEMA) {
		config_print_schema(slabyard_config_schema(), stdout);
		return cli_flush();
	}
	struct config *config = config_input_read(input, &err);
	if (!config)
		return cli_fail(&err);
	if (what == OPTION_RESOLVED)
		config_print_resolved(config, stdout);
	else
		config_visit(config, report_unread, NULL);
	config_destroy(config);
	return cli_flush();
}

static int config_main(const struct command *command, int argc, char **argv)
{
	struct cli_arguments arguments = {
		.command = command, .options = arguments_known, .argc = argc, .argv = argv
	};
	struct config_input input = { 0 };
	struct error err = { 0 };
	int what = 0, letter, status = 0;
	while ((letter = cli_next(&arguments)) != CLI_END && !status) {
		if (letter == CLI_HELP)
			return cli_flush();
		if (letter == CLI_BAD)
			return EXIT_BAD_INPUT;
		if (letter == 'c')
			status = config_input_file(&input, arguments.value, &err);
		else if (letter == OPTION_SET)
			status = config_input_set(&input, arguments.value, &err);
		else if (what && what != letter)
			return cli_usage(command,
					 "one of --check, --resolved and --schema at a time");
		else
			what = letter;
	}
	if (status)
		return cli_fail(&err);
	if (arguments.operand < argc)
		return cli_usage(command, "'%s' is not an option: files are named with -c",
				 argv[arguments.operand]);
	if (!what)
		return cli_usage(command, "one of --check, --resolved and --schema is needed");
	return show(&input, what);
}

const struct command config_command = {
	.name = "config",
	.usage = "config [-c CONFIG]... [--set PATH=VALUE]... --check | --resolved | --schema",
	.help = "checks a configuration, or shows it whole",
	.text = "  -c, --config CONFIG    a configuration file; later ones win over earlier ones\n"
		"      --set PATH=VALUE   one value, as machine.memory=1GiB; wins over files\n"
		"      --check            exit 0 when it is good; says what is set and not read\n"
		"      --resolved         every value and where it came from, as YAML\n"
		"      --schema           JSON Schema of what a configuration may hold\n",
	.main = config_main,
};
