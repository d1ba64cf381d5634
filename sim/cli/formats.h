/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Single values as CSV, JSON and LaTeX have them, and figures as people read them. */
#ifndef SLABYARD_CLI_FORMATS_H
#define SLABYARD_CLI_FORMATS_H

#include <stdbool.h>
#include <stdio.h>

#include "base/json.h"

enum { FORMAT_TEXT_BYTES = 128 };

/* In quotes. */
void format_csv_text(FILE *out, const char *text);
/*
 * Nine digits, so that no last digit of a logarithm differs from one machine to another; nothing
 * for NaN.
 */
void format_csv_number(FILE *out, double value);
/* null for what is no number. */
void format_json_number(struct json *j, const char *key, double value);
void format_tex(FILE *out, const char *text);

/* The figure is a time by its name. */
bool format_is_time(const char *figure);
/* The figure's value with the unit that its name says: "1.2 MiB", "3.45 ms"; "-" for NaN. */
const char *format_figure(const char *figure, double value, char *text, size_t size);

#endif
