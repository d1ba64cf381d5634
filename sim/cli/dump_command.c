/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <limits.h>

#include "cli/cli.h"
#include "machine/trace_input.h"
#include "trace/syt.h"

static const struct cli_option options[] = { { 0 } };

static int dump(const char *path)
{
	struct error err = { 0 };
	struct trace_cursor *trace = trace_input_open(path, NULL, SLABYARD_LEVEL_AUTO, NULL, &err);
	if (!trace)
		return cli_fail(&err);
	int result = trace_dump(trace, stdout, &err);
	trace->ops->close(trace);
	return result < 0 ? cli_fail(&err) : cli_flush();
}

static int dump_main(const struct command *command, int argc, char **argv)
{
	struct cli_arguments arguments = {
		.command = command, .options = options, .argc = argc, .argv = argv
	};
	int letter = cli_next(&arguments);
	if (letter == CLI_HELP)
		return cli_flush();
	if (letter == CLI_BAD)
		return EXIT_BAD_INPUT;
	if (arguments.operand + 1 != argc)
		return cli_usage(command, "takes one trace to read");
	struct error err = { 0 };
	char path[PATH_MAX];
	const char *trace = cli_find_trace(argv[arguments.operand], path, sizeof(path), &err);
	return trace ? dump(trace) : cli_fail(&err);
}

const struct command dump_command = {
	.name = "dump",
	.usage = "dump TRACE",
	.help = "prints a trace's records as text that import reads again",
	.text = "  TRACE   .syt or text trace; - is standard input\n",
	.main = dump_main,
};
