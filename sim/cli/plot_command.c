/* SPDX-License-Identifier: GPL-3.0-or-later */
/* slabyard plot: hands its arguments to analysis/plot.py. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/shipped.h"
#include "cli/cli.h"

/* As analysis/plot.py takes them; what they are given is its business. */
static const struct cli_option options[] = {
	{ "output", true, 'o' },
	{ "width", true, 256 },
	{ "style", true, 257 },
	{ "zone", true, 258 },
	{ "operation", true, 259 },
	{ "where", true, 260 },
	{ "baseline", true, 261 },
	{ "report", true, 262 },
	{ "with", true, 263 },
	{ "mark", true, 264 },
	{ 0 },
};

/* Debian's own, for which h5py and matplotlib are packaged; another may come first in PATH. */
static const char debian_python[] = "/usr/bin/python3";

static int exec_python(const char *script, int argc, char **argv)
{
	const char *python = access(debian_python, X_OK) == 0 ? debian_python : "python3";
	const char **arguments = calloc((size_t)argc + 3, sizeof(*arguments));
	struct error err = { 0 };
	size_t count = 0;
	if (!arguments) {
		error_set(&err, ERROR_RUN, "out of memory");
		return cli_fail(&err);
	}
	arguments[count++] = python;
	arguments[count++] = "-B"; /* nothing is written beside the scripts */
	arguments[count++] = script;
	for (int i = 1; i < argc; i++)
		arguments[count++] = argv[i];
	execvp(python, (char **)(uintptr_t)arguments);
	error_set(&err, ERROR_RUN,
		  "%s: %s: figures are drawn with Python, on Debian: apt-get "
		  "install python3-h5py python3-matplotlib",
		  python, strerror(errno));
	free(arguments);
	return cli_fail(&err);
}

static int plot_main(const struct command *command, int argc, char **argv)
{
	char program[PATH_MAX], script[PATH_MAX];
	struct error err = { 0 };
	struct cli_arguments arguments = {
		.command = command, .options = options, .argc = argc, .argv = argv
	};
	for (int letter; (letter = cli_next(&arguments)) != CLI_END;)
		if (letter == CLI_HELP || letter == CLI_BAD)
			return letter == CLI_HELP ? cli_flush() : EXIT_BAD_INPUT;
	if (arguments.operand == argc)
		return cli_usage(command,
				 "takes results of runs, a merged file or a sweep's folder");
	if (!shipped_analysis("plot.py", script, sizeof(script))) {
		error_set(&err, ERROR_RUN, "analysis/plot.py is not where it was installed");
		return cli_fail(&err);
	}
	if (shipped_program(program, sizeof(program)))
		setenv("SLABYARD", program, 1);
	setenv("SLABYARD_COMMAND", "slabyard plot", 1);
	return exec_python(script, argc, argv);
}

const struct command plot_command = {
	.name = "plot",
	.usage = "plot [FIGURE] RESULT... [-o OUT]... [OPTION...]",
	.help = "draws figures of results, with the numbers behind them",
	.text = "  RESULT               result of a run, merged file, or folder of a sweep\n"
		"  -o, --output OUT     a file by its ending, .pdf .png or .csv, may be given "
		"several\n"
		"                       times; or a folder for FIGURE.pdf, .png and .csv (default: "
		"here)\n"
		"  --width WIDTH        column (3.33 inch, default) or page (7 inch)\n"
		"  --style FILE         matplotlib style in place of slabyard.mplstyle\n"
		"  --where PATH=VALUE   of a sweep's runs those with that setting; several must "
		"all hold;\n"
		"                       what is compared is of all runs\n"
		"  --zone ZONE          one zone in place of all, or of the largest\n"
		"  --operation NAME     latency: of one operation in place of all allocations\n"
		"  --mark N             heap-map: at mark N in place of all marks; -1: at the end\n"
		"  --baseline PATH=VALUE, --report FIGURES\n"
		"                       for what is compared, as slabyard compare takes them\n"
		"  --with WITH          scaling: the setting or figure that figures grow with\n\n"
		"Figures of runs; without FIGURE all that these results have something for:\n"
		"  free-blocks          free blocks and free memory by order over time, stacked\n"
		"  order-map            the same as a heat map\n"
		"  unusable-index       fragmentation over time: the unusable free index\n"
		"  physical-map         physical memory over time, by use\n"
		"  slab-bytes           slab memory over time: requested, rounded up, free\n"
		"  slab-waste           what slabs hold beyond that, by cause\n"
		"  slab-allocators      one trace under several slab allocators\n"
		"  page-policies        one trace under several page allocators\n"
		"  heap-map             what each byte of a process's heap is\n"
		"  phases               system calls and faults of each phase between marks\n"
		"  rss-live             RSS against live bytes, of several runs\n"
		"  rss-stack            RSS stacked, by process or by what is live\n"
		"  latency              cumulative distributions with p50, p99 and p99.9\n"
		"  comparison           key figures of several runs side by side\n"
		"What slabyard compare says of many:\n"
		"  normalised           figures by the baseline's, with geometric means\n"
		"  pareto               the front between two figures (--report A,B)\n"
		"  scaling              power laws (--with machine.memory)\n",
	.main = plot_main,
};
