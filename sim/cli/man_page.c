/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * man_page TEMPLATE OUTPUT: builds the manual page. Copies the template and puts every option of
 * every policy, from the tables, where it has a line of MARK. Runs during the build and is not
 * installed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/option_rows.h"
#include "slabyard.h"

#define MARK "@OPTIONS@\n"

enum { PATH_BYTES = 256, RANGE_BYTES = 256 };

/* Hyphens as they are to be typed, and nothing taken for a request. */
static void print_roff(const char *text)
{
	if (*text == '.' || *text == '\'')
		fputs("\\&", stdout);
	for (; *text; text++) {
		if (*text == '-' || *text == '\\')
			putchar('\\');
		putchar(*text == '\\' ? 'e' : *text);
	}
}

static void print_policies(const struct policy_kind *kind)
{
	for (size_t i = 0; i < policy_count(kind); i++) {
		const struct policy_info *info = policy_at(kind, i);
		fputs(".TP\n.B ", stdout);
		print_roff(info->name);
		printf("%s\n", policy_is_default(kind, info) ? " (default)" : "");
		print_roff(info->help);
		putchar('\n');
	}
}

static void print_heading(const struct config_section *section)
{
	fputs(".SS \"", stdout);
	print_roff(section->name);
	fputs(": ", stdout);
	print_roff(section->help);
	fputs("\"\n", stdout);
	if (!section->kind)
		return;
	fputs(".TP\n.B ", stdout);
	print_roff(section->name);
	fputs(".policy\nOne of:\n.RS\n", stdout);
	print_policies(section->kind);
	fputs(".RE\n", stdout);
}

static void print_row(void *context, const struct option_row *row)
{
	const struct config_section *const *section = context;
	const struct option_spec *option = row->option;
	char path[PATH_BYTES], range[RANGE_BYTES];
	if (row->section != *section)
		return;
	fputs(".TP\n.B ", stdout);
	print_roff(option_row_path(row, path, sizeof(path)));
	printf("\n(%s, default ", option_type_name(option->type));
	print_roff(*option->default_text ? option->default_text : "\"\"");
	option_format_range(option, range, sizeof(range));
	if (*range) {
		fputs(", ", stdout);
		print_roff(range);
	}
	if (option->unit && *option->unit) {
		fputs(", ", stdout);
		print_roff(option->unit);
	}
	fputs(")\n", stdout);
	print_roff(option->help);
	fputs(".\n", stdout);
}

static void print_options(void)
{
	const struct config_schema *schema = slabyard_config_schema();
	for (const struct config_section *section = schema->sections; section->name; section++) {
		print_heading(section);
		option_rows_visit(schema, print_row, &section);
	}
}

static int fail(const char *file)
{
	perror(file);
	return 1;
}

int main(int argc, char **argv)
{
	char *line = NULL;
	size_t size = 0;
	if (argc != 3)
		return 1;
	if (!freopen(argv[1], "r", stdin))
		return fail(argv[1]);
	if (!freopen(argv[2], "w", stdout))
		return fail(argv[2]);
	while (getline(&line, &size, stdin) > 0) {
		if (strcmp(line, MARK) == 0)
			print_options();
		else
			fputs(line, stdout);
	}
	free(line);
	return fclose(stdout) ? fail(argv[2]) : 0;
}
