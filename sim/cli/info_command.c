/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <limits.h>
#include <string.h>

#include "cli/cli.h"
#include "machine/trace_input.h"
#include "results/read.h"
#include "trace/trace_info.h"

static const struct cli_option options[] = { { 0 } };

static int info_of_trace(const char *path)
{
	struct error err = { 0 };
	struct import_report report = { 0 };
	struct trace_cursor *trace =
		trace_input_open(path, NULL, SLABYARD_LEVEL_AUTO, &report, &err);
	if (!trace)
		return cli_fail(&err);
	struct trace_info info = { 0 };
	int result = trace_info_scan(&info, trace, &err);
	if (result == 0) {
		trace_info_print(stdout, &info, trace);
		trace_info_free(&info);
	}
	if (result == 0 && strcmp(trace->format, "syt") != 0)
		import_report_print(&report, stdout);
	trace->ops->close(trace);
	return result == 0 ? cli_flush() : cli_fail(&err);
}

static int info_of_result(const char *path)
{
	struct error err = { 0 };
	return result_info_print(stdout, path, &err) == 0 ? cli_flush() : cli_fail(&err);
}

static int info_main(const struct command *command, int argc, char **argv)
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
		return cli_usage(command, "takes one file to read");
	struct error err = { 0 };
	char found[PATH_MAX];
	const char *path = cli_find_trace(argv[arguments.operand], found, sizeof(found), &err);
	if (!path)
		return cli_fail(&err);
	return cli_is_result(path) ? info_of_result(path) : info_of_trace(path);
}

const struct command info_command = {
	.name = "info",
	.usage = "info FILE",
	.help = "tells what is in a trace or in a result",
	.text = "  FILE   a trace (tasks, caches, operations by kind, span, peak live bytes) or a "
		"result\n"
		"         (its summary); - is a trace on standard input\n",
	.main = info_main,
};
