/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/suggest.h"
#include "cli/cli.h"

enum { OPTIONS_MAX = 32, SHORT_MAX = 3 * OPTIONS_MAX };

static size_t fill_long(const struct cli_option *options, struct option *out)
{
	size_t n = 0;
	for (; options[n].name && n < OPTIONS_MAX - 2; n++)
		out[n] = (struct option){ options[n].name,
					  options[n].takes_value ? required_argument : no_argument,
					  NULL, options[n].letter };
	out[n++] = (struct option){ "help", no_argument, NULL, 'h' };
	out[n] = (struct option){ 0 };
	return n;
}

static void fill_short(const struct cli_arguments *a, char *out)
{
	const struct cli_option *options = a->options;
	if (a->ends_at_operand)
		*out++ = '+';
	*out++ = ':';
	*out++ = 'h';
	for (; options->name; options++) {
		if (options->letter > 255)
			continue;
		*out++ = (char)options->letter;
		if (options->takes_value)
			*out++ = ':';
	}
	*out = '\0';
}

static void complain_unknown(const struct cli_arguments *a, const char *given)
{
	char word[64];
	snprintf(word, sizeof(word), "%.*s", (int)strcspn(given + 2, "="), given + 2);
	if (strcmp(word, "plugin") == 0) {
		cli_usage(a->command, "option '--plugin' stands before the command");
		return;
	}
	struct suggestion near = { .word = word };
	for (const struct cli_option *o = a->options; o->name; o++)
		suggest_consider(&near, o->name);
	if (near.best)
		cli_usage(a->command, "unknown option '--%s', did you mean '--%s'?", word,
			  near.best);
	else
		cli_usage(a->command, "unknown option '--%s'", word);
}

static int complain(struct cli_arguments *a, int what)
{
	const char *given = a->argv[optind - 1];
	if (what == ':' && !*given)
		given = a->argv[optind - 2];
	bool is_long = strncmp(given, "--", 2) == 0;
	if (what == ':')
		cli_usage(a->command, "option '%.*s' needs a value", (int)strcspn(given, "="),
			  given);
	else if (is_long && optopt)
		cli_usage(a->command, "option '%.*s' takes no value", (int)strcspn(given, "="),
			  given);
	else if (is_long)
		complain_unknown(a, given);
	else
		cli_usage(a->command, "unknown option '-%c'", optopt);
	return CLI_BAD;
}

static const char *name_of(const struct cli_option *options, int letter)
{
	while (options->name && options->letter != letter)
		options++;
	return options->name;
}

int cli_next(struct cli_arguments *a)
{
	struct option long_options[OPTIONS_MAX];
	char short_options[SHORT_MAX];
	int index = -1;
	fill_long(a->options, long_options);
	fill_short(a, short_options);
	int letter = getopt_long(a->argc, a->argv, short_options, long_options, &index);
	a->name = index >= 0 ? long_options[index].name : name_of(a->options, letter);
	a->value = optarg;
	a->operand = optind;
	if (letter == -1)
		return CLI_END;
	if (letter == ':' || letter == '?')
		return complain(a, letter);
	if (letter != 'h' && a->value && !*a->value)
		return complain(a, ':');
	if (letter != 'h')
		return letter;
	printf("usage: slabyard %s\n\n%s", a->command->usage, a->command->text);
	return CLI_HELP;
}
