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
	fputs("\n  slabyard COMMAND --help   what a command takes\n"
	      "  slabyard --version        version\n"
	      "  slabyard --plugin FILE    loads a policy from a shared object first\n",
	      out);
}

static int unknown_command(const char *name)
{
	struct suggestion near = { .word = name };
	for (size_t i = 0; i < COMMANDS; i++)
		suggest_consider(&near, commands[i]->name);
	fprintf(stderr, "slabyard: unknown command '%s'", name);
	if (near.best)
		fprintf(stderr, ", did you mean '%s'?", near.best);
	fprintf(stderr, " (see slabyard --help)\n");
	return EXIT_BAD_INPUT;
}

static int run_command_named(int argc, char **argv)
{
	for (size_t i = 0; i < COMMANDS; i++)
		if (strcmp(commands[i]->name, argv[0]) == 0)
			return commands[i]->main(commands[i], argc, argv);
	return unknown_command(argv[0]);
}

/* Global options stand before the command. Returns -1 to go on, else the exit code. */
static int global_option(const char *name, const char *value, int *taken)
{
	*taken = 1;
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
		print_overview(stdout);
		return cli_flush();
	}
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
