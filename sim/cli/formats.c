/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/formats.h"

#include <math.h>
#include <string.h>

#include "base/units.h"

void format_csv_text(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text; text++)
		fprintf(out, *text == '"' ? "\"\"" : "%c", *text);
	fputc('"', out);
}

void format_csv_number(FILE *out, double value)
{
	if (!isnan(value))
		fprintf(out, "%.9g", value);
}

void format_json_number(struct json *j, const char *key, double value)
{
	char text[FORMAT_TEXT_BYTES] = "null";
	if (isfinite(value))
		snprintf(text, sizeof(text), "%.9g", value);
	json_raw_member(j, key, text);
}

void format_tex(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (strchr("_%&#${}", *text))
			fputc('\\', out);
		fputc(*text, out);
	}
}

static bool has_unit(const char *name, const char *ending, const char *inside)
{
	size_t length = strlen(name), size = strlen(ending);
	return strstr(name, inside) ||
	       (length >= size && strcmp(name + length - size, ending) == 0);
}

bool format_is_time(const char *figure)
{
	return has_unit(figure, "_ns", "_ns_");
}

const char *format_figure(const char *figure, double value, char *text, size_t size)
{
	static const char *const units[] = { "ns", "us", "ms", "s" };
	bool is_ns = format_is_time(figure);
	size_t unit = 0;
	if (isnan(value))
		return "-";
	if (has_unit(figure, "_bytes", "_bytes_") && value >= 0)
		return units_human_size(value, text, size);
	for (; is_ns && value >= 1000 && unit < 3; unit++)
		value /= 1000;
	snprintf(text, size, is_ns ? "%.4g %s" : "%.6g", value, units[unit]);
	return text;
}
