/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <limits.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/config_input.h"
#include "cli/progress_bar.h"
#include "cli/run_option.h"
#include "cli/run_summary.h"
#include "cli/sidecar.h"
#include "cli/stop_signals.h"

enum {
	OPTION_RUN = 256, /* one of slabyard_run_options */
	OPTION_TRACE,
	OPTION_PLACEMENTS,
	OPTION_PROC,
	OPTION_PROGRESS,
	OPTION_SET
};

static const struct cli_option options[] = {
	{ "config", true, 'c' },
	{ "set", true, OPTION_SET },
	{ "trace", true, OPTION_TRACE },
	{ "format", true, OPTION_RUN },
	{ "output", true, 'o' },
	{ "level", true, OPTION_RUN },
	{ "timing", true, OPTION_RUN },
	{ "start", true, OPTION_RUN },
	{ "caches", true, OPTION_RUN },
	{ "perturb", true, OPTION_RUN },
	{ "assist", true, OPTION_RUN },
	{ "expect", true, OPTION_RUN },
	{ "seed", true, OPTION_RUN },
	{ "sample-every", true, OPTION_RUN },
	{ "placements", true, OPTION_PLACEMENTS },
	{ "proc", true, OPTION_PROC },
	{ "progress", true, OPTION_PROGRESS },
	{ 0 },
};

struct run_arguments {
	struct slabyard_run run;
	struct config_input config;
	bool progress;
};

static int take_option(const struct cli_arguments *arguments, int letter, struct run_arguments *a)
{
	const char *value = arguments->value;
	switch (letter) {
	case 'c':
	case OPTION_SET:
		return config_input_take(&a->config, letter, value);
	case OPTION_RUN:
		return run_option_take(arguments, &a->run);
	case OPTION_TRACE:
		if (a->run.trace)
			return cli_usage(arguments->command, "option '--trace' is given twice");
		a->run.trace = value;
		return EXIT_GOOD;
	case 'o':
		a->run.output = value;
		return EXIT_GOOD;
	case OPTION_PLACEMENTS:
		a->run.placements = value;
		return EXIT_GOOD;
	case OPTION_PROC:
		a->run.proc = value;
		return EXIT_GOOD;
	default:
		if (progress_bar_wanted(value, &a->progress))
			return EXIT_GOOD;
		return cli_usage(arguments->command,
				 "option '--progress' takes auto, on or off, is '%s'", value);
	}
}

static int check_outputs(const struct command *command, const struct slabyard_run *run)
{
	const char *const inputs[] = { run->trace, run->start, run->caches };
	for (size_t i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++) {
		if (cli_refuse_overwrite(command, "--output", run->output, inputs[i]) ||
		    cli_refuse_overwrite(command, "--placements", run->placements, inputs[i]))
			return EXIT_BAD_INPUT;
	}
	if (run->output && run->placements && strcmp(run->output, run->placements) == 0)
		return cli_usage(command, "options '--output' and '--placements' name one file");
	return EXIT_GOOD;
}

static int check_arguments(const struct command *command, const struct cli_arguments *arguments,
			   const struct run_arguments *a)
{
	if (arguments->operand < arguments->argc)
		return cli_usage(command, "unexpected argument '%s'",
				 arguments->argv[arguments->operand]);
	if (!a->run.trace)
		return cli_usage(command, "option '--trace' is missing");
	if (a->run.expect && a->run.timing == SLABYARD_TIMING_CLOSED)
		return cli_usage(command, "option '--expect' needs '--timing recorded'");
	return EXIT_GOOD;
}

static int run(const struct run_arguments *a, int argc, char **argv)
{
	struct error err = { 0 };
	struct config *config = config_input_read(&a->config, &err);
	if (!config)
		return cli_fail(&err);
	config_input_tell_unread(config);
	struct slabyard_summary *summary = slabyard_run(config, &a->run, &err);
	progress_bar_clear();
	int code = summary ? EXIT_GOOD : cli_fail(&err);
	if (summary && summary->has_result &&
	    sidecar_write(&a->run, summary, argc, argv, &err) != 0)
		code = cli_fail(&err);
	if (summary && code == EXIT_GOOD) {
		run_summary_print(stdout, &a->run, summary);
		code = cli_flush();
	}
	slabyard_summary_free(summary);
	config_destroy(config);
	return code;
}

static int run_main(const struct command *command, int argc, char **argv)
{
	struct run_arguments a = { 0 };
	struct cli_arguments arguments = {
		.command = command, .options = options, .argc = argc, .argv = argv
	};
	progress_bar_wanted("auto", &a.progress);
	for (int letter; (letter = cli_next(&arguments)) != CLI_END;) {
		if (letter == CLI_HELP)
			return cli_flush();
		int code = letter == CLI_BAD ? EXIT_BAD_INPUT : take_option(&arguments, letter, &a);
		if (code != EXIT_GOOD)
			return code;
	}
	int code = check_arguments(command, &arguments, &a);
	if (code != EXIT_GOOD)
		return code;
	struct error err = { 0 };
	char path[PATH_MAX];
	a.run.trace = cli_find_trace(a.run.trace, path, sizeof(path), &err);
	if (!a.run.trace)
		return cli_fail(&err);
	code = check_outputs(command, &a.run);
	if (code != EXIT_GOOD)
		return code;
	a.run.stop = stop_signals_note();
	if (a.progress)
		a.run.progress = progress_bar_show;
	return run(&a, argc, argv);
}

const struct command run_command = {
	.name = "run",
	.usage = "run --trace TRACE [-c CONFIG.yaml]... [--set PATH=VALUE]... [-o OUT.h5] "
		 "[OPTION...]",
	.help = "replays a trace on a simulated machine",
	.text = "  --trace TRACE       .syt or text trace, compressed or not; a bundled one's "
		"name\n"
		"                      (slabyard list trace); - is standard input\n"
		"  --format FORMAT     syt, or one of slabyard list format; guessed without it\n"
		"  -c, --config FILE   configuration, or a shipped one's name (pc-256mib, slob); "
		"later "
		"ones\n"
		"                      win. Without one: the default machine\n"
		"                      (slabyard config --resolved shows it)\n"
		"  --set PATH=VALUE    one value of the configuration, as slab.policy=slub\n"
		"  -o, --output FILE   result file (HDF5)\n"
		"  --level LEVEL       auto, page, slab or libc: which operations are carried out\n"
		"  --timing TIMING     recorded: at the trace's own times (default);\n"
		"                      closed: each thread waits for what it did before\n"
		"  --start STATE       begin from a recorded state (mmstate-N.txt), after MARK N;\n"
		"                      from the first record when its name has no number; "
		"census:STATE\n"
		"                      lays its objects out anew, for another slab policy;\n"
		"                      proc:DIR[,N] takes what DIR/buddyinfo, pagetypeinfo and "
		"zoneinfo\n"
		"                      (or buddyinfo-N.txt ...) tell, laid out by a seeded rule;\n"
		"                      aged:LEVEL[,SEED] (light, moderate, heavy, severe or 0 to "
		"1: the\n"
		"                      unusable free index), aged:STATE and aged:proc:DIR[,N] age "
		"a "
		"fresh\n"
		"                      machine by allocations and frees until it is like that\n"
		"  --caches MAP        which cache each call site allocates from (slabyard "
		"caches), where\n"
		"                      the recorded kernel had merged them\n"
		"  --perturb LIST      what might have been another way, drawn with the seed: "
		"delay=5ms\n"
		"                      (each process late up to this), swap=0.01, start=PAGES,\n"
		"                      timers=1ms, with commas; pace=1.4 is no chance: the same "
		"work\n"
		"                      takes that much longer than recorded, and RCU keeps its "
		"time\n"
		"  --assist LIST       recorded facts that replay may use: none (default), all, or "
		"of\n"
		"                      zone drain isolate rotate bulk lru pcp_busy rcu slab_page\n"
		"                      cache_op free_size reap reclaim lock_order mmap_base, with\n"
		"                      commas; resync, not one of all, goes on from the recorded\n"
		"                      frame after another one was given\n"
		"  --expect DIR        compare with DIR/mmstate-N.txt at every MARK N\n"
		"  --seed N            seed of everything random (default 0)\n"
		"  --sample-every N    a sample of the state every N records; without it every 256 "
		"at "
		"first,\n"
		"                      wider apart the longer the trace is, up to every 65536\n"
		"  --placements FILE   a line for each allocation: record, operation, recorded "
		"and\n"
		"                      simulated address\n"
		"  --proc DIR          buddyinfo, pagetypeinfo, zoneinfo, vmstat, meminfo and\n"
		"                      slabinfo files; of processes status, malloc_info and\n"
		"                      malloc_stats\n"
		"  --progress WHEN     auto, on or off\n",
	.main = run_main,
};
