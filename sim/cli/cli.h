/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The command line: one file a subcommand, one table of them. Only this layer prints messages and
 * decides exit codes: 0 good, 1 the run failed, 2 bad usage or input.
 */
#ifndef SLABYARD_CLI_CLI_H
#define SLABYARD_CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/error.h"
#include "config/config.h"

enum exit_code { EXIT_GOOD = 0, EXIT_RUN_FAILED = 1, EXIT_BAD_INPUT = 2 };

struct command {
	const char *name;
	const char *usage; /* the line after "usage: slabyard " */
	const char *help;  /* one line for the overview */
	const char *text;  /* what --help prints below the usage */
	int (*main)(const struct command *command, int argc, char **argv);
};

#define COMMAND(name) extern const struct command name##_command;
#include "cli/commands.def"
#undef COMMAND

/* Prints "slabyard: MESSAGE" on standard error; the exit code that the error's kind asks for. */
int cli_fail(const struct error *err);

/* "slabyard COMMAND: MESSAGE" and where to find help; EXIT_BAD_INPUT. */
int cli_usage(const struct command *command, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* A long option; `letter` is its short form, or a number above 255 when it has none. */
struct cli_option {
	const char *name;
	bool takes_value;
	int letter;
};

/* Where the reading of a command's arguments stands. */
struct cli_arguments {
	const struct command *command;
	const struct cli_option *options; /* ends with a NULL name; --help (-h) is always there */
	bool ends_at_operand;             /* what follows the first operand is another program's */
	int argc;
	char **argv;
	const char *name;  /* of the option just returned, its long one */
	const char *value; /* of that option */
	int operand;       /* index in argv of the first argument that is no option, at the end */
};

enum { CLI_END = -1, CLI_HELP = -2, CLI_BAD = -3 };

/* The next option's letter (getopt_long underneath), CLI_END, CLI_HELP after help was printed, or
 * CLI_BAD after a complaint. */
int cli_next(struct cli_arguments *arguments);

/* An output must not replace what is still to be read: complains when both are one file, or the
 * output is one that a sweep's folder, the input, is made of. */
int cli_refuse_overwrite(const struct command *command, const char *option, const char *output,
			 const char *input);

/*
 * The file that a trace's name means (machine/trace_files.h): itself, or in path[] a bundled
 * recording or what stands in a folder. NULL with *err: there is none.
 */
const char *cli_find_trace(const char *name, char *path, size_t size, struct error *err);

/* True for a file that begins as results do. */
bool cli_is_result(const char *path);

/* Flushes standard output: a full disk or closed pipe is a failed run. */
int cli_flush(void);

#endif
