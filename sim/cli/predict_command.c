/* SPDX-License-Identifier: GPL-3.0-or-later */
/* slabyard predict: what another slab allocator would have done, and how far off that may be. */
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/prediction.h"
#include "cli/progress_bar.h"
#include "cli/run_option.h"
#include "slab/slab.h"

enum {
	OPTION_RUN = 256, /* one of slabyard_run_options */
	OPTION_TO,
	OPTION_AT,
	OPTION_RUNS,
	OPTION_SET,
	OPTION_JSON,
	OPTION_PROGRESS
};

static const struct cli_option options[] = {
	{ "to", true, OPTION_TO },
	{ "start", true, OPTION_RUN },
	{ "caches", true, OPTION_RUN },
	{ "at", true, OPTION_AT },
	{ "runs", true, OPTION_RUNS },
	{ "seed", true, OPTION_RUN },
	{ "config", true, 'c' },
	{ "set", true, OPTION_SET },
	{ "format", true, OPTION_RUN },
	{ "json", false, OPTION_JSON },
	{ "progress", true, OPTION_PROGRESS },
	{ 0 },
};

struct predict_arguments {
	struct prediction_request request;
	struct config_input config;
	const char *at; /* NULL: the last mark that is known of */
	bool json, progress;
};

static const struct option_spec request_options[] = {
	{ .name = "runs",
	  .offset = offsetof(struct prediction_request, runs),
	  .type = OPTION_UINT,
	  .default_text = "4",
	  .max = PREDICTION_RUNS_MAX,
	  .unit = "",
	  .help = "further runs, perturbed" },
	OPTION_END,
};

static int take_option(const struct cli_arguments *arguments, int letter,
		       struct predict_arguments *a)
{
	const char *value = arguments->value;

	switch (letter) {
	case OPTION_TO:
		a->request.to = value;
		return EXIT_GOOD;
	case OPTION_AT:
		a->at = value;
		return EXIT_GOOD;
	case OPTION_RUNS:
		return cli_option_take(arguments, &request_options[0], &a->request);
	case OPTION_RUN:
		return run_option_take(arguments, &a->request.run);
	case 'c':
	case OPTION_SET:
		return config_input_take(&a->config, letter, value);
	case OPTION_JSON:
		a->json = true;
		return EXIT_GOOD;
	default:
		if (progress_bar_wanted(value, &a->progress))
			return EXIT_GOOD;
		return cli_usage(arguments->command,
				 "option '--progress' takes auto, on or off, is '%s'", value);
	}
}

/* --- which mark is shown in full --- */

/* The last that lies before the horizon; else the first. */
static size_t last_known(const struct prediction *p)
{
	for (size_t i = p->summary->mark_count - 1; i > PREDICTION_FIRST_MARK; i--)
		if (!prediction_is_past(p, &p->summary->marks[i]))
			return i;
	return PREDICTION_FIRST_MARK;
}

static int find_mark(const struct prediction *p, const char *at, size_t *found, struct error *err)
{
	*found = last_known(p);
	if (!at)
		return 0;
	for (size_t i = PREDICTION_FIRST_MARK; i < p->summary->mark_count; i++) {
		char number[32];
		const struct slabyard_mark *mark = &p->summary->marks[i];
		snprintf(number, sizeof(number), "%" PRId64, mark->number);
		*found = i;
		if (strcmp(at, mark->number == SLABYARD_MARK_END ? "end" : number) == 0)
			return 0;
	}
	return error_set(err, ERROR_INPUT, "%s: has no mark '%s'", p->trace, at);
}

static int print(const struct prediction *p, const struct predict_arguments *a, struct error *err)
{
	size_t at;

	if (find_mark(p, a->at, &at, err) != 0)
		return -1;
	if (a->json)
		prediction_print_json(stdout, p);
	else if (prediction_print_text(stdout, p, at) != 0)
		return error_set(err, ERROR_RUN, "no memory for the report");
	return 0;
}

static int predict(const struct predict_arguments *a)
{
	struct error err = { 0 };
	struct prediction *p = malloc(sizeof(*p)); /* larger than a stack's frame should be */
	if (!p)
		return cli_fail((error_set(&err, ERROR_RUN, "no memory for the report"), &err));
	int result = prediction_make(p, &a->request, &err);
	progress_bar_clear();
	if (result == 0)
		result = print(p, a, &err);
	prediction_free(p);
	free(p);
	return result == 0 ? cli_flush() : cli_fail(&err);
}

static int check_arguments(const struct command *command, const struct cli_arguments *arguments,
			   const struct predict_arguments *a)
{
	if (arguments->operand + 1 != arguments->argc)
		return cli_usage(command, "one TRACE is needed");
	if (!a->request.to)
		return cli_usage(command, "option '--to' is missing");
	if (!policy_find(&slab_policies, a->request.to))
		return cli_usage(command,
				 "option '--to' takes a slab policy (slabyard list slab), "
				 "is '%s'",
				 a->request.to);
	if (strcmp(arguments->argv[arguments->operand], "-") == 0)
		return cli_usage(command, "the trace is read several times: standard input will "
					  "not do");
	return EXIT_GOOD;
}

static int predict_main(const struct command *command, int argc, char **argv)
{
	struct predict_arguments a = { 0 };
	struct cli_arguments arguments = {
		.command = command, .options = options, .argc = argc, .argv = argv
	};
	option_defaults(request_options, &a.request);
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
	a.request.config = &a.config;
	struct error err = { 0 };
	char path[PATH_MAX];
	a.request.run.trace = cli_find_trace(argv[arguments.operand], path, sizeof(path), &err);
	if (!a.request.run.trace)
		return cli_fail(&err);
	if (a.progress)
		a.request.run.progress = progress_bar_show;
	return predict(&a);
}

const struct command predict_command = {
	.name = "predict",
	.usage = "predict --to POLICY [OPTION...] TRACE",
	.help = "tells what another slab allocator would have done",
	.text = "  --to POLICY         slab, slub or slob\n"
		"  --start STATE       a state that was recorded under POLICY, or census:STATE of "
		"the\n"
		"                      trace's own: its objects laid out anew. Without it a census "
		"of\n"
		"                      mmstate-0.txt beside the trace, else a fresh machine\n"
		"  --caches MAP        which cache each call site allocates from (slabyard "
		"caches);\n"
		"                      without it the shipped one of Linux 6.1\n"
		"  --at MARK           orders and caches at this mark, or the end; without it at "
		"the\n"
		"                      last one before the horizon\n"
		"  --runs N            further runs that are perturbed: processes late and timers "
		"off\n"
		"                      by up to 2 ms, 1 % of records swapped with a neighbour, up "
		"to\n"
		"                      64 pages taken at first. Their range shows how much hangs "
		"on\n"
		"                      the schedule, and is no error band (default 4)\n"
		"  --seed N            seed of everything random (default 0)\n"
		"  -c, --config FILE, --set PATH=VALUE\n"
		"                      as run takes them\n"
		"  --format FORMAT     of the trace, guessed without it\n"
		"  --json              every mark, order and cache, as JSON\n"
		"  --progress WHEN     auto, on or off\n"
		"\n"
		"Each figure has the band that the table analysis/prediction.csv supports: for\n"
		"it, recordings under one allocator are replayed as another, and held against a\n"
		"recording of that one. A band is as wide as the worst of the recordings that are "
		"like\n"
		"this trace. Where none is, there is no band. Past the horizon, from where "
		"processes\n"
		"would have noticed a difference, nothing is said.\n",
	.main = predict_main,
};
