/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/prediction_table.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/shipped.h"

enum column {
	COLUMN_SCRIPT,
	COLUMN_KIND,
	COLUMN_FROM,
	COLUMN_TO,
	COLUMN_START,
	COLUMN_MARK,
	COLUMN_SLABS,
	COLUMN_SLABS_ERROR,
	COLUMN_SLABS_MOST,
	COLUMN_PAGES,
	COLUMN_PAGES_ERROR,
	COLUMN_REQUESTS,
	COLUMN_REQUESTS_ERROR,
	COLUMN_REQUESTS_MOST,
	COLUMN_FREE,
	COLUMN_FREE_ERROR,
	COLUMNS,
};

static const char *const column_names[COLUMNS] = {
	"script",         "kind",          "from",       "to",         "start",       "mark",
	"slabs",          "slabs_error",   "slabs_most", "pages",      "pages_error", "requests",
	"requests_error", "requests_most", "free",       "free_error",
};

static const struct {
	enum column change, error;
} figures[PREDICTION_FIGURES] = {
	[PREDICTION_SLABS] = { COLUMN_SLABS, COLUMN_SLABS_ERROR },
	[PREDICTION_CACHE] = { COLUMN_SLABS, COLUMN_SLABS_MOST },
	[PREDICTION_PAGES] = { COLUMN_PAGES, COLUMN_PAGES_ERROR },
	[PREDICTION_REQUESTS] = { COLUMN_REQUESTS, COLUMN_REQUESTS_ERROR },
	[PREDICTION_ORDER] = { COLUMN_REQUESTS, COLUMN_REQUESTS_MOST },
	[PREDICTION_FREE] = { COLUMN_FREE, COLUMN_FREE_ERROR },
};

struct reader {
	const char *path;
	uint64_t line;
	int place[COLUMNS];                  /* of each column in a row, -1: not there */
	const char *cells[COLUMNS];          /* of the row at hand */
	uint64_t change[PREDICTION_FIGURES]; /* largest of the recording at hand up to its row */
};

static int bad_row(const struct reader *r, const char *what, struct error *err)
{
	return error_set(err, ERROR_INPUT, "%s:%llu: %s", r->path, (unsigned long long)r->line,
			 what);
}

static int find_columns(struct reader *r, char *line, struct error *err)
{
	for (int i = 0; i < COLUMNS; i++)
		r->place[i] = -1;
	int place = 0;
	for (char *name; (name = strsep(&line, ",")); place++)
		for (int i = 0; i < COLUMNS; i++)
			if (strcmp(name, column_names[i]) == 0)
				r->place[i] = place;
	for (int i = 0; i < COLUMNS; i++)
		if (r->place[i] < 0)
			return error_set(err, ERROR_INPUT, "%s:1: has no column '%s'", r->path,
					 column_names[i]);
	return 0;
}

static int find_cells(struct reader *r, char *line, struct error *err)
{
	int found = 0, place = 0;
	for (char *cell; (cell = strsep(&line, ",")); place++)
		for (int i = 0; i < COLUMNS; i++)
			if (r->place[i] == place) {
				r->cells[i] = cell;
				found++;
			}
	return found == COLUMNS ? 0 : bad_row(r, "has too few columns", err);
}

static bool is_of(const struct reader *r, const struct prediction_case *wanted)
{
	return strcmp(r->cells[COLUMN_KIND], wanted->kind) == 0 &&
	       strcmp(r->cells[COLUMN_FROM], wanted->from) == 0 &&
	       strcmp(r->cells[COLUMN_TO], wanted->to) == 0 &&
	       strcmp(r->cells[COLUMN_START], wanted->start) == 0;
}

static int read_number(const struct reader *r, enum column column, uint64_t *value,
		       struct error *err)
{
	const char *text = r->cells[column];
	char *end;

	errno = 0;
	*value = strtoull(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end && !errno
		       ? 0
		       : bad_row(r, "a number is expected", err);
}

/* Rows of a recording stand together, in the order of its marks. */
static int note_script(struct prediction_bands *b, struct reader *r, struct error *err)
{
	const char *name = r->cells[COLUMN_SCRIPT];

	if (b->script_count && strcmp(b->scripts[b->script_count - 1], name) == 0)
		return 0;
	if (b->script_count == PREDICTION_SCRIPTS_MAX)
		return bad_row(r, "too many recordings", err);
	const char *kept = text_pool_add(&b->text, name);
	if (!kept)
		return error_set(err, ERROR_RUN, "no memory for the table of predictions");
	b->scripts[b->script_count++] = kept;
	memset(r->change, 0, sizeof(r->change));
	return 0;
}

static void widen(double *share, uint64_t error, uint64_t whole)
{
	double part = (double)error / (double)whole;
	*share = part > *share ? part : *share;
}

static int take_row(struct prediction_bands *b, struct reader *r, struct error *err)
{
	uint64_t mark, change, error;

	if (note_script(b, r, err) != 0 || read_number(r, COLUMN_MARK, &mark, err) != 0)
		return -1;
	for (int i = 0; i < PREDICTION_FIGURES; i++) {
		if (read_number(r, figures[i].change, &change, err) != 0 ||
		    read_number(r, figures[i].error, &error, err) != 0)
			return -1;
		if (!mark) { /* what there is, not how it changed */
			widen(&b->start_share[i], error, change ? change : 1);
			continue;
		}
		r->change[i] = change > r->change[i] ? change : r->change[i];
		b->largest[i] = change > b->largest[i] ? change : b->largest[i];
		widen(&b->share[i], error,
		      r->change[i] > PREDICTION_CHANGE_MIN ? r->change[i] : PREDICTION_CHANGE_MIN);
	}
	return 0;
}

static int read_rows(struct prediction_bands *b, FILE *file, struct reader *r,
		     const struct prediction_case *wanted, struct error *err)
{
	char *line = NULL;
	size_t size = 0;
	int result = 0;

	for (ssize_t length; result == 0 && (length = getline(&line, &size, file)) > 0;) {
		line[strcspn(line, "\r\n")] = '\0';
		if (++r->line == 1) {
			result = find_columns(r, line, err);
			continue;
		}
		result = find_cells(r, line, err);
		if (result == 0 && is_of(r, wanted))
			result = take_row(b, r, err);
	}
	free(line);
	return result;
}

int prediction_bands_read(struct prediction_bands *b, const struct prediction_case *wanted,
			  struct error *err)
{
	char path[PATH_MAX];

	*b = (struct prediction_bands){ 0 };
	if (!shipped_analysis("prediction.csv", path, sizeof(path)))
		return error_set(err, ERROR_RUN,
				 "analysis/prediction.csv is not where it was installed with the "
				 "program");
	FILE *file = fopen(path, "r");
	if (!file)
		return error_set(err, ERROR_RUN, "%s: %s", path, strerror(errno));
	struct reader reader = { .path = path };
	int result = read_rows(b, file, &reader, wanted, err);
	fclose(file);
	if (result != 0)
		prediction_bands_free(b);
	return result;
}

void prediction_bands_free(struct prediction_bands *b)
{
	text_pool_free(&b->text);
	*b = (struct prediction_bands){ 0 };
}

uint64_t prediction_band(const struct prediction_bands *b, enum prediction_figure figure,
			 uint64_t change)
{
	uint64_t whole = change > PREDICTION_CHANGE_MIN ? change : PREDICTION_CHANGE_MIN;

	return (uint64_t)ceil(b->share[figure] * (double)whole);
}
