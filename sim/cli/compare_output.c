/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/compare_output.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/formats.h"
#include "cli/setting_names.h"

enum { SETTING_BYTES = 1024 };

/* What of a comparison people are shown: what says nothing in any row is left out. */
struct shown {
	bool figure, baseline, trace, random, varies, seed_interval, perturbed, speedup, left_out;
	bool ranks;
};

/* Percents, or the difference in the figure's own unit. */
static const char *change_text(const struct comparison_row *row, double change, char *text,
			       size_t size)
{
	char amount[FORMAT_TEXT_BYTES];
	if (isnan(change))
		return "-";
	if (row->relative)
		snprintf(text, size, "%+.2f%%", 100 * change);
	else
		snprintf(text, size, "%s%s", change < 0 ? "-" : "+",
			 format_figure(row->figure->name, fabs(change), amount, sizeof(amount)));
	return text;
}

/* "12.5 (11 to 13)" */
static const char *quartiles_text(const struct comparison_row *row, const struct quartiles *q,
				  char *text, size_t size)
{
	const char *figure = row->figure->name;
	char median[FORMAT_TEXT_BYTES], low[FORMAT_TEXT_BYTES], high[FORMAT_TEXT_BYTES];
	if (isnan(q->median))
		return "-";
	snprintf(text, size, "%.40s (%.40s to %.40s)",
		 format_figure(figure, q->median, median, sizeof(median)),
		 format_figure(figure, q->low, low, sizeof(low)),
		 format_figure(figure, q->high, high, sizeof(high)));
	return text;
}

static const char *interval_text(const struct comparison_row *row, struct interval interval,
				 char *text, size_t size)
{
	char low[FORMAT_TEXT_BYTES], high[FORMAT_TEXT_BYTES];
	if (!interval_is_known(interval))
		return "-";
	snprintf(text, size, "%.40s to %.40s", change_text(row, interval.low, low, sizeof(low)),
		 change_text(row, interval.high, high, sizeof(high)));
	return text;
}

/* By ranks it is no interval of the change, and what it is one of stands before it. */
static const char *seed_interval_text(const struct comparison_row *row, char *text, size_t size)
{
	char shift[FORMAT_TEXT_BYTES], interval[FORMAT_TEXT_BYTES];
	if (row->method != INTERVAL_HODGES_LEHMANN || !interval_is_known(row->seed_interval))
		return interval_text(row, row->seed_interval, text, size);
	snprintf(text, size, "%.40s (%.80s)",
		 change_text(row, row->seed_change, shift, sizeof(shift)),
		 interval_text(row, row->seed_interval, interval, sizeof(interval)));
	return text;
}

static const char *number_text(double value, const char *format, char *text, size_t size)
{
	if (isnan(value))
		return "-";
	if (strcmp(format, "p") == 0 && value < 0.0001)
		return "<0.0001";
	snprintf(text, size, "%.*f", strcmp(format, "p") == 0 ? 4 : 2, value);
	return text;
}

/* "stable (10 of 10)": how many perturbed runs rank the two as the unperturbed ones do. */
static const char *ranking_text(const struct stability *s, char *text, size_t size)
{
	if (!s->perturbed)
		return "-";
	snprintf(text, size, "%s (%zu of %zu)", s->kept == s->perturbed ? "stable" : "not stable",
		 s->kept, s->perturbed);
	return text;
}

/* What an interval does not show of others, the recordings themselves may still say. */
static void print_not_shown(const struct comparison_row *row, FILE *out)
{
	bool all = row->lower == row->recordings || row->higher == row->recordings;
	bool stable = row->stability.kept == row->stability.perturbed;
	if (all && stable && !row->varies) {
		fprintf(out, "%s on %zu of %zu recordings, beyond them not shown",
			row->lower ? "lower" : "higher", row->recordings, row->recordings);
		return;
	}
	fputs(comparison_verdict_name(row->verdict), out);
	if (row->recordings < 2)
		return;
	if (row->lower)
		fprintf(out, ": lower on %zu", row->lower);
	if (row->higher)
		fprintf(out, "%s on %zu", row->lower ? ", higher" : ": higher", row->higher);
	fprintf(out, " of %zu", row->recordings);
}

static void print_verdict(const struct comparison_row *row, FILE *out)
{
	/* Few recordings whose figures do not vary with the seed speak for themselves alone. */
	bool few = !row->varies && row->recordings < COMPARISON_RECORDINGS_MIN;
	bool shown = row->verdict == VERDICT_BETTER || row->verdict == VERDICT_WORSE;
	if (row->verdict == VERDICT_NOT_SHOWN) {
		print_not_shown(row, out);
		return;
	}
	fputs(comparison_verdict_name(row->verdict), out);
	if (few && shown)
		fputs(row->recordings == 1 ? " on this recording" : " on both recordings", out);
	else if (row->verdict == VERDICT_PAST_HORIZON)
		fprintf(out, ": %zu of %zu, baseline %zu of %zu", row->parted.past,
			row->parted.runs, row->baseline_parted.past, row->baseline_parted.runs);
}

static const char *verdict_text(const struct comparison_row *row, char *text, size_t size)
{
	FILE *out = fmemopen(text, size, "w");
	if (!out)
		return comparison_verdict_name(row->verdict);
	print_verdict(row, out);
	fclose(out);
	return text;
}

/* How many times as good as the baseline. */
static double speedup(const struct comparison_row *row, double change)
{
	if (!row->relative)
		return (double)NAN;
	return row->figure->higher_is_better ? 1 + change : 1 / (1 + change);
}

static struct interval speedup_interval(const struct comparison_row *row)
{
	double low = speedup(row, row->interval.low), high = speedup(row, row->interval.high);
	return low < high ? (struct interval){ low, high } : (struct interval){ high, low };
}

static const char *speedup_text(const struct comparison_row *row, char *text, size_t size)
{
	struct interval interval = speedup_interval(row);
	int used = snprintf(text, size, "%.3f", speedup(row, row->change));
	if (!row->relative || used < 0)
		return "-";
	if (interval_is_known(interval))
		snprintf(text + used, size - (size_t)used, " (%.3f to %.3f)", interval.low,
			 interval.high);
	return text;
}

enum { COLUMNS_MAX = 60 };

struct columns {
	struct listing_column items[COLUMNS_MAX];
	size_t count;
};

/* name NULL: for people only; heading NULL: for programs only. */
static void column(struct columns *c, const char *name, const char *heading)
{
	c->items[c->count++] = (struct listing_column){ name, heading };
}

/* In the order of add_quartiles. */
static void name_quartiles(struct columns *c, const struct shown *s)
{
	column(c, "baseline_median", s->ranks ? "baseline median" : NULL);
	column(c, "baseline_q1", NULL);
	column(c, "baseline_q3", NULL);
	column(c, "median", s->ranks ? "median (quartiles)" : NULL);
	column(c, "q1", NULL);
	column(c, "q3", NULL);
}

/* In the order of add_row. */
static void name_columns(struct columns *c, const struct shown *s)
{
	column(c, "figure", s->figure ? "figure" : NULL);
	column(c, "better", NULL);
	column(c, "setting", "setting");
	column(c, "baseline", s->baseline ? "held against" : NULL);
	column(c, "recording", s->trace ? "recording" : NULL);
	column(c, "recordings", NULL);
	column(c, "left_out", s->left_out ? "left out" : NULL);
	column(c, "lower", NULL);
	column(c, "higher", NULL);
	column(c, "seeds", NULL);
	column(c, "random", NULL);
	column(c, "past_horizon", NULL);
	column(c, "baseline_past_horizon", NULL);
	column(c, "baseline_value", "baseline");
	column(c, "value", "value");
	name_quartiles(c, s);
	column(c, "relative", NULL);
	column(c, "change", "change");
	column(c, NULL, "95% interval");
	column(c, "low", NULL);
	column(c, "high", NULL);
	column(c, NULL,
	       !s->seed_interval ? NULL
	       : s->ranks        ? "shift over seeds (95%)"
				 : "95% over seeds");
	column(c, "seed_change", NULL);
	column(c, "seed_low", NULL);
	column(c, "seed_high", NULL);
	column(c, "interval_method", NULL);
	column(c, "speedup", s->speedup ? "speed-up" : NULL);
	column(c, "speedup_low", NULL);
	column(c, "speedup_high", NULL);
	column(c, "p", NULL);
	column(c, "p_holm", s->varies ? "p" : NULL);
	column(c, "effect", s->varies ? "effect" : NULL);
	column(c, NULL, s->perturbed ? "perturbed" : NULL);
	column(c, "perturbed_low", NULL);
	column(c, "perturbed_high", NULL);
	column(c, "perturbed", NULL);
	column(c, "perturbed_kept", NULL);
	column(c, NULL, s->perturbed ? "ranking" : NULL);
	column(c, "verdict", NULL);
	column(c, NULL, "verdict");
}

static void add_interval(struct listing *l, const struct comparison_row *row,
			 struct interval interval)
{
	char a[FORMAT_TEXT_BYTES];
	listing_text(l, interval_text(row, interval, a, sizeof(a)));
	listing_number(l, interval.low, "");
	listing_number(l, interval.high, "");
}

static void add_quartiles(struct listing *l, const struct comparison_row *row,
			  const struct quartiles *q)
{
	char text[2 * FORMAT_TEXT_BYTES];
	listing_number(l, q->median, quartiles_text(row, q, text, sizeof(text)));
	listing_number(l, q->low, "");
	listing_number(l, q->high, "");
}

static void add_values(struct listing *l, const struct comparison_row *row)
{
	char a[FORMAT_TEXT_BYTES];
	const char *figure = row->figure->name;
	listing_number(l, row->baseline_value,
		       format_figure(figure, row->baseline_value, a, sizeof(a)));
	listing_number(l, row->value, format_figure(figure, row->value, a, sizeof(a)));
	add_quartiles(l, row, &row->baseline_quartiles);
	add_quartiles(l, row, &row->quartiles);
	listing_flag(l, row->relative, "");
	listing_number(l, row->change, change_text(row, row->change, a, sizeof(a)));
	add_interval(l, row, row->interval);
	listing_text(l, seed_interval_text(row, a, sizeof(a)));
	listing_number(l, row->seed_change, "");
	listing_number(l, row->seed_interval.low, "");
	listing_number(l, row->seed_interval.high, "");
	listing_text(l, comparison_method_name(row->method));
	struct interval interval = speedup_interval(row);
	listing_number(l, speedup(row, row->change), speedup_text(row, a, sizeof(a)));
	listing_number(l, interval.low, "");
	listing_number(l, interval.high, "");
}

static void add_row(struct listing *l, const struct comparison_row *row, bool is_short)
{
	char a[FORMAT_TEXT_BYTES], label[SETTING_BYTES];
	listing_text(l, row->figure->name);
	listing_text(l, row->figure->higher_is_better ? "higher" : "lower");
	listing_text(l, is_short ? setting_names_short(row->setting, label, sizeof(label))
				 : row->setting);
	listing_text(l, is_short ? setting_names_short(row->baseline, label, sizeof(label))
				 : row->baseline);
	listing_text(l, row->trace ? row->trace : "");
	listing_count(l, row->recordings);
	listing_text(l, row->left_out);
	listing_count(l, row->lower);
	listing_count(l, row->higher);
	listing_count(l, row->seeds);
	listing_flag(l, row->random, "");
	listing_count(l, row->parted.past);
	listing_count(l, row->baseline_parted.past);
	add_values(l, row);
	listing_number(l, row->p, "");
	listing_number(l, row->p_adjusted, number_text(row->p_adjusted, "p", a, sizeof(a)));
	listing_number(l, row->effect, number_text(row->effect, "effect", a, sizeof(a)));
	add_interval(l, row, row->stability.band);
	listing_count(l, row->stability.perturbed);
	listing_count(l, row->stability.kept);
	listing_text(l, ranking_text(&row->stability, a, sizeof(a)));
	listing_text(l, comparison_verdict_name(row->verdict));
	listing_text(l, verdict_text(row, a, sizeof(a)));
}

static size_t most_recordings(const struct comparison *c)
{
	size_t most = 0;
	for (size_t i = 0; i < c->row_count; i++)
		most = c->rows[i].recordings > most ? c->rows[i].recordings : most;
	return most;
}

static void note_chance(const struct comparison *c, const struct shown *shown, FILE *out)
{
	bool steady = false;
	for (size_t i = 0; i < c->row_count; i++)
		steady = steady || !c->rows[i].varies;
	if (!shown->varies && shown->random)
		fputs("All seeds agree: these figures do not depend on them, and there is nothing "
		      "to test.\n",
		      out);
	else if (!shown->varies)
		fputs("These runs are deterministic: equal runs give equal figures, and there is "
		      "nothing to test.\n",
		      out);
	else
		fprintf(out,
			"p: of %s over seeds for one recording, of the paired t-test over "
			"several;\n"
			"corrected by Holm for all rows. effect: %s over seeds.\n%s",
			c->mann_whitney ? "Mann and Whitney's test" : "Welch's test",
			c->mann_whitney ? "Cliff's delta" : "Hedges' g",
			steady ? "Rows without p are of deterministic runs, or all seeds agree.\n"
			       : "");
	if (shown->perturbed)
		fputs("perturbed: the change in runs that were perturbed alike, seed by seed; the "
		      "ranking is stable\nwhen all of them have the sign of the unperturbed "
		      "change. One that is not stable shows no difference.\n",
		      out);
}

/* From its horizon on a run is no longer what the recording's programs would have done. */
static void note_horizon(const struct comparison *c, FILE *out)
{
	for (size_t i = 0; i < c->config_count; i++) {
		struct parted parted = c->configs[i].parted;
		fprintf(out,
			"horizon: %zu of %zu run%s of %s parted from %s recording before the "
			"end.\n",
			parted.past, parted.runs, parted.runs == 1 ? "" : "s", c->configs[i].label,
			parted.runs == 1 ? "its" : "their");
	}
	if (c->config_count)
		fputs("What the recorded programs would have done from there on is not known "
		      "(horizon_record of /provenance).\nWhere more runs of one side have parted, "
		      "only what failed is judged: the rest may be less because less was done.\n",
		      out);
}

static bool uses_method(const struct comparison *c, enum interval_method method)
{
	for (size_t i = 0; i < c->row_count; i++)
		if (c->rows[i].method == method)
			return true;
	return false;
}

static void note_methods(const struct comparison *c, FILE *out)
{
	bool short_of = c->bootstrap &&
			(uses_method(c, INTERVAL_STUDENT) || uses_method(c, INTERVAL_WELCH));
	if (short_of)
		fprintf(out,
			"A bootstrap of fewer than %d values is too narrow: %s where there are "
			"fewer.\n",
			COMPARISON_BOOTSTRAP_MIN,
			uses_method(c, INTERVAL_STUDENT) ? "Student's t" : "Welch's interval");
	if (uses_method(c, INTERVAL_HODGES_LEHMANN))
		fputs("shift: how far one's seeds lie above the other's (Hodges and Lehmann), and "
		      "all "
		      "that the test does not reject.\n",
		      out);
}

/* Which mean a row's values are, its change tells. */
static void note_means(const struct comparison *c, FILE *out)
{
	bool ratios = false, differences = false, left_out = false;
	for (size_t i = 0; i < c->row_count; i++) {
		const struct comparison_row *row = &c->rows[i];
		ratios = ratios || (row->relative && row->recordings > 1);
		differences = differences || (!row->relative && row->recordings > 1);
		left_out = left_out || *row->left_out;
	}
	if (ratios || differences)
		fprintf(out, "Values are %s%s over recordings%s.\n",
			ratios ? "geometric means" : "arithmetic means",
			ratios && differences ? " (arithmetic ones where a change is no percentage)"
					      : "",
			ratios ? "" : ": a 0 has no ratio");
	if (left_out)
		fputs("left out: recordings on which both are 0, which have no ratio.\n", out);
}

/* What the numbers mean, where they need it. */
static void print_notes(const struct comparison *c, const struct shown *shown, FILE *out)
{
	size_t recordings = most_recordings(c);
	note_chance(c, shown, out);
	if (recordings >= COMPARISON_RECORDINGS_MIN)
		fprintf(out, "Intervals are over recordings (up to %zu), %s%s.\n", recordings,
			uses_method(c, INTERVAL_BCA) ? "by bootstrap (BCa)" : "Student's t",
			" on the logarithms of ratios where there are such");
	else if (!shown->trace)
		fprintf(out,
			"No intervals over recordings: there %s %zu, and three are the fewest.\n",
			recordings == 1 ? "is" : "are", recordings);
	note_methods(c, out);
	note_means(c, out);
	if (shown->speedup)
		fputs("speed-up: the baseline's time by the setting's.\n", out);
	if (c->unpaired)
		fprintf(out, "%zu configuration%s no baseline that is the same otherwise.\n",
			c->unpaired, c->unpaired == 1 ? " has" : "s have");
	note_horizon(c, out);
}

/* The notes as one text; NULL when memory is out. */
static char *notes(const struct comparison *c, const struct shown *shown)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	if (!out)
		return NULL;
	print_notes(c, shown, out);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

static struct shown find_shown(const struct comparison *c)
{
	struct shown s = { .figure = true };
	for (size_t i = 0; i < c->row_count; i++) {
		const struct comparison_row *row = &c->rows[i];
		s.baseline = s.baseline || strcmp(row->baseline, c->rows[0].baseline) != 0;
		s.trace = s.trace || row->trace;
		s.random = s.random || row->random;
		s.varies = s.varies || row->varies;
		s.seed_interval = s.seed_interval || interval_is_known(row->seed_interval);
		s.perturbed = s.perturbed || row->stability.perturbed;
		s.speedup = s.speedup || format_is_time(row->figure->name);
		s.left_out = s.left_out || *row->left_out;
		s.ranks = s.ranks || (c->mann_whitney && row->varies);
	}
	return s;
}

/* The rows of one figure, or (NULL) of all. */
static int list(const struct comparison *c, const struct compared_figure *figure,
		const struct shown *shown, const char *note, enum listing_format format, FILE *out)
{
	struct columns columns = { .count = 0 };
	name_columns(&columns, shown);
	struct listing l = { .columns = columns.items,
			     .column_count = columns.count,
			     .grouped = !figure,
			     .note = note };
	for (size_t i = 0; i < c->row_count; i++)
		if (!figure || c->rows[i].figure == figure)
			add_row(&l, &c->rows[i], format == LISTING_LATEX);
	return listing_finish(&l, format, out);
}

/* A table a figure. */
static int print_text(const struct comparison *c, struct shown shown, const char *note, FILE *out)
{
	if (!shown.baseline)
		fprintf(out, "baseline: %s\n\n", c->rows[0].baseline);
	shown.figure = false;
	for (size_t f = 0; f < c->figure_count; f++) {
		const struct compared_figure *figure = &c->figures[f];
		fprintf(out, "%s%s (%s is better)\n", f ? "\n" : "", figure->name,
			figure->higher_is_better ? "more" : "less");
		shown.speedup = format_is_time(figure->name);
		if (list(c, figure, &shown, NULL, LISTING_TEXT, out) != 0)
			return -1;
	}
	fprintf(out, "\n%s", note);
	return 0;
}

int print_comparison(const struct comparison *c, enum listing_format format, FILE *out)
{
	const struct shown shown = find_shown(c);
	char *note = notes(c, &shown);
	int status = -1;
	if (note && format == LISTING_TEXT)
		status = print_text(c, shown, note, out);
	else if (note)
		status = list(c, NULL, &shown, note, format, out);
	free(note);
	return status;
}
