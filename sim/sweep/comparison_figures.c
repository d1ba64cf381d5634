/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sweep/comparison_figures.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/suggest.h"

enum { NAME_BYTES = 256 };

/* Compared when nobody says what: those that results have, and not as 0 everywhere. */
static const char *const usual[] = {
	"slab_bytes_held", "rss_bytes_max", "unusable_free_index_order9", "alloc_latency_ns_mean",
	"alloc_fails",     "minor_faults",  "alloc_latency_ns_p99",       "cost_ns",
};

/* Of these more is better; of all others less is. */
static const char *const higher_is_better[] = {
	"free_pages", "placements_matched", "effects_order", "effects_position", "effects_frame",
};

static bool is_higher_better(const char *name)
{
	for (size_t i = 0; i < sizeof(higher_is_better) / sizeof(higher_is_better[0]); i++)
		if (strcmp(higher_is_better[i], name) == 0)
			return true;
	return false;
}

/* Words of figures that count what was not done. */
static const char *const failure[] = { "fails", "failed", "killed" };

/* Whether `word` stands in `name` between underscores. */
static bool has_word(const char *name, const char *word, size_t length)
{
	for (const char *at = name; at; at = strchr(at, '_')) {
		at += *at == '_';
		if (strncmp(at, word, length) == 0 && (at[length] == '_' || !at[length]))
			return true;
	}
	return false;
}

static bool tells_failure(const char *name)
{
	for (size_t i = 0; i < sizeof(failure) / sizeof(failure[0]); i++)
		if (has_word(name, failure[i], strlen(failure[i])))
			return true;
	return false;
}

static size_t count_words(const char *name)
{
	size_t words = 1;
	for (; (name = strchr(name, '_')); name++)
		words++;
	return words;
}

bool comparison_name_has(const char *name, const char *words)
{
	for (const char *at = words; *at;) {
		size_t length = strcspn(at, "_");
		if (length && !has_word(name, at, length))
			return false;
		at += length + (at[length] == '_');
	}
	return true;
}

static int refuse_figure(const struct run_table *table, const char *name, const char *other,
			 struct error *err)
{
	struct suggestion near = { .word = name };
	if (other)
		return error_set(err, ERROR_INPUT, "figure %s: could be %s and others", name,
				 other);
	for (size_t i = 0; i < run_table_columns(table); i++)
		if (!run_table_is_text(table, i))
			suggest_consider(&near, run_table_name(table, i));
	if (near.best)
		return error_set(err, ERROR_INPUT,
				 "figure %s: these results have none of that name (did you mean "
				 "%s?)",
				 name, near.best);
	return error_set(err, ERROR_INPUT, "figure %s: these results have none of that name", name);
}

/* By its whole name, or by words of it: of several that have them all, the shortest. */
size_t comparison_column(const struct run_table *table, const char *name, struct error *err)
{
	size_t columns = run_table_columns(table), exact = run_table_find(table, name);
	size_t found = columns, matches = 0, fewest = SIZE_MAX;
	if (exact < columns && !run_table_is_text(table, exact))
		return exact;
	for (size_t i = 0; i < columns; i++) {
		if (run_table_is_text(table, i) ||
		    !comparison_name_has(run_table_name(table, i), name))
			continue;
		size_t words = count_words(run_table_name(table, i));
		if (words > fewest)
			continue;
		matches = words < fewest ? 1 : matches + 1;
		fewest = words;
		found = i;
	}
	if (matches == 1)
		return found;
	refuse_figure(table, name, matches ? run_table_name(table, found) : NULL, err);
	return columns;
}

static int add_figure(struct comparison *c, const struct run_table *table, const char *asked,
		      struct error *err)
{
	char name[NAME_BYTES];
	size_t length = strcspn(asked, ":");
	const char *way = asked[length] ? asked + length + 1 : "";
	snprintf(name, sizeof(name), "%.*s", (int)length, asked);
	if (*way && strcmp(way, "higher") != 0 && strcmp(way, "lower") != 0)
		return error_set(err, ERROR_INPUT,
				 "figure %s: after the colon stands higher or lower", asked);
	size_t column = comparison_column(table, name, err);
	if (column == run_table_columns(table))
		return -1;
	const char *column_name = run_table_name(table, column);
	c->figures[c->figure_count++] = (struct compared_figure){
		.name = column_name,
		.column = column,
		.higher_is_better =
			*way ? strcmp(way, "higher") == 0 : is_higher_better(column_name),
		.tells_failure = tells_failure(column_name),
	};
	return 0;
}

/* Some run has it, and it is not 0 in all that do. */
static bool says_something(const struct run_table *table, const char *name)
{
	size_t column = run_table_find(table, name);
	for (size_t row = 0; column < run_table_columns(table) && row < run_table_rows(table);
	     row++) {
		double value = run_table_number(table, row, column);
		if (value > 0 || value < 0)
			return true;
	}
	return false;
}

static int add_usual(struct comparison *c, const struct run_table *table, struct error *err)
{
	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
		if (says_something(table, usual[i]) && add_figure(c, table, usual[i], err) != 0)
			return -1;
	return c->figure_count ? 0
			       : error_set(err, ERROR_INPUT,
					   "the usual figures are 0 in these "
					   "results: name some with --report");
}

int comparison_choose_figures(struct comparison *c, const struct comparison_input *in,
			      const char *const *report, size_t count, struct error *err)
{
	if (!report && in->manifest) {
		report = in->manifest->report;
		count = in->manifest->report_count;
	}
	size_t most = count + sizeof(usual) / sizeof(usual[0]);
	c->figures = calloc(most, sizeof(*c->figures));
	if (!c->figures)
		return error_set(err, ERROR_RUN, "out of memory for the comparison");
	if (!count)
		return add_usual(c, in->table, err);
	for (size_t i = 0; i < count; i++)
		if (add_figure(c, in->table, report[i], err) != 0)
			return -1;
	return 0;
}
