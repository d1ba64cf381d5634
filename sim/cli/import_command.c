/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <limits.h>
#include <string.h>

#include "cli/cli.h"
#include "machine/trace_copy.h"
#include "machine/trace_input.h"
#include "machine/true_caches.h"

enum { OPTION_FORMAT = 256, OPTION_LEVEL, OPTION_COMPRESS, OPTION_CACHES };

static const struct cli_option options[] = {
	{ "format", true, OPTION_FORMAT },
	{ "level", true, OPTION_LEVEL },
	{ "compress", false, OPTION_COMPRESS },
	{ "caches", true, OPTION_CACHES },
	{ "output", true, 'o' },
	{ 0 },
};

struct import_arguments {
	const char *input, *output, *format, *caches;
	enum slabyard_level level;
	struct syt_writer_options writer;
};

static int import(const struct import_arguments *a)
{
	struct error err = { 0 };
	struct import_report report = { 0 };
	struct true_caches *caches = NULL;
	struct trace_cursor *trace = NULL;
	if (!a->caches || true_caches_open(&caches, a->caches, NULL, &err) == 0)
		trace = trace_input_open_with(a->input, a->format, a->level,
					      caches ? true_caches_definitions(caches) : NULL,
					      &report, &err);
	true_caches_close(caches);
	if (!trace)
		return cli_fail(&err);
	int result = trace_copy(trace, &report, a->output, &a->writer, &err);
	bool text = strcmp(trace->format, "syt") != 0;
	/* With the trace on standard output the report would stand inside it. */
	if (result == 0 && text)
		import_report_print(&report, strcmp(a->output, "-") == 0 ? stderr : stdout);
	trace->ops->close(trace);
	return result == 0 ? cli_flush() : cli_fail(&err);
}

static int take_level(const struct command *command, const char *text, enum slabyard_level *level)
{
	static const char *const names[] = { "auto", "page", "slab" };
	for (int i = 0; i < 3; i++) {
		if (strcmp(text, names[i]) == 0) {
			*level = (enum slabyard_level)i;
			return EXIT_GOOD;
		}
	}
	return cli_usage(command, "option '--level' takes auto, page or slab, is '%s'", text);
}

static int take_option(const struct command *command, int letter, const char *value,
		       struct import_arguments *a)
{
	if (letter == OPTION_LEVEL)
		return take_level(command, value, &a->level);
	if (letter == OPTION_FORMAT)
		a->format = value;
	else if (letter == OPTION_CACHES)
		a->caches = value;
	else if (letter == OPTION_COMPRESS)
		a->writer.compression_level = 3;
	else
		a->output = value;
	return EXIT_GOOD;
}

static int import_main(const struct command *command, int argc, char **argv)
{
	struct import_arguments a = { 0 };
	struct cli_arguments arguments = {
		.command = command, .options = options, .argc = argc, .argv = argv
	};
	for (int letter; (letter = cli_next(&arguments)) != CLI_END;) {
		if (letter == CLI_HELP)
			return cli_flush();
		int code = letter == CLI_BAD ? EXIT_BAD_INPUT
					     : take_option(command, letter, arguments.value, &a);
		if (code != EXIT_GOOD)
			return code;
	}
	if (arguments.operand + 1 != argc)
		return cli_usage(command, "takes one trace to read");
	if (!a.output)
		return cli_usage(command, "option '--output' (-o) is missing");
	struct error err = { 0 };
	char path[PATH_MAX];
	a.input = cli_find_trace(argv[arguments.operand], path, sizeof(path), &err);
	if (!a.input)
		return cli_fail(&err);
	int code = cli_refuse_overwrite(command, "--output", a.output, a.input);
	if (code == EXIT_GOOD)
		code = cli_refuse_overwrite(command, "--output", a.output, a.caches);
	return code == EXIT_GOOD ? import(&a) : code;
}

const struct command import_command = {
	.name = "import",
	.usage = "import [--format FORMAT] [--level auto|page|slab] [--compress] IN -o OUT.syt",
	.help = "turns what a tracing tool wrote into a .syt trace",
	.text = "  IN               what ftrace, trace-cmd report, perf script, ltrace, strace, "
		"heaptrack,\n"
		"                   valgrind, mtrace, LTTng or bpftrace print of allocations, or "
		"text\n"
		"                   written by hand; zstd or gzip compressed or not; - is standard "
		"input\n"
		"  -o, --output     trace to write; - is standard output\n"
		"  --format FORMAT  one of slabyard list format; guessed from the content without "
		"it\n"
		"  --level LEVEL    page: page events only, none is taken for an effect of slab\n"
		"  --caches MAP     which cache each call site allocates from (slabyard caches) is "
		"kept\n"
		"                   with the trace\n"
		"  --compress       blocks are zstd-compressed\n\n"
		"Prints what was not taken as it stood: events left out, frees of unknown "
		"pointers, ...\n",
	.main = import_main,
};
