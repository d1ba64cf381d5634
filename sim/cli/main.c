/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/suggest.h"
#include "cli/cli.h"
#include "cli/plugins.h"

static const struct command *const commands[] = {
#define COMMAND(name) &name##_command,
#include "cli/commands.def"
#undef COMMAND
};

enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

int cli_fail(const struct error *err)
{
	fprintf(stderr, "slabyard: %s\n", err->message);
	return err->kind == ERROR_RUN ? EXIT_RUN_FAILED : EXIT_BAD_INPUT;
}

int cli_usage(const struct command *command, const char *format, ...)
{
	va_list args;
	fprintf(stderr, "slabyard %s: ", command->name);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, " (see slabyard %s --help)\n", command->name);
	return EXIT_BAD_INPUT;
}

int cli_flush(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return EXIT_GOOD;
	fprintf(stderr, "slabyard: cannot write to standard output\n");
	return EXIT_RUN_FAILED;
}

static void print_overview(FILE *out)
{
	fputs("usage: slabyard [--plugin FILE]... COMMAND [OPTION...]\n\n"
	      "Replays memory allocation traces against a model of the Linux memory stack.\n\n",
	      out);
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(out, "  %-8s %s\n", commands[i]->name, commands[i]->help);
	fputs("\n  slabyard help COMMAND     what a command takes, as COMMAND --help\n"
	      "  slabyard --version        version\n"
	      "  slabyard --plugin FILE    loads a policy from a shared object first\n",
	      out);
}

static int unknown_command(const char *name)
{
	struct suggestion near = { .word = name };
	for (size_t i = 0; i < COMMANDS; i++)
		suggest_consider(&near, commands[i]->name);
	suggest_consider(&near, "help");
	fprintf(stderr, "slabyard: unknown command '%s'", name);
	if (near.best)
		fprintf(stderr, ", did you mean '%s'?", near.best);
	fprintf(stderr, " (see slabyard --help)\n");
	return EXIT_BAD_INPUT;
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < COMMANDS; i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}

static int print_help(void)
{
	print_overview(stdout);
	return cli_flush();
}

/* `help COMMAND` is COMMAND --help. */
static int help_with(int argc, char **argv)
{
	if (argc == 1 || strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0)
		return print_help();
	if (argc > 2) {
		fprintf(stderr, "slabyard help: one COMMAND is enough (see slabyard --help)\n");
		return EXIT_BAD_INPUT;
	}
	const struct command *command = find_command(argv[1]);
	char *arguments[] = { argv[1], "--help", NULL };
	return command ? command->main(command, 2, arguments) : unknown_command(argv[1]);
}

static int run_command_named(int argc, char **argv)
{
	const struct command *command = find_command(argv[0]);
	if (command)
		return command->main(command, argc, argv);
	if (strcmp(argv[0], "help") == 0)
		return help_with(argc, argv);
	return unknown_command(argv[0]);
}

/* Global options stand before the command. Returns -1 to go on, else the exit code. */
static int global_option(const char *name, const char *value, int *taken)
{
	*taken = 1;
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
		return print_help();
	if (strcmp(name, "--version") == 0) {
		printf("slabyard %s\n", slabyard_version());
		return cli_flush();
	}
	if (strncmp(name, "--plugin=", 9) == 0)
		return plugin_load_now(name + 9);
	if (strcmp(name, "--plugin") == 0 && value) {
		*taken = 2;
		return plugin_load_now(value);
	}
	if (strcmp(name, "--plugin") == 0)
		fprintf(stderr,
			"slabyard: option '--plugin' needs a value (see slabyard --help)\n");
	else
		fprintf(stderr, "slabyard: unknown option '%s' (see slabyard --help)\n", name);
	return EXIT_BAD_INPUT;
}

int main(int argc, char **argv)
{
	int at = 1;
	while (at < argc && argv[at][0] == '-') {
		int taken, code = global_option(argv[at], argv[at + 1], &taken);
		if (code >= 0)
			return code;
		at += taken;
	}
	if (at < argc)
		return run_command_named(argc - at, argv + at);
	print_overview(stderr);
	return EXIT_BAD_INPUT;
}
