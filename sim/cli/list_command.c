/* SPDX-License-Identifier: GPL-3.0-or-later */
/* slabyard list: every policy of every kind, and what can be set of each. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/suggest.h"
#include "base/units.h"
#include "cli/cli.h"
#include "cli/option_rows.h"
#include "cli/text_table.h"
#include "machine/trace_files.h"
#include "slabyard.h"

enum { PATH_BYTES = 256, RANGE_BYTES = 256, DEFAULT_BYTES = 128 };

static int refuse_name(const char *what, const struct suggestion *nearest, struct error *err)
{
	if (!nearest->best)
		return error_set(err, ERROR_INPUT, "%s \"%s\" (slabyard list shows all)", what,
				 nearest->word);
	return error_set(err, ERROR_INPUT, "%s \"%s\" (did you mean %s?)", what, nearest->word,
			 nearest->best);
}

static int out_of_memory(struct error *err)
{
	return error_set(err, ERROR_RUN, "out of memory");
}

static int list_kind(const struct policy_kind *kind, struct error *err)
{
	struct text_table table = { .columns = 3 };
	int status = 0;
	for (size_t i = 0; i < policy_count(kind) && !status; i++) {
		const struct policy_info *info = policy_at(kind, i);
		const char *star = policy_is_default(kind, info) ? "*" : " ";
		status = text_table_add(&table, (const char *[]){ star, info->name, info->help });
	}
	printf("%s: %s\n", kind->name, kind->help);
	text_table_print(&table, 2, stdout);
	text_table_free(&table);
	return status ? out_of_memory(err) : 0;
}

/* Bundled recordings are listed as if they were policies of one more kind. */
static const char traces[] = "trace";

struct trace_rows {
	struct text_table table;
	bool out_of_memory;
};

static void add_trace(void *context, const char *name, const char *brief, const char *path)
{
	struct trace_rows *rows = context;
	struct stat st;
	char size[32] = "";
	if (stat(path, &st) == 0)
		units_human_size((double)st.st_size, size, sizeof(size));
	if (text_table_add(&rows->table, (const char *[]){ " ", name, brief ? brief : "", size }))
		rows->out_of_memory = true;
}

static int list_traces(struct error *err)
{
	struct trace_rows rows = { .table.columns = 4 };
	printf("%s: bundled recordings, by this name wherever a trace is wanted\n", traces);
	trace_files_visit(add_trace, &rows);
	text_table_print(&rows.table, 2, stdout);
	text_table_free(&rows.table);
	return rows.out_of_memory ? out_of_memory(err) : 0;
}

static int check_kind(const char *name, struct error *err)
{
	struct suggestion nearest = { .word = name };
	if (strcmp(name, traces) == 0)
		return 0;
	suggest_consider(&nearest, traces);
	for (const struct policy_kind *const *kind = slabyard_kinds(); *kind; kind++) {
		if (strcmp((*kind)->name, name) == 0)
			return 0;
		suggest_consider(&nearest, (*kind)->name);
	}
	return refuse_name("unknown kind", &nearest, err);
}

/* All kinds when name is NULL. */
static int list_kinds(const char *name, struct error *err)
{
	for (const struct policy_kind *const *kind = slabyard_kinds(); *kind; kind++)
		if ((!name || strcmp((*kind)->name, name) == 0) && list_kind(*kind, err))
			return -1;
	return !name || strcmp(name, traces) == 0 ? list_traces(err) : 0;
}

/* The rows that belong to one name, gathered for printing. */
struct selection {
	const char *kind; /* NULL: any */
	const char *name;
	struct suggestion nearest;
	struct text_table table;
	bool out_of_memory;
};

static bool is_selected(const struct selection *selection, const struct option_row *row)
{
	const struct policy_kind *kind = row->section->kind;
	if (selection->kind && (!kind || strcmp(kind->name, selection->kind) != 0))
		return false;
	return strcmp(selection->name, "all") == 0 ||
	       strcmp(selection->name, row->policy ? row->policy->name : row->section->name) == 0;
}

static void select_row(void *context, const struct option_row *row)
{
	struct selection *selection = context;
	char path[PATH_BYTES], range[RANGE_BYTES];
	const struct option_spec *option = row->option;
	if (!is_selected(selection, row))
		return;
	const char *cells[] = {
		option_row_path(row, path, sizeof(path)),
		option_type_name(option->type),
		*option->default_text ? option->default_text : "\"\"",
		option_format_range(option, range, sizeof(range)),
		option->unit ? option->unit : "",
		option->help,
	};
	if (text_table_add(&selection->table, cells))
		selection->out_of_memory = true;
}

/* True when something has that name, though it may have no options. */
static bool name_is_known(struct selection *selection)
{
	bool known = strcmp(selection->name, "all") == 0;
	const struct config_section *section = slabyard_config_schema()->sections;
	for (; section->name; section++) {
		if (section->options) {
			suggest_consider(&selection->nearest, section->name);
			known |= strcmp(section->name, selection->name) == 0;
		}
		for (size_t i = 0; section->kind && i < policy_count(section->kind); i++) {
			const char *name = policy_at(section->kind, i)->name;
			suggest_consider(&selection->nearest, name);
			known |= strcmp(name, selection->name) == 0;
		}
	}
	return known;
}

static int list_options(const char *kind, const char *name, struct error *err)
{
	static const char *const head[] = { "OPTION", "TYPE", "DEFAULT", "RANGE", "UNIT", "HELP" };
	struct selection selection = {
		.kind = kind, .name = name, .nearest.word = name, .table.columns = 6
	};
	if (!name_is_known(&selection))
		return refuse_name("unknown policy or section", &selection.nearest, err);
	selection.out_of_memory = text_table_add(&selection.table, head) != 0;
	option_rows_visit(slabyard_config_schema(), select_row, &selection);
	if (selection.table.count > 1)
		text_table_print(&selection.table, 0, stdout);
	else
		printf("%s has no options\n", name);
	text_table_free(&selection.table);
	return selection.out_of_memory ? out_of_memory(err) : 0;
}

enum { OPTION_OPTIONS = 256 };

static const struct cli_option arguments_known[] = {
	{ "options", true, OPTION_OPTIONS },
	{ 0 },
};

static int list_main(const struct command *command, int argc, char **argv)
{
	struct cli_arguments arguments = {
		.command = command, .options = arguments_known, .argc = argc, .argv = argv
	};
	struct error err = { 0 };
	const char *name = NULL;
	int letter;
	while ((letter = cli_next(&arguments)) != CLI_END) {
		if (letter == CLI_HELP)
			return cli_flush();
		if (letter == CLI_BAD)
			return EXIT_BAD_INPUT;
		name = arguments.value;
	}
	if (argc - arguments.operand > 1)
		return cli_usage(command, "one KIND at most, '%s' is one more",
				 argv[arguments.operand + 1]);
	const char *kind = arguments.operand < argc ? argv[arguments.operand] : NULL;
	int status = kind ? check_kind(kind, &err) : 0;
	if (!status)
		status = name ? list_options(kind, name, &err) : list_kinds(kind, &err);
	if (status)
		return cli_fail(&err);
	return cli_flush();
}

const struct command list_command = {
	.name = "list",
	.usage = "list [KIND] [--options NAME]",
	.help = "every policy of every kind, and what can be set of each",
	.text = "Shows every policy of every kind, or of KIND alone; * is the default of its "
		"kind.\n"
		"Kind trace is the bundled recordings, with the short name that some have.\n"
		"\n"
		"  --options NAME    what can be set of a policy, of a section of the\n"
		"                    configuration (machine, sample), or of all of them (all)\n",
	.main = list_main,
};
