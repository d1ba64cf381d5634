/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/shipped.h"
#include "cli/cli.h"
#include "cli/record_report.h"
#include "machine/recording.h"

enum { OPTION_FAULTS = 256, OPTION_NO_FORKS, OPTION_COMPRESS, NAME_BYTES = PATH_MAX + 64 };

static const struct cli_option options[] = {
	{ "output", true, 'o' },
	{ "faults", false, OPTION_FAULTS },
	{ "no-forks", false, OPTION_NO_FORKS },
	{ "compress", false, OPTION_COMPRESS },
	{ 0 },
};

struct record_arguments {
	const char *output;
	struct record_options record;
	struct syt_writer_options writer;
};

static int find_library(char path[PATH_MAX], struct error *err)
{
	char found[PATH_MAX];

	if (!shipped_library("libslabyard-record.so", found, sizeof(found)) ||
	    !realpath(found, path))
		return error_set(err, ERROR_RUN,
				 "libslabyard-record.so, which is preloaded, is not where this "
				 "program was installed");
	if (!strpbrk(path, ": "))
		return 0;
	return error_set(err, ERROR_RUN,
			 "%s: cannot be preloaded from a path with blanks or colons", path);
}

/* What the program's parent would have seen of it without us. */
static int end_like(int status)
{
	const struct rlimit no_core = { 0, 0 };

	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	/* The program has left its own core file, if it was to. */
	setrlimit(RLIMIT_CORE, &no_core);
	signal(WTERMSIG(status), SIG_DFL);
	raise(WTERMSIG(status));
	return 128 + WTERMSIG(status);
}

static int run_recorded(const struct record_arguments *a, struct recording *recording)
{
	const struct record_sink sink = recording_sink(recording);
	struct record_report report;
	struct error err = { 0 };

	if (record_run(&a->record, &sink, &report, &err) != 0) {
		const int code = cli_fail(&err);
		return report.status ? end_like(report.status) : code;
	}
	if (!report.attached) {
		fprintf(stderr,
			"slabyard: %s was run, but not recorded: it did not load the recorder's "
			"library\n",
			a->record.arguments[0]);
		return report.status ? end_like(report.status) : EXIT_RUN_FAILED;
	}
	record_report_print(stderr, recording, &report, a->record.faults);
	return end_like(report.status);
}

static int record(struct record_arguments *a)
{
	char library[PATH_MAX], name[NAME_BYTES];
	struct error err = { 0 };

	if (record_check(a->record.arguments[0], &err) || find_library(library, &err))
		return cli_fail(&err);
	a->record.library = library;
	if (!a->output) {
		const char *slash = strrchr(a->record.arguments[0], '/');

		snprintf(name, sizeof(name), "%s.%d.syt",
			 slash ? slash + 1 : a->record.arguments[0], (int)getpid());
		a->output = name;
	}
	struct recording *recording = recording_create(a->output, &a->writer, &err);

	if (!recording)
		return cli_fail(&err);
	const int code = run_recorded(a, recording);

	recording_destroy(recording);
	return code;
}

static void take_option(int letter, const char *value, struct record_arguments *a)
{
	if (letter == OPTION_FAULTS)
		a->record.faults = true;
	else if (letter == OPTION_NO_FORKS)
		a->record.leaves_out_forks = true;
	else if (letter == OPTION_COMPRESS)
		a->writer.compression_level = 1;
	else
		a->output = value;
}

static int record_main(const struct command *command, int argc, char **argv)
{
	struct record_arguments a = { 0 };
	struct cli_arguments arguments = { .command = command,
					   .options = options,
					   .ends_at_operand = true,
					   .argc = argc,
					   .argv = argv };

	for (int letter; (letter = cli_next(&arguments)) != CLI_END;) {
		if (letter == CLI_HELP)
			return cli_flush();
		if (letter == CLI_BAD)
			return EXIT_BAD_INPUT;
		take_option(letter, arguments.value, &a);
	}
	if (arguments.operand >= argc)
		return cli_usage(command, "takes a command to run");
	if (a.output && strcmp(a.output, "-") == 0)
		return cli_usage(command, "option '--output' takes a file: standard output is the "
					  "program's");
	a.record.arguments = argv + arguments.operand;
	return record(&a);
}

const struct command record_command = {
	.name = "record",
	.usage = "record [-o OUT.syt] [--faults] [--no-forks] [--compress] [--] COMMAND "
		 "[ARGUMENT...]",
	.help = "runs a program and records what it allocates",
	.text = "  -o, --output  trace to write (without it COMMAND.PID.syt, PID the recorder's "
		"own); the\n"
		"                processes that the program makes get traces of their own, "
		"OUT.PID.syt,\n"
		"                and the programs that one of them executes OUT.PID.2.syt and so "
		"on\n"
		"  --faults      page faults too, by perf_event_open(2)\n"
		"  --no-forks    forked processes are left out (their traces begin with all that\n"
		"                their parents had done); programs that they execute are not\n"
		"  --compress    blocks are zstd-compressed\n\n"
		"Records malloc and its like with what they returned, the break, mappings, "
		"threads, "
		"fork\n"
		"and exec, address for address and in order over all threads. Needs no rights, but "
		"a\n"
		"dynamically linked program of the GNU C library. Input, output, exit code and "
		"signals\n"
		"are the program's. What was recorded, and the time that it took, is printed on "
		"standard\n"
		"error at the end. If the recorder is killed, OUT.syt.tmp.PID holds what was "
		"recorded up\n"
		"to the last second, and the program goes on.\n",
	.main = record_main,
};
