/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "cli/cli.h"
#include "cli/config_input.h"
#include "cli/progress_bar.h"
#include "cli/run_summary.h"
#include "cli/sidecar.h"
#include "cli/stop_signals.h"

enum {
	OPTION_START = 256,
	OPTION_EXPECT,
	OPTION_CACHES,
	OPTION_PERTURB,
	OPTION_ASSIST,
	OPTION_SEED,
	OPTION_SAMPLE,
	OPTION_TRACE,
	OPTION_PLACEMENTS,
	OPTION_PROC,
	OPTION_PROGRESS,
	OPTION_SET,
	OPTION_LEVEL,
	OPTION_TIMING,
	OPTION_FORMAT
};

static const struct cli_option options[] = {
	{ "config", true, 'c' },
	{ "set", true, OPTION_SET },
	{ "trace", true, OPTION_TRACE },
	{ "format", true, OPTION_FORMAT },
	{ "output", true, 'o' },
	{ "level", true, OPTION_LEVEL },
	{ "timing", true, OPTION_TIMING },
	{ "start", true, OPTION_START },
	{ "caches", true, OPTION_CACHES },
	{ "perturb", true, OPTION_PERTURB },
	{ "assist", true, OPTION_ASSIST },
	{ "expect", true, OPTION_EXPECT },
	{ "seed", true, OPTION_SEED },
	{ "sample-every", true, OPTION_SAMPLE },
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

/* One of slabyard_run_options; `shown` is how it is written here. */
static int take_named(const struct command *command, const char *shown, const char *name,
		      const char *text, struct slabyard_run *run)
{
	struct error err = { 0 };
	const struct option_spec *option = option_find(slabyard_run_options, name);
	if (option_parse(option, text, run, &err) == 0)
		return EXIT_GOOD;
	return cli_usage(command, "option '%s' %s", shown, err.message);
}

static int take_config(int letter, const char *value, struct config_input *input)
{
	struct error err = { 0 };
	int result = letter == 'c' ? config_input_file(input, value, &err)
				   : config_input_set(input, value, &err);
	return result == 0 ? EXIT_GOOD : cli_fail(&err);
}

static int take_option(const struct command *command, int letter, const char *value,
		       struct run_arguments *a)
{
	switch (letter) {
	case 'c':
	case OPTION_SET:
		return take_config(letter, value, &a->config);
	case OPTION_TRACE:
		a->run.trace = value;
		return EXIT_GOOD;
	case OPTION_FORMAT:
		a->run.format = value;
		return EXIT_GOOD;
	case 'o':
		a->run.output = value;
		return EXIT_GOOD;
	case OPTION_LEVEL:
		return take_named(command, "--level", "level", value, &a->run);
	case OPTION_TIMING:
		return take_named(command, "--timing", "timing", value, &a->run);
	case OPTION_START:
		a->run.start = value;
		return EXIT_GOOD;
	case OPTION_CACHES:
		a->run.caches = value;
		return EXIT_GOOD;
	case OPTION_PERTURB:
		a->run.perturb = value;
		return EXIT_GOOD;
	case OPTION_ASSIST:
		a->run.assist = value;
		return EXIT_GOOD;
	case OPTION_EXPECT:
		a->run.expect = value;
		return EXIT_GOOD;
	case OPTION_SEED:
		return take_named(command, "--seed", "seed", value, &a->run);
	case OPTION_SAMPLE:
		return take_named(command, "--sample-every", "sample_every", value, &a->run);
	case OPTION_PLACEMENTS:
		a->run.placements = value;
		return EXIT_GOOD;
	case OPTION_PROC:
		a->run.proc = value;
		return EXIT_GOOD;
	default:
		if (progress_bar_wanted(value, &a->progress))
			return EXIT_GOOD;
		return cli_usage(command, "option '--progress' takes auto, on or off, is '%s'",
				 value);
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
	return check_outputs(command, &a->run);
}

static int run(const struct run_arguments *a, int argc, char **argv)
{
	struct error err = { 0 };
	struct config *config = config_input_read(&a->config, &err);
	if (!config)
		return cli_fail(&err);
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
		int code = letter == CLI_BAD ? EXIT_BAD_INPUT
					     : take_option(command, letter, arguments.value, &a);
		if (code != EXIT_GOOD)
			return code;
	}
	int code = check_arguments(command, &arguments, &a);
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
	.text = "  --trace TRACE       .syt or text trace, compressed or not; - is standard input\n"
		"  --format FORMAT     syt, or one of slabyard list format; guessed without it\n"
		"  -c, --config FILE   configuration; later files win. Without one: the default "
		"machine\n"
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
		"                      timers=1ms, with commas\n"
		"  --assist LIST       recorded facts that replay may use: none (default), all, or "
		"of\n"
		"                      zone drain isolate rotate bulk lru pcp_busy rcu slab_page\n"
		"                      cache_op free_size reap reclaim lock_order mmap_base, with\n"
		"                      commas\n"
		"  --expect DIR        compare with DIR/mmstate-N.txt at every MARK N\n"
		"  --seed N            seed of everything random (default 0)\n"
		"  --sample-every N    a sample of the state every N records\n"
		"  --placements FILE   a line for each allocation: record, operation, recorded "
		"and\n"
		"                      simulated address\n"
		"  --proc DIR          buddyinfo, pagetypeinfo, zoneinfo, vmstat, meminfo and\n"
		"                      slabinfo files; of processes status, malloc_info and\n"
		"                      malloc_stats\n"
		"  --progress WHEN     auto, on or off\n",
	.main = run_main,
};
