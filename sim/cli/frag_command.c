/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/units.h"
#include "cli/cli.h"
#include "cli/frag_report.h"

enum { OPTION_AT = 256, OPTION_BY, OPTION_TOP, OPTION_ZONE, OPTION_ORDER, OPTION_CSV, OPTION_JSON };

static const struct cli_option options[] = {
	{ "at", true, OPTION_AT },       { "by", true, OPTION_BY },
	{ "top", true, OPTION_TOP },     { "zone", true, OPTION_ZONE },
	{ "order", true, OPTION_ORDER }, { "csv", false, OPTION_CSV },
	{ "json", false, OPTION_JSON },  { 0 },
};

struct frag_arguments {
	struct frag_at at;
	enum frag_by by;
	uint64_t top;
	const char *zone;
	int order;
	int form; /* OPTION_CSV, OPTION_JSON, 0: text */
};

static bool read_number(const char *text, uint64_t *value)
{
	char *end;

	errno = 0;
	*value = strtoull(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end && !errno;
}

static int take_at(const struct command *command, const char *text, struct frag_at *at)
{
	if (strcmp(text, "start") == 0 || strcmp(text, "end") == 0) {
		at->moment = strcmp(text, "end") == 0 ? FRAG_END : FRAG_START;
		return EXIT_GOOD;
	}
	at->moment = FRAG_MARK;
	if (read_number(text, &at->value))
		return EXIT_GOOD;
	at->moment = FRAG_TIME;
	if (units_parse_duration(text, &at->value, NULL) == 0)
		return EXIT_GOOD;
	return cli_usage(command,
			 "option '--at' takes start, end, the number of a mark or a time as 1.5s, "
			 "is '%s'",
			 text);
}

static int take_by(const struct command *command, const char *text, enum frag_by *by)
{
	static const char *const names[] = { "call-site", "cache", "task", "all" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(text, names[i]) == 0) {
			*by = (enum frag_by)i;
			return EXIT_GOOD;
		}
	return cli_usage(command, "option '--by' takes call-site, cache, task or all, is '%s'",
			 text);
}

static int take_order(const struct command *command, const char *text, int *order)
{
	uint64_t value;

	if (!read_number(text, &value) || value >= PAGE_ORDERS_MAX)
		return cli_usage(command, "option '--order' takes 0 to %d, is '%s'",
				 PAGE_ORDERS_MAX - 1, text);
	*order = (int)value;
	return EXIT_GOOD;
}

static int take_option(const struct command *command, int letter, const char *value,
		       struct frag_arguments *a)
{
	switch (letter) {
	case OPTION_AT:
		return take_at(command, value, &a->at);
	case OPTION_BY:
		return take_by(command, value, &a->by);
	case OPTION_TOP:
		if (read_number(value, &a->top))
			return EXIT_GOOD;
		return cli_usage(command, "option '--top' needs a whole number, is '%s'", value);
	case OPTION_ZONE:
		a->zone = value;
		return EXIT_GOOD;
	case OPTION_ORDER:
		return take_order(command, value, &a->order);
	default:
		if (a->form && a->form != letter)
			return cli_usage(command, "one of --csv and --json at a time");
		a->form = letter;
		return EXIT_GOOD;
	}
}

static int print(const char *path, const struct frag_arguments *a, struct error *err)
{
	struct frag_data data = { 0 };
	struct frag_ranking ranking = { 0 };
	struct result_file *file = result_file_open(path, err);
	int result = file ? frag_data_read(&data, file, a->at, a->zone, err) : -1;

	result_file_close(file);
	if (result == 0 && a->order >= (int)data.orders)
		result = error_set(err, ERROR_INPUT, "%s: has orders 0 to %u, not %d", path,
				   data.orders - 1, a->order);
	if (result == 0)
		result = frag_rank(&ranking, &data, a->by, (size_t)a->top, err);
	const struct frag_report report = {
		.path = path, .data = &data, .ranking = &ranking, .by = a->by, .order = a->order
	};
	if (result == 0 && a->form == OPTION_CSV)
		frag_print_csv(stdout, &report);
	else if (result == 0 && a->form == OPTION_JSON)
		frag_print_json(stdout, &report);
	else if (result == 0)
		frag_print_text(stdout, &report);
	frag_rank_free(&ranking);
	frag_data_free(&data);
	return result;
}

static int frag_main(const struct command *command, int argc, char **argv)
{
	struct frag_arguments a = { .at = { .moment = FRAG_END }, .top = 10, .order = -1 };
	struct cli_arguments arguments = {
		.command = command, .options = options, .argc = argc, .argv = argv
	};
	struct error err = { 0 };

	for (int letter; (letter = cli_next(&arguments)) != CLI_END;) {
		if (letter == CLI_HELP)
			return cli_flush();
		int code = letter == CLI_BAD ? EXIT_BAD_INPUT
					     : take_option(command, letter, arguments.value, &a);
		if (code != EXIT_GOOD)
			return code;
	}
	if (arguments.operand + 1 != argc)
		return cli_usage(command, "one RESULT.h5 is needed");
	return print(argv[arguments.operand], &a, &err) == 0 ? cli_flush() : cli_fail(&err);
}

const struct command frag_command = {
	.name = "frag",
	.usage = "frag [OPTION...] RESULT.h5",
	.help = "tells how fragmented memory is, and who keeps it so",
	.text = "  --at WHEN     start, end (default), the number of a mark, or a time as 1.5s: "
		"the\n"
		"                last snapshot that is not later\n"
		"  --by WHAT     join holders by call-site (default), cache, task, or all three\n"
		"  --top N       the N that hold most (default 10; 0: all)\n"
		"  --zone ZONE   one zone only, as DMA32 or 'node 0 DMA32'\n"
		"  --order N     free blocks and indices of one order only\n"
		"  --csv         the ranked table as CSV\n"
		"  --json        everything as JSON\n"
		"\n"
		"A pageblock is held while a page in it can neither be freed nor moved. Its "
		"holders\n"
		"are the call sites, caches and tasks of what is alive in such pages, down to the\n"
		"single object in a slab; what is older than the start is known by its cache.\n",
	.main = frag_main,
};
