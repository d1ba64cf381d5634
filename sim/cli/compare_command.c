/* SPDX-License-Identifier: GPL-3.0-or-later */
/* slabyard compare: configurations held against a baseline. */
#include <string.h>

#include "base/atomic_file.h"
#include "base/suggest.h"
#include "cli/cli.h"
#include "cli/compare_output.h"

enum {
	OPTION_BASELINE = 256,
	OPTION_REPORT,
	OPTION_BY_TRACE,
	OPTION_FORMAT,
	OPTION_INTERVAL,
	OPTION_TEST,
	OPTION_SCALING,
	OPTION_PARETO,
	OPTION_POINTS,
};

enum { SETTINGS_MAX = 32, FIGURES_MAX = 256 };

static const struct cli_option options[] = {
	{ "baseline", true, OPTION_BASELINE },
	{ "report", true, OPTION_REPORT },
	{ "by-trace", false, OPTION_BY_TRACE },
	{ "format", true, OPTION_FORMAT },
	{ "interval", true, OPTION_INTERVAL },
	{ "test", true, OPTION_TEST },
	{ "scaling", true, OPTION_SCALING },
	{ "pareto", false, OPTION_PARETO },
	{ "points", false, OPTION_POINTS },
	{ "output", true, 'o' },
	{ 0 },
};

struct compare_arguments {
	struct manifest_setting baseline[SETTINGS_MAX];
	const char *report[FIGURES_MAX];
	struct comparison_request request;
	enum listing_format format;
	const char *scaling; /* what figures grow with; NULL: none is asked for */
	bool pareto, points;
	const char *output;
	struct text_pool text;
	bool lost; /* memory was spent */
};

static const char *keep(struct compare_arguments *a, const char *text, size_t length)
{
	const char *kept = text_pool_add_part(&a->text, text, length);
	a->lost = a->lost || !kept;
	return kept ? kept : "";
}

/* "slab.policy=slub,machine.memory=64MiB" */
static int take_baseline(const struct command *command, const char *text,
			 struct compare_arguments *a)
{
	for (size_t length; *text; text += length + (text[length] == ',')) {
		length = strcspn(text, ",");
		size_t path = strcspn(text, "=");
		if (!path || path >= length)
			return cli_usage(command, "option '--baseline' takes PATH=VALUE, is '%s'",
					 text);
		if (a->request.baseline_count == SETTINGS_MAX)
			return cli_usage(command, "option '--baseline' has too many settings");
		a->baseline[a->request.baseline_count++] =
			(struct manifest_setting){ keep(a, text, path),
						   keep(a, text + path + 1, length - path - 1) };
		a->request.baseline = a->baseline;
	}
	return EXIT_GOOD;
}

static int take_report(const struct command *command, const char *text, struct compare_arguments *a)
{
	for (size_t length; *text; text += length + (text[length] == ',')) {
		length = strcspn(text, ",");
		if (a->request.report_count == FIGURES_MAX)
			return cli_usage(command, "option '--report' names too many figures");
		if (length)
			a->report[a->request.report_count++] = keep(a, text, length);
		a->request.report = a->report;
	}
	return EXIT_GOOD;
}

/* The place of a word among those that an option takes, in *choice. */
static int take_word(const struct command *command, const char *option, const char *text,
		     const char *const *words, int *choice)
{
	for (*choice = 0; words[*choice]; ++*choice)
		if (strcmp(words[*choice], text) == 0)
			return EXIT_GOOD;
	char list[128] = "";
	size_t used = 0;
	for (size_t i = 0; words[i] && used < sizeof(list); i++)
		used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s",
					 !i             ? ""
					 : words[i + 1] ? ", "
							: " or ",
					 words[i]);
	return cli_usage(command, "option '--%s' takes %s, is '%s'", option, list, text);
}

static int take_format(const struct command *command, const char *text, struct compare_arguments *a)
{
	static const char *const words[] = { "text", "csv", "json", "latex", NULL };
	int choice, code = take_word(command, "format", text, words, &choice);
	a->format = (enum listing_format)choice;
	return code;
}

static int take_method(const struct command *command, int letter, const char *text,
		       struct compare_arguments *a)
{
	static const char *const intervals[] = { "student", "bca", NULL };
	static const char *const tests[] = { "welch", "mann-whitney", NULL };
	bool test = letter == OPTION_TEST;
	int choice, code = take_word(command, test ? "test" : "interval", text,
				     test ? tests : intervals, &choice);
	*(test ? &a->request.mann_whitney : &a->request.bootstrap) = choice == 1;
	return code;
}

static int take_option(const struct command *command, int letter, const char *value,
		       struct compare_arguments *a)
{
	switch (letter) {
	case OPTION_BASELINE:
		return take_baseline(command, value, a);
	case OPTION_REPORT:
		return take_report(command, value, a);
	case OPTION_BY_TRACE:
		a->request.by_trace = true;
		return EXIT_GOOD;
	case OPTION_FORMAT:
		return take_format(command, value, a);
	case OPTION_INTERVAL:
	case OPTION_TEST:
		return take_method(command, letter, value, a);
	case OPTION_SCALING:
		a->scaling = value;
		return EXIT_GOOD;
	case OPTION_POINTS:
		a->points = true;
		return EXIT_GOOD;
	case OPTION_PARETO:
		a->pareto = true;
		return EXIT_GOOD;
	default:
		a->output = value;
		return EXIT_GOOD;
	}
}

static int write_growth(const struct compare_arguments *a, const struct comparison_input *input,
			FILE *out, struct error *err)
{
	struct growth growth;
	if (growth_make(&growth, input, a->scaling, &a->request, err) != 0)
		return -1;
	int status = a->points ? print_points(&growth, a->format, out)
			       : print_growth(&growth, a->format, out);
	growth_free(&growth);
	return status == 0 ? 0 : error_set(err, ERROR_RUN, "out of memory");
}

static int write_front(const struct compare_arguments *a, const struct comparison_input *input,
		       FILE *out, struct error *err)
{
	struct front front;
	if (front_make(&front, input, &a->request, err) != 0)
		return -1;
	int status = print_front(&front, a->format, out);
	front_free(&front);
	return status == 0 ? 0 : error_set(err, ERROR_RUN, "out of memory");
}

static int write_comparison(const struct compare_arguments *a, const struct comparison_input *input,
			    FILE *out, struct error *err)
{
	struct comparison comparison;
	if (comparison_make(&comparison, input, &a->request, err) != 0)
		return -1;
	int status = print_comparison(&comparison, a->format, out);
	comparison_free(&comparison);
	return status == 0 ? 0 : error_set(err, ERROR_RUN, "out of memory");
}

static int write_tables(const struct compare_arguments *a, const struct comparison_input *input,
			struct error *err)
{
	struct atomic_file *file = atomic_file_open(a->output ? a->output : "-", err);
	if (!file)
		return -1;
	FILE *out = atomic_file_stream(file);
	int status = a->scaling  ? write_growth(a, input, out, err)
		     : a->pareto ? write_front(a, input, out, err)
				 : write_comparison(a, input, out, err);
	if (status == 0)
		return atomic_file_finish(file, err);
	atomic_file_abandon(file);
	return -1;
}

static int compare(const struct compare_arguments *a, const char *const *paths, size_t count)
{
	struct error err = { 0 };
	struct comparison_input input;
	if (a->lost)
		error_set(&err, ERROR_RUN, "out of memory");
	if (a->lost || comparison_load(&input, paths, count, &err) != 0)
		return cli_fail(&err);
	int status = write_tables(a, &input, &err);
	comparison_unload(&input);
	return status == 0 ? EXIT_GOOD : cli_fail(&err);
}

static int compare_main(const struct command *command, int argc, char **argv)
{
	struct compare_arguments a = { .request.level = 0.95 };
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
	if (arguments.operand == argc)
		return cli_usage(command, "takes a sweep's folder, a merged file, or results");
	if (a.scaling && a.pareto)
		return cli_usage(command, "takes one of --scaling and --pareto");
	if (a.points && !a.scaling)
		return cli_usage(command, "option '--points' goes with --scaling");
	int code = EXIT_GOOD;
	for (int i = arguments.operand; i < argc && code == EXIT_GOOD; i++)
		code = cli_refuse_overwrite(command, "--output", a.output, argv[i]);
	if (code == EXIT_GOOD)
		code = compare(&a, (const char *const *)(argv + arguments.operand),
			       (size_t)(argc - arguments.operand));
	text_pool_free(&a.text);
	return code;
}

const struct command compare_command = {
	.name = "compare",
	.usage = "compare DIR|MERGED.h5|RESULT.h5... [--baseline PATH=VALUE] [--report FIGURES]\n"
		 "                        [--scaling WITH [--points]|--pareto] [--by-trace] "
		 "[--interval "
		 "METHOD]\n"
		 "                        [--test METHOD] [--format FORMAT] [-o FILE]",
	.help = "holds configurations against a baseline",
	.text = "  DIR, MERGED.h5     a sweep's folder, or what slabyard merge made of it\n"
		"  RESULT.h5...       results of runs: what their configurations differ in is "
		"found\n"
		"  --baseline PATH=VALUE  what the others are compared with, several with commas;\n"
		"                     without it the experiment's, or the first result's "
		"settings\n"
		"  --report FIGURES   columns of /runs, with commas, as slab_bytes_held,cost_ns; a "
		"name\n"
		"                     that is part of one column only will do; NAME:higher when "
		"more "
		"is\n"
		"                     better. Without it the experiment's, else a few usual ones\n"
		"  --scaling WITH     in place of that, how the figures grow with a setting\n"
		"                     (machine.memory) or another figure: exponents of power laws\n"
		"  --points           the values that were fitted in place of the fits\n"
		"  --pareto           in place of that, what no other configuration beats in both "
		"of\n"
		"                     the two figures that --report names\n"
		"  --by-trace         each recording for itself\n"
		"  --interval METHOD  student (default) or bca: a bootstrap, of eight values or "
		"more\n"
		"  --test METHOD      of one recording's seeds: welch (default) or mann-whitney, "
		"by\n"
		"                     ranks: with shifts, Cliff's delta, medians and quartiles\n"
		"  --format FORMAT    text (default), csv, json or latex (booktabs)\n"
		"  -o, --output FILE  in place of standard output\n\n"
		"Configuration and baseline are paired by recording; what is random stands for "
		"its\n"
		"recording by the mean over its seeds. An interval needs three recordings.\n",
	.main = compare_main,
};
