/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Includes point downward only and siblings never include each other; libyaml, hdf5 and the ways
 * to print and to end the process belong to one folder each. The layers stand in the table below.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <ctype.h>
#include <fts.h>

enum { PATH_LENGTH_MAX = 1024 };

struct folder {
	const char *path;   /* in the project */
	const char *prefix; /* as includes name it */
	int layer;
};

static const struct folder folders[] = {
	{ "sim/base/", "base/", 0 },
	{ "sim/core/", "core/", 1 },
	{ "sim/cost/", "cost/", 2 },
	{ "sim/page/", "page/", 2 },
	{ "sim/config/", "config/", 2 },
	{ "sim/results/", "results/", 2 },
	{ "workloads/trace/", "trace/", 2 },
	{ "workloads/import/", "import/", 2 },
	{ "workloads/record/", "record/", 2 },
	{ "workloads/generate/", "generate/", 2 },
	{ "sim/slab/", "slab/", 3 },
	{ "sim/vmalloc/", "vmalloc/", 3 },
	{ "sim/vm/", "vm/", 3 },
	{ "sim/oom/", "oom/", 3 },
	{ "sim/libc/", "libc/", 4 },
	{ "sim/machine/", "machine/", 5 },
	{ "sim/sweep/", "sweep/", 6 },
	{ "sim/cli/", "cli/", 7 },
	/* What machine/ offers: it stands just below, so that machine/ and all above may use it. */
	{ "sim/slabyard.h", "slabyard.h", 4 },
	/* Statistics read result files: from the engine they need base/ and nothing else. */
	{ "analysis/", "analysis/", 1 },
};

/* What only one folder (or file) may use. */
struct privilege {
	const char *what;
	const char *owner;
};

static const struct privilege headers[] = {
	{ "yaml.h", "sim/config/" },
	{ "hdf5.h", "sim/results/" },
	{ "hdf5_hl.h", "sim/results/" },
};

static const struct privilege calls[] = {
	{ "exit", "sim/cli/" },    { "_exit", "sim/sweep/" }, { "abort", "sim/core/assert.c" },
	{ "printf", "sim/cli/" },  { "puts", "sim/cli/" },    { "perror", "sim/cli/" },
	{ "putchar", "sim/cli/" },
};

static bool starts_with(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

static const struct folder *folder_of_file(const char *path)
{
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		if (starts_with(path, folders[i].path))
			return &folders[i];
	return NULL;
}

static const struct folder *folder_of_include(const char *name)
{
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		if (starts_with(name, folders[i].prefix))
			return &folders[i];
	return NULL;
}

/* NULL when `path` may include "name", else why not. */
static const char *judge_include(const char *path, const char *name)
{
	const struct folder *from = folder_of_file(path), *to = folder_of_include(name);

	if (!from)
		return "stands in a folder that has no layer";
	if (!to)
		return "includes from an unknown place";
	if (from == to)
		return NULL;
	if (to->layer > from->layer)
		return "includes upward";
	if (to->layer == from->layer)
		return "includes from a sibling";
	return NULL;
}

static const char *judge_header(const char *path, const char *name)
{
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		if (strcmp(name, headers[i].what) == 0 && !starts_with(path, headers[i].owner))
			return "is another folder's to include";
	return NULL;
}

/* Whether `code` calls `function`: the name, whole, and a parenthesis. */
static bool has_call(const char *code, const char *function)
{
	size_t length = strlen(function);

	for (const char *at = strstr(code, function); at; at = strstr(at + 1, function)) {
		bool whole = at == code || !(isalnum((unsigned char)at[-1]) || at[-1] == '_');
		if (whole && at[length] == '(')
			return true;
	}
	return false;
}

static const char *judge_calls(const char *path, const char *code)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (has_call(code, calls[i].what) && !starts_with(path, calls[i].owner))
			return calls[i].what;
	if (strstr(code, "stderr") && !starts_with(path, "sim/cli/") &&
	    strcmp(path, "sim/core/assert.c") != 0)
		return "stderr";
	return NULL;
}

/* End of the comment or literal that starts at `at`, or `at` when it is neither. */
static char *skip_prose(char *at)
{
	if (at[0] == '/' && at[1] == '*') {
		char *end = strstr(at + 2, "*/");
		return end ? end + 2 : at + strlen(at);
	}
	if (at[0] == '/' && at[1] == '/')
		return at + strcspn(at, "\n");
	if (at[0] != '"' && at[0] != '\'')
		return at;
	char quote = *at++;
	while (*at && *at != quote)
		at += at[0] == '\\' && at[1] ? 2 : 1;
	return *at ? at + 1 : at;
}

/* Blanks comments and literals, so that only code is left. */
static void blank_prose(char *text)
{
	while (*text) {
		char *end = skip_prose(text);
		if (end == text) {
			text++;
			continue;
		}
		for (; text < end; text++)
			*text = *text == '\n' ? '\n' : ' ';
	}
}

static char *read_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	char *text = NULL;
	size_t size = 0;

	assert_non_null(file);
	if (getdelim(&text, &size, '\0', file) < 0) {
		free(text);
		text = calloc(1, 1);
	}
	fclose(file);
	assert_non_null(text);
	return text;
}

static unsigned complain(const char *path, const char *subject, const char *what)
{
	print_error("%s: %s: %s\n", path, subject, what);
	return 1;
}

/* One line of a source: what its include, if it is one, does wrong. */
static unsigned check_line(const char *path, const char *line)
{
	char name[PATH_LENGTH_MAX];
	char quote;

	if (sscanf(line, " # include %c%1000[^\">\n]", &quote, name) != 2)
		return 0;
	const char *wrong = quote == '"' ? judge_include(path, name) : judge_header(path, name);
	return wrong ? complain(path, name, wrong) : 0;
}

static unsigned check_file(const char *root, const char *path)
{
	char full[PATH_LENGTH_MAX];
	unsigned wrong = 0;

	snprintf(full, sizeof(full), "%s/%s", root, path);
	char *text = read_file(full);
	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		wrong += check_line(path, line);
	}
	blank_prose(text);
	const char *call = judge_calls(path, text);
	if (call)
		wrong += complain(path, call, "is not this folder's to use");
	free(text);
	return wrong;
}

static bool is_source(const char *name)
{
	const char *suffix = strrchr(name, '.');

	return suffix && (strcmp(suffix, ".c") == 0 || strcmp(suffix, ".h") == 0 ||
			  strcmp(suffix, ".def") == 0);
}

/* Checks every source under root/sim, root/workloads and root/analysis. */
static unsigned check_tree(const char *root, unsigned *files)
{
	char top[3][PATH_LENGTH_MAX];
	char *tops[] = { top[0], top[1], top[2], NULL };
	unsigned wrong = 0;

	snprintf(top[0], PATH_LENGTH_MAX, "%s/sim", root);
	snprintf(top[1], PATH_LENGTH_MAX, "%s/workloads", root);
	snprintf(top[2], PATH_LENGTH_MAX, "%s/analysis", root);
	FTS *tree = fts_open(tops, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	assert_non_null(tree);
	*files = 0;
	for (FTSENT *entry = fts_read(tree); entry; entry = fts_read(tree)) {
		if (entry->fts_info != FTS_F || !is_source(entry->fts_name))
			continue;
		const char *path = entry->fts_path + strlen(root) + 1;
		if (starts_with(path, "workloads/samples/")) /* programs that were recorded */
			continue;
		wrong += check_file(root, path);
		++*files;
	}
	fts_close(tree);
	return wrong;
}

static void the_project_keeps_its_layers(void **state)
{
	unsigned files;

	(void)state;
	assert_int_equal(check_tree(SLABYARD_SOURCE_DIR, &files), 0);
	assert_true(files > 50);
}

static void includes_are_judged_by_layer(void **state)
{
	(void)state;
	assert_null(judge_include("sim/page/buddy.c", "page/page.h"));
	assert_null(judge_include("sim/page/buddy.c", "core/lock.h"));
	assert_null(judge_include("sim/slab/slub.c", "base/arena.h"));
	assert_null(judge_include("sim/machine/machine.c", "trace/syt.h"));
	assert_string_equal(judge_include("sim/base/arena.c", "core/gfp.h"), "includes upward");
	assert_string_equal(judge_include("sim/core/lock.c", "cost/cost.h"), "includes upward");
	assert_string_equal(judge_include("sim/slab/slub.c", "machine/machine.h"),
			    "includes upward");
	assert_string_equal(judge_include("sim/page/buddy.c", "config/config.h"),
			    "includes from a sibling");
	assert_string_equal(judge_include("sim/config/config.c", "import/import.h"),
			    "includes from a sibling");
	assert_string_equal(judge_include("analysis/statistics.c", "core/work.h"),
			    "includes from a sibling");
	assert_string_equal(judge_include("sim/page/buddy.c", "page.h"),
			    "includes from an unknown place");
	assert_string_equal(judge_include("sim/page/buddy.c", "../core/lock.h"),
			    "includes from an unknown place");
	assert_string_equal(judge_include("sim/stray.c", "core/lock.h"),
			    "stands in a folder that has no layer");
}

static void libraries_belong_to_one_folder(void **state)
{
	(void)state;
	assert_null(judge_header("sim/config/config.c", "yaml.h"));
	assert_null(judge_header("sim/page/buddy.c", "stdlib.h"));
	assert_non_null(judge_header("sim/machine/machine.c", "yaml.h"));
	assert_non_null(judge_header("sim/cli/run.c", "hdf5.h"));
}

static void only_the_command_line_prints_and_exits(void **state)
{
	char code[] = "/* exit(1) */ f(\"exit(1) \\\" abort()\", '\"'); // puts(x)\n"
		      "at_exit(g); fprintf(out, x);\n";

	(void)state;
	blank_prose(code);
	assert_null(judge_calls("sim/page/buddy.c", code));
	assert_string_equal(judge_calls("sim/page/buddy.c", "if (x)\n\texit(1);"), "exit");
	assert_string_equal(judge_calls("sim/page/buddy.c", "printf(x)"), "printf");
	assert_string_equal(judge_calls("sim/page/buddy.c", "fputs(x, stderr)"), "stderr");
	assert_string_equal(judge_calls("sim/cli/main.c", "abort()"), "abort");
	assert_null(judge_calls("sim/cli/main.c", "exit(1)"));
	assert_null(judge_calls("sim/core/assert.c", "abort()"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(includes_are_judged_by_layer),
		cmocka_unit_test(libraries_belong_to_one_folder),
		cmocka_unit_test(only_the_command_line_prints_and_exits),
		cmocka_unit_test(the_project_keeps_its_layers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
