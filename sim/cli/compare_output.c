/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/compare_output.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/json.h"
#include "base/units.h"
#include "results/cells.h"

enum { TEXT_BYTES = 128 };

static bool ends_with(const char *name, const char *ending)
{
	size_t length = strlen(name), size = strlen(ending);
	return length >= size && strcmp(name + length - size, ending) == 0;
}

static bool is_bytes(const char *name)
{
	return ends_with(name, "_bytes") || strstr(name, "_bytes_");
}

static bool is_ns(const char *name)
{
	return ends_with(name, "_ns") || strstr(name, "_ns_");
}

/* As people read it, with the unit that the figure's name says. */
static const char *value_text(const char *figure, double value, char *text, size_t size)
{
	static const char *const units[] = { "ns", "us", "ms", "s" };
	if (isnan(value))
		return "-";
	if (is_bytes(figure) && value >= 0)
		return units_human_size(value, text, size);
	size_t unit = 0;
	for (; is_ns(figure) && value >= 1000 && unit < 3; unit++)
		value /= 1000;
	snprintf(text, size, is_ns(figure) ? "%.4g %s" : "%.6g", value, units[unit]);
	return text;
}

/* Percents, or the difference in the figure's own unit. */
static const char *change_text(const struct comparison_row *row, double change, char *text,
			       size_t size)
{
	if (isnan(change))
		return "-";
	if (row->relative)
		snprintf(text, size, "%+.2f%%", 100 * change);
	else
		snprintf(text, size, "%+.4g", change);
	return text;
}

static const char *interval_text(const struct comparison_row *row, char *text, size_t size)
{
	char low[TEXT_BYTES], high[TEXT_BYTES];
	if (!interval_is_known(row->interval))
		return "-";
	snprintf(text, size, "%.40s to %.40s",
		 change_text(row, row->interval.low, low, sizeof(low)),
		 change_text(row, row->interval.high, high, sizeof(high)));
	return text;
}

static const char *p_text(double p, char *text, size_t size)
{
	if (isnan(p))
		return "-";
	snprintf(text, size, p < 0.0001 ? "<0.0001" : "%.4f", p);
	return text;
}

static const char *effect_text(double effect, char *text, size_t size)
{
	if (isnan(effect))
		return "-";
	snprintf(text, size, "%.2f", effect);
	return text;
}

/* Few recordings that are not random speak for themselves alone. */
static const char *verdict_text(const struct comparison_row *row, char *text, size_t size)
{
	bool few = !row->random && row->recordings < COMPARISON_RECORDINGS_MIN;
	bool shown = row->verdict == VERDICT_BETTER || row->verdict == VERDICT_WORSE;
	snprintf(text, size, "%s%s", comparison_verdict_name(row->verdict),
		 !few || !shown         ? ""
		 : row->recordings == 1 ? " on this recording"
					: " on both recordings");
	return text;
}

static bool any_random(const struct comparison *c)
{
	for (size_t i = 0; i < c->row_count; i++)
		if (c->rows[i].random)
			return true;
	return false;
}

static size_t most_recordings(const struct comparison *c)
{
	size_t most = 0;
	for (size_t i = 0; i < c->row_count; i++)
		most = c->rows[i].recordings > most ? c->rows[i].recordings : most;
	return most;
}

static void print_row(struct cells *cells, const struct comparison_row *row, bool random)
{
	char a[TEXT_BYTES];
	const char *figure = row->figure->name;
	cells_add(cells, "%s", row->setting);
	if (row->trace)
		cells_add(cells, "%s", row->trace);
	cells_add(cells, "%s", value_text(figure, row->baseline_value, a, sizeof(a)));
	cells_add(cells, "%s", value_text(figure, row->value, a, sizeof(a)));
	cells_add(cells, "%s", change_text(row, row->change, a, sizeof(a)));
	cells_add(cells, "%s", interval_text(row, a, sizeof(a)));
	if (random) {
		cells_add(cells, "%s", p_text(row->p_adjusted, a, sizeof(a)));
		cells_add(cells, "%s", effect_text(row->effect, a, sizeof(a)));
	}
	cells_add(cells, "%s", verdict_text(row, a, sizeof(a)));
}

static void print_header(struct cells *cells, bool traces, bool random)
{
	cells->columns = 6u + traces + 2u * random;
	cells_add(cells, "setting");
	if (traces)
		cells_add(cells, "recording");
	cells_add(cells, "baseline");
	cells_add(cells, "value");
	cells_add(cells, "change");
	cells_add(cells, "95%% interval");
	if (random) {
		cells_add(cells, "p");
		cells_add(cells, "effect");
	}
	cells_add(cells, "verdict");
}

/* What the numbers mean, where they need it. */
static void print_notes(const struct comparison *c, FILE *out)
{
	size_t recordings = most_recordings(c);
	bool traces = c->rows[0].trace;
	if (!any_random(c))
		fputs("\nThese runs are deterministic: equal runs give equal figures, and there is "
		      "nothing to test.\n",
		      out);
	else
		fputs("\np: of Welch's test over seeds for one recording, of the paired t-test "
		      "over "
		      "several;\ncorrected by Holm for all rows. effect: Hedges' g over seeds.\n",
		      out);
	if (recordings >= COMPARISON_RECORDINGS_MIN)
		fprintf(out, "Intervals are over recordings (up to %zu), Student's t%s.\n",
			recordings, " on the logarithms of ratios where there are such");
	else if (!traces)
		fprintf(out,
			"No intervals over recordings: there %s %zu, and three are the fewest.\n",
			recordings == 1 ? "is" : "are", recordings);
	if (recordings > 1)
		fputs("Values are geometric means over recordings.\n", out);
	if (c->unpaired)
		fprintf(out, "%zu configurations have no baseline that is the same otherwise.\n",
			c->unpaired);
}

/* The baseline of all rows; NULL when they have several. */
static const char *one_baseline(const struct comparison *c)
{
	for (size_t i = 1; i < c->row_count; i++)
		if (strcmp(c->rows[i].baseline, c->rows[0].baseline) != 0)
			return NULL;
	return c->rows[0].baseline;
}

static void print_text(const struct comparison *c, FILE *out)
{
	bool random = any_random(c);
	if (one_baseline(c))
		fprintf(out, "baseline: %s\n\n", one_baseline(c));
	for (size_t f = 0; f < c->figure_count; f++) {
		struct cells cells = { 0 };
		const struct compared_figure *figure = &c->figures[f];
		fprintf(out, "%s%s (%s is better)\n", f ? "\n" : "", figure->name,
			figure->higher_is_better ? "more" : "less");
		print_header(&cells, c->rows[0].trace, random);
		for (size_t i = 0; i < c->row_count; i++)
			if (c->rows[i].figure == figure)
				print_row(&cells, &c->rows[i], random);
		cells_print(&cells, true, "  ", out);
	}
	print_notes(c, out);
}

static void print_csv_text(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text; text++)
		fprintf(out, *text == '"' ? "\"\"" : "%c", *text);
	fputc('"', out);
}

/* Rounded, so that no last digit of a logarithm differs from one machine to another. */
static void print_csv_number(FILE *out, double value)
{
	fputc(',', out);
	if (!isnan(value))
		fprintf(out, "%.9g", value);
}

static void print_csv(const struct comparison *c, FILE *out)
{
	fputs("figure,better,setting,baseline,recording,recordings,seeds,random,baseline_value,"
	      "value,"
	      "relative,change,low,high,p,p_holm,effect,verdict\n",
	      out);
	for (size_t i = 0; i < c->row_count; i++) {
		const struct comparison_row *r = &c->rows[i];
		fprintf(out, "%s,%s,", r->figure->name,
			r->figure->higher_is_better ? "higher" : "lower");
		print_csv_text(out, r->setting);
		fputc(',', out);
		print_csv_text(out, r->baseline);
		fputc(',', out);
		print_csv_text(out, r->trace ? r->trace : "");
		fprintf(out, ",%zu,%zu,%d", r->recordings, r->seeds, r->random);
		print_csv_number(out, r->baseline_value);
		print_csv_number(out, r->value);
		fprintf(out, ",%d", r->relative);
		print_csv_number(out, r->change);
		print_csv_number(out, r->interval.low);
		print_csv_number(out, r->interval.high);
		print_csv_number(out, r->p);
		print_csv_number(out, r->p_adjusted);
		print_csv_number(out, r->effect);
		fprintf(out, ",%s\n", comparison_verdict_name(r->verdict));
	}
}

static void print_json_number(struct json *j, const char *key, double value)
{
	char text[TEXT_BYTES] = "null";
	if (isfinite(value))
		snprintf(text, sizeof(text), "%.9g", value);
	json_raw_member(j, key, text);
}

static void print_json_row(struct json *j, const struct comparison_row *r)
{
	json_open(j, '{');
	json_member(j, "figure", r->figure->name);
	json_member(j, "better", r->figure->higher_is_better ? "higher" : "lower");
	json_member(j, "setting", r->setting);
	json_member(j, "baseline", r->baseline);
	if (r->trace)
		json_member(j, "recording", r->trace);
	json_u64_member(j, "recordings", r->recordings);
	json_u64_member(j, "seeds", r->seeds);
	json_raw_member(j, "random", r->random ? "true" : "false");
	print_json_number(j, "baseline_value", r->baseline_value);
	print_json_number(j, "value", r->value);
	json_raw_member(j, "relative", r->relative ? "true" : "false");
	print_json_number(j, "change", r->change);
	print_json_number(j, "low", r->interval.low);
	print_json_number(j, "high", r->interval.high);
	print_json_number(j, "p", r->p);
	print_json_number(j, "p_holm", r->p_adjusted);
	print_json_number(j, "effect", r->effect);
	json_member(j, "verdict", comparison_verdict_name(r->verdict));
	json_close(j, '}');
}

static void print_json(const struct comparison *c, FILE *out)
{
	struct json j = { .out = out };
	json_open(&j, '[');
	for (size_t i = 0; i < c->row_count; i++) {
		json_next(&j);
		print_json_row(&j, &c->rows[i]);
	}
	json_close(&j, ']');
	fputc('\n', out);
}

static void print_tex(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (strchr("_%&#${}", *text))
			fputc('\\', out);
		fputc(*text, out);
	}
}

/* For \usepackage{booktabs}. */
static void print_latex(const struct comparison *c, FILE *out)
{
	char a[TEXT_BYTES];
	fputs("\\begin{tabular}{llrrrrl}\n\\toprule\nfigure & setting & baseline & value & change "
	      "& "
	      "95\\% interval & verdict \\\\\n",
	      out);
	for (size_t i = 0; i < c->row_count; i++) {
		const struct comparison_row *r = &c->rows[i];
		bool first = !i || c->rows[i - 1].figure != r->figure;
		const char *figure = r->figure->name;
		fputs(first ? "\\midrule\n" : "", out);
		print_tex(out, first ? figure : "");
		fputs(" & ", out);
		print_tex(out, r->setting);
		fputs(r->trace ? ", " : "", out);
		print_tex(out, r->trace ? r->trace : "");
		fputs(" & ", out);
		print_tex(out, value_text(figure, r->baseline_value, a, sizeof(a)));
		fputs(" & ", out);
		print_tex(out, value_text(figure, r->value, a, sizeof(a)));
		fputs(" & ", out);
		print_tex(out, change_text(r, r->change, a, sizeof(a)));
		fputs(" & ", out);
		print_tex(out, interval_text(r, a, sizeof(a)));
		fputs(" & ", out);
		print_tex(out, verdict_text(r, a, sizeof(a)));
		fputs(" \\\\\n", out);
	}
	fputs("\\bottomrule\n\\end{tabular}\n", out);
}

const struct compare_format compare_formats[] = {
	{ "text", print_text },
	{ "csv", print_csv },
	{ "json", print_json },
	{ "latex", print_latex },
	{ 0 },
};
