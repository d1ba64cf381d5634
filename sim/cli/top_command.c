/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/progress_bar.h"
#include "cli/run_option.h"
#include "cli/stop_signals.h"
#include "cli/top_run.h"
#include "cli/top_screen.h"

enum {
	OPTION_RUN = 256, /* one of slabyard_run_options */
	OPTION_AT,
	OPTION_SPEED,
	OPTION_SET
};

static const struct cli_option options[] = {
	{ "once", false, 'o' },
	{ "sort", true, 's' },
	{ "at", true, OPTION_AT },
	{ "speed", true, OPTION_SPEED },
	{ "config", true, 'c' },
	{ "set", true, OPTION_SET },
	{ "format", true, OPTION_RUN },
	{ "level", true, OPTION_RUN },
	{ "timing", true, OPTION_RUN },
	{ "start", true, OPTION_RUN },
	{ "caches", true, OPTION_RUN },
	{ "assist", true, OPTION_RUN },
	{ "seed", true, OPTION_RUN },
	{ "sample-every", true, OPTION_RUN },
	{ 0 },
};

struct top_arguments {
	bool once;
	char sort;
	const char *at; /* NULL: the start, or with once the end */
	double speed;   /* 0: as suits the run */
	struct slabyard_run run;
	struct config_input config;
	const char *for_run; /* an option that only a trace can have; NULL: none was given */
};

static int take_sort(const struct command *command, const char *value, char *sort)
{
	if (strlen(value) != 1 || !strchr(top_sort_keys, *value))
		return cli_usage(command, "option '--sort' takes one letter of %s, is '%s'",
				 top_sort_keys, value);
	*sort = *value;
	return EXIT_GOOD;
}

static int take_speed(const struct command *command, const char *value, double *speed)
{
	char *end;

	*speed = strtod(value, &end);
	if (end != value && !*end && *speed > 0 && *speed <= 1e6)
		return EXIT_GOOD;
	return cli_usage(command, "option '--speed' takes a number above 0, as 0.1 or 10, is '%s'",
			 value);
}

static int take_option(const struct cli_arguments *arguments, int letter, struct top_arguments *a)
{
	const char *value = arguments->value;

	switch (letter) {
	case 'o':
		a->once = true;
		return EXIT_GOOD;
	case 's':
		return take_sort(arguments->command, value, &a->sort);
	case OPTION_AT:
		a->at = value;
		return EXIT_GOOD;
	case OPTION_SPEED:
		return take_speed(arguments->command, value, &a->speed);
	case 'c':
	case OPTION_SET:
		a->for_run = arguments->name;
		return config_input_take(&a->config, letter, value);
	default:
		a->for_run = arguments->name;
		return run_option_take(arguments, &a->run);
	}
}

static int print_once(struct top_frame *frame, size_t sample, char sort)
{
	char text[TOP_LINE_MAX];

	top_frame_fill(frame, sample, sort);
	for (int line = 0; line < TOP_HEADER_LINES; line++) {
		top_frame_header(frame, line, text, sizeof(text));
		puts(text);
	}
	for (size_t row = 0; row < frame->count; row++) {
		top_frame_row(frame, row, text, sizeof(text));
		puts(text);
	}
	return cli_flush();
}

static int show(const struct command *command, const struct top_arguments *a,
		const struct top_data *data)
{
	struct top_view view = { .title = data->slab_policy ? data->slab_policy : "",
				 .sort = a->sort };
	struct top_frame frame;
	struct error err = { 0 };
	const char *at = a->at ? a->at : a->once ? "end" : "start";
	int64_t time_ns;

	top_player_init(&view.player, data->time_ns, data->samples, a->speed);
	if (!top_player_parse_time(&view.player, at, &time_ns))
		return cli_usage(command,
				 "option '--at' takes start, end, a time as 1.5s or a share as "
				 "50%%, is '%s'",
				 at);
	if (time_ns > top_player_end(&view.player))
		return cli_usage(command, "option '--at': %s is past the end of the run, %gs", at,
				 (double)top_player_end(&view.player) / TOP_SECOND_NS);
	top_player_jump(&view.player, time_ns);
	if (top_frame_init(&frame, data, &err) != 0)
		return cli_fail(&err);
	int code = EXIT_GOOD;

	if (a->once)
		code = print_once(&frame, view.player.sample, a->sort);
	else if (top_screen_show(&view, &frame, stop_signals_note(), &err) != 0)
		code = cli_fail(&err);
	top_frame_free(&frame);
	return code;
}

static int read_data(const char *path, struct top_arguments *a, struct top_data *data)
{
	struct error err = { 0 };
	bool progress;
	int result;

	if (cli_is_result(path)) {
		result = top_data_read(data, path, path, &err);
	} else {
		a->run.trace = path;
		a->run.stop = stop_signals_note();
		if (progress_bar_wanted("auto", &progress) && progress)
			a->run.progress = progress_bar_show;
		result = top_run(&a->run, &a->config, data, &err);
		progress_bar_clear();
	}
	return result == 0 ? EXIT_GOOD : cli_fail(&err);
}

static int check_arguments(const struct command *command, const char *path,
			   const struct top_arguments *a)
{
	if (a->for_run && cli_is_result(path))
		return cli_usage(command, "option '--%s' is for a trace, and %s is a run's result",
				 a->for_run, path);
	if (!a->once && strcmp(path, "-") == 0)
		return cli_usage(command, "a trace from standard input needs '--once'");
	if (!a->once && (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)))
		return cli_usage(command, "this is no terminal: use '--once'");
	return EXIT_GOOD;
}

static int top_main(const struct command *command, int argc, char **argv)
{
	struct top_arguments a = { .sort = TOP_SORT_DEFAULT };
	struct top_data data = { 0 };
	struct cli_arguments arguments = {
		.command = command, .options = options, .argc = argc, .argv = argv
	};

	/* Enough for eyes; one that is given later wins. */
	config_input_set(&a.config, "sample.keep=1024", NULL);
	for (int letter; (letter = cli_next(&arguments)) != CLI_END;) {
		if (letter == CLI_HELP)
			return cli_flush();
		int code = letter == CLI_BAD ? EXIT_BAD_INPUT : take_option(&arguments, letter, &a);
		if (code != EXIT_GOOD)
			return code;
	}
	if (arguments.operand + 1 != argc)
		return cli_usage(command, "one RESULT.h5 or TRACE is needed");
	struct error err = { 0 };
	char found[PATH_MAX];
	const char *path = cli_find_trace(argv[arguments.operand], found, sizeof(found), &err);
	int code = path ? check_arguments(command, path, &a) : cli_fail(&err);

	if (code == EXIT_GOOD)
		code = read_data(path, &a, &data);
	if (code == EXIT_GOOD)
		code = show(command, &a, &data);
	top_data_free(&data);
	return code;
}

const struct command top_command = {
	.name = "top",
	.usage = "top [OPTION...] RESULT.h5 | TRACE",
	.help = "plays a run's slab caches in simulated time, as slabtop shows them",
	.text = "  -o, --once        print one frame as text and end: the last one, or that of "
		"--at\n"
		"  -s, --sort KEY    o objects (default), a active objects, b objects per slab, "
		"c cache\n"
		"                    size, l slabs, v active slabs, n name, p pages per slab, s "
		"object\n"
		"                    size, u use\n"
		"  --at WHEN         start, end, a time as 1.5s (not past the end) or a share\n"
		"                    of the run as 50%\n"
		"  --speed N         simulated seconds a second; without it the run takes half a "
		"minute\n"
		"\n"
		"A trace is simulated first, with samples close together, by options as "
		"slabyard run\n"
		"has them:\n"
		"  -c, --config FILE, --set PATH=VALUE, --format, --level, --timing, --start,\n"
		"  --caches, --assist, --seed, --sample-every N\n"
		"\n"
		"Keys: space pauses and goes on, left and right step a sample, + and - change "
		"the speed,\n"
		"g goes to a time, Home and End to start and end, up and down scroll, a sort "
		"key sorts,\n"
		"q quits.\n",
	.main = top_main,
};
