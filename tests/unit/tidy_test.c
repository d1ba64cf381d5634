/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every file that is in git: formatted as .clang-format says, licensed, free of markers that
 * somebody meant to come back to, of paths of one machine, and of documents that are not there.
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

enum {
	FILES_MAX = 4096,
	TEXT_MAX = 1 << 22,
	COLUMNS_MAX = 100,
	NOT_AVAILABLE = 77,
	CLANG_FORMAT_VERSION = 14
};

static char *paths[FILES_MAX];
static size_t path_count;

/* Split, so that this file does not hold them itself. */
static const char *const words[] = { "TO"
				     "DO",
				     "FIX"
				     "ME",
				     "X"
				     "XX",
				     "HA"
				     "CK" };
static const char *const places[] = { "/ho"
				      "me/",
				      "\"/wo"
				      "rk/",
				      " /wo"
				      "rk/",
				      "/tm"
				      "p/k/" };

static void list_files(void)
{
	FILE *list = popen("git -C '" SLABYARD_SOURCE_DIR "' ls-files 2>/dev/null", "r");
	char *line = NULL;
	size_t size = 0;
	ssize_t length;

	while (list && path_count < FILES_MAX && (length = getline(&line, &size, list)) > 0) {
		line[length - 1] = '\0';
		paths[path_count++] = strdup(line);
	}
	free(line);
	if (list)
		pclose(list);
}

static void forget_files(void)
{
	while (path_count)
		free(paths[--path_count]);
}

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), end_length = strlen(end);

	return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

static bool is_c(const char *path)
{
	return ends_with(path, ".c") || ends_with(path, ".h") || ends_with(path, ".def");
}

/* Files that people of this project wrote, as against recordings and the licence's own text. */
static bool is_ours(const char *path)
{
	return is_c(path) || ends_with(path, ".py") || ends_with(path, ".sh") ||
	       ends_with(path, ".md") || ends_with(path, ".yaml") ||
	       ends_with(path, "CMakeLists.txt");
}

/* The file's text, to be freed; NULL when it has been deleted but not yet committed so. */
static char *read_tracked(const char *path)
{
	char full[1024];
	snprintf(full, sizeof(full), "%s/%s", SLABYARD_SOURCE_DIR, path);
	FILE *file = fopen(full, "rb");

	if (!file)
		return NULL;
	char *text = malloc(TEXT_MAX);
	assert_non_null(text);
	size_t length = fread(text, 1, TEXT_MAX - 1, file);
	text[length] = '\0';
	fclose(file);
	return text;
}

static bool is_word_character(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static bool has_word(const char *text, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = strstr(text, word); at; at = strstr(at + 1, word)) {
		bool starts = at == text || !is_word_character(at[-1]);
		if (starts && !is_word_character(at[length]))
			return true;
	}
	return false;
}

/* What the text holds that it should not, or NULL. */
static const char *find_left_behind(const char *text)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (has_word(text, words[i]))
			return words[i];
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (strstr(text, places[i]))
			return places[i];
	return NULL;
}

static void nothing_is_left_behind(void **state)
{
	unsigned wrong = 0;

	(void)state;
	for (size_t i = 0; i < path_count; i++) {
		char *text = is_ours(paths[i]) ? read_tracked(paths[i]) : NULL;
		const char *found = text ? find_left_behind(text) : NULL;
		if (found)
			print_error("%s holds %s\n", paths[i], found);
		wrong += found != NULL;
		free(text);
	}
	assert_int_equal(wrong, 0);
}

static void markers_are_found_as_words(void **state)
{
	char text[32];

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		snprintf(text, sizeof(text), "/* %s: later */", words[i]);
		assert_string_equal(find_left_behind(text), words[i]);
		snprintf(text, sizeof(text), "file.%s%s", words[i], words[i]);
		assert_null(find_left_behind(text));
	}
	assert_non_null(find_left_behind("open(\"/ho"
					 "me/somebody/trace\")"));
}

static void every_source_states_its_licence(void **state)
{
	unsigned wrong = 0;

	(void)state;
	for (size_t i = 0; i < path_count; i++) {
		char *text = is_ours(paths[i]) && !ends_with(paths[i], ".md")
				     ? read_tracked(paths[i])
				     : NULL;
		char *end = text ? strstr(text, "SPDX-License-Identifier: GPL-3.0-or-later") : NULL;
		bool missing = text && (!end || end - text > 64);
		if (missing)
			print_error("%s does not begin with its SPDX line\n", paths[i]);
		wrong += missing;
		free(text);
	}
	assert_int_equal(wrong, 0);
}

/* Columns that a line takes, a tab each eight and a character of UTF-8 one; its end in *end. */
static unsigned line_width(const char *line, const char **end)
{
	unsigned width = 0;

	for (; *line && *line != '\n'; line++) {
		if (*line == '\t')
			width += 8 - width % 8;
		else
			width += ((unsigned char)*line & 0xc0) != 0x80;
	}
	*end = line;
	return width;
}

/* Sources that clang-format does not look at, or leaves long lines in. */
static bool has_short_lines(const char *path)
{
	return is_c(path) || ends_with(path, ".py") || ends_with(path, ".sh");
}

static void lines_are_short(void **state)
{
	unsigned wrong = 0;

	(void)state;
	for (size_t i = 0; i < path_count; i++) {
		char *text = has_short_lines(paths[i]) ? read_tracked(paths[i]) : NULL;
		const char *end = text;
		for (unsigned number = 1; end && *end; end += *end == '\n', number++) {
			if (line_width(end, &end) <= COLUMNS_MAX)
				continue;
			print_error("%s:%u: over %d columns\n", paths[i], number, COLUMNS_MAX);
			wrong++;
		}
		free(text);
	}
	assert_int_equal(wrong, 0);
}

static bool is_tracked_document(const char *name, size_t length)
{
	for (size_t i = 0; i < path_count; i++) {
		const char *slash = strrchr(paths[i], '/');
		const char *base = slash ? slash + 1 : paths[i];
		if (strlen(base) == length && memcmp(base, name, length) == 0)
			return true;
	}
	return false;
}

/* The start of the file name that ends with the ".md" at `suffix`. */
static const char *name_start(const char *text, const char *suffix)
{
	while (suffix > text && (is_word_character(suffix[-1]) || suffix[-1] == '-'))
		suffix--;
	return suffix;
}

static void documents_that_are_named_exist(void **state)
{
	unsigned wrong = 0;

	(void)state;
	for (size_t i = 0; i < path_count; i++) {
		char *text = is_ours(paths[i]) ? read_tracked(paths[i]) : NULL;
		const char *at = text ? strstr(text, ".md") : NULL;
		for (; at; at = strstr(at + 1, ".md")) {
			const char *name = name_start(text, at);
			size_t length = (size_t)(at - name) + 3;
			if (name == at || is_word_character(at[3]) ||
			    is_tracked_document(name, length))
				continue;
			print_error("%s names %.*s, which is not here\n", paths[i], (int)length,
				    name);
			wrong++;
		}
		free(text);
	}
	assert_int_equal(wrong, 0);
}

static int clang_format_version(void)
{
	FILE *out = popen("clang-format --version 2>/dev/null", "r");
	char line[256] = "";
	int version = 0;

	if (out && fgets(line, sizeof(line), out)) {
		const char *at = strstr(line, "version ");
		version = at ? atoi(at + strlen("version ")) : 0;
	}
	if (out)
		pclose(out);
	return version;
}

static void sources_are_formatted(void **state)
{
	(void)state;
	if (clang_format_version() != CLANG_FORMAT_VERSION) {
		print_message("clang-format %d is not installed: formatting is not checked\n",
			      CLANG_FORMAT_VERSION);
		skip();
	}
	/* Prints where and what itself. */
	int changed = system("cd '" SLABYARD_SOURCE_DIR "' && git ls-files '*.c' '*.h' |"
			     " while read -r file; do test -e $file && echo $file; done |"
			     " xargs clang-format --dry-run --Werror");
	assert_int_equal(changed, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(markers_are_found_as_words),
		cmocka_unit_test(nothing_is_left_behind),
		cmocka_unit_test(every_source_states_its_licence),
		cmocka_unit_test(lines_are_short),
		cmocka_unit_test(documents_that_are_named_exist),
		cmocka_unit_test(sources_are_formatted),
	};

	list_files();
	if (!path_count) {
		print_message("not a git checkout: the project's files are not checked\n");
		return NOT_AVAILABLE;
	}
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	forget_files();
	return failed;
}
