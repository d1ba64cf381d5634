/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/option.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/suggest.h"
#include "base/units.h"
#include "core/assert.h"

enum { PICOSECONDS_PER_NS = 1000, NUMBER_TEXT_MAX = 32 };

static void *field(const struct option_spec *option, void *params)
{
	return (unsigned char *)params + option->offset;
}

static const void *field_const(const struct option_spec *option, const void *params)
{
	return (const unsigned char *)params + option->offset;
}

/* A bound of the range as a user would write it. */
static void format_bound(const struct option_spec *option, double bound, char *buffer, size_t size)
{
	if (option->type == OPTION_SIZE)
		units_format_size((uint64_t)bound, buffer, size);
	else if (option->type == OPTION_DURATION)
		units_format_duration((uint64_t)bound, buffer, size);
	else if (option->type == OPTION_PRICE)
		snprintf(buffer, size, "%.15g", bound / PICOSECONDS_PER_NS);
	else
		snprintf(buffer, size, "%.15g", bound);
}

static bool has_range(const struct option_spec *option)
{
	return option->min < 0 || option->max > 0;
}

static int check_range(const struct option_spec *option, double value, const char *text,
		       struct error *err)
{
	char min[NUMBER_TEXT_MAX], max[NUMBER_TEXT_MAX];

	if (!has_range(option) || (value >= option->min && value <= option->max))
		return 0;
	format_bound(option, option->min, min, sizeof(min));
	format_bound(option, option->max, max, sizeof(max));
	return error_set(err, ERROR_INPUT, "must be between %s and %s, is %s", min, max, text);
}

static int parse_bool(const struct option_spec *option, const char *text, void *params,
		      struct error *err)
{
	static const char *const words[] = { "false", "true", "no", "yes", "off", "on" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(text, words[i]) == 0) {
			*(bool *)field(option, params) = i % 2;
			return 0;
		}
	}
	return error_set(err, ERROR_INPUT, "must be true or false, is \"%s\"", text);
}

/* Decimal or 0x; what strtoull would let pass before and after the digits is refused. */
static bool parse_magnitude(const char *text, uint64_t *value)
{
	bool hexadecimal = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	const char *digits = hexadecimal ? text + 2 : text;
	char *end;

	if (!isxdigit((unsigned char)*digits))
		return false;
	errno = 0;
	*value = strtoull(digits, &end, hexadecimal ? 16 : 10);
	return end != digits && *end == '\0' && errno == 0;
}

static int parse_uint(const struct option_spec *option, const char *text, void *params,
		      struct error *err)
{
	uint64_t value;

	if (!parse_magnitude(text, &value))
		return error_set(err, ERROR_INPUT, "must be a whole number from 0, is \"%s\"",
				 text);
	if (check_range(option, (double)value, text, err))
		return -1;
	*(uint64_t *)field(option, params) = value;
	return 0;
}

bool option_may_be_unset(const struct option_spec *option)
{
	return option->type == OPTION_INT && strcmp(option->default_text, OPTION_UNSET_WORD) == 0;
}

static int parse_int(const struct option_spec *option, const char *text, void *params,
		     struct error *err)
{
	const bool negative = text[0] == '-', may_be_unset = option_may_be_unset(option);
	uint64_t magnitude;

	if (may_be_unset && strcmp(text, OPTION_UNSET_WORD) == 0) {
		*(int64_t *)field(option, params) = OPTION_UNSET;
		return 0;
	}
	if (!parse_magnitude(text + negative, &magnitude) || magnitude > INT64_MAX)
		return error_set(err, ERROR_INPUT, "must be a whole number%s, is \"%s\"",
				 may_be_unset ? " or " OPTION_UNSET_WORD : "", text);
	int64_t value = negative ? -(int64_t)magnitude : (int64_t)magnitude;
	if (check_range(option, (double)value, text, err))
		return -1;
	*(int64_t *)field(option, params) = value;
	return 0;
}

static int parse_real(const struct option_spec *option, const char *text, void *params,
		      struct error *err)
{
	char *end;
	double value = strtod(text, &end);

	if (end == text || *end || isspace((unsigned char)*text) || !isfinite(value))
		return error_set(err, ERROR_INPUT, "must be a number, is \"%s\"", text);
	if (check_range(option, value, text, err))
		return -1;
	*(double *)field(option, params) = value;
	return 0;
}

static int parse_quantity(const struct option_spec *option, const char *text, void *params,
			  struct error *err)
{
	uint64_t value;
	int failed = option->type == OPTION_SIZE ? units_parse_size(text, &value, err)
						 : units_parse_duration(text, &value, err);

	if (failed || check_range(option, (double)value, text, err))
		return -1;
	*(uint64_t *)field(option, params) = value;
	return 0;
}

static int parse_price(const struct option_spec *option, const char *text, void *params,
		       struct error *err)
{
	uint64_t picoseconds;

	if (units_parse_scaled(text, PICOSECONDS_PER_NS, "picoseconds", &picoseconds, err))
		return -1;
	if (picoseconds > UINT32_MAX)
		return error_set(err, ERROR_INPUT, "must be at most 4294967.295 ns, is %s", text);
	if (check_range(option, (double)picoseconds, text, err))
		return -1;
	*(uint32_t *)field(option, params) = (uint32_t)picoseconds;
	return 0;
}

static int refuse_choice(const struct option_spec *option, const char *text, struct error *err)
{
	struct suggestion suggestion = { .word = text };
	char known[ERROR_MESSAGE_MAX / 2] = "";

	for (size_t i = 0; option->choices[i]; i++) {
		size_t used = strlen(known);
		snprintf(known + used, sizeof(known) - used, "%s%s", i ? ", " : "",
			 option->choices[i]);
		suggest_consider(&suggestion, option->choices[i]);
	}
	if (suggestion.best)
		return error_set(err, ERROR_INPUT,
				 "must be one of %s, is \"%s\" (did you mean %s?)", known, text,
				 suggestion.best);
	return error_set(err, ERROR_INPUT, "must be one of %s, is \"%s\"", known, text);
}

static int parse_choice(const struct option_spec *option, const char *text, void *params,
			struct error *err)
{
	for (int i = 0; option->choices[i]; i++) {
		if (strcmp(option->choices[i], text) == 0) {
			*(int *)field(option, params) = i;
			return 0;
		}
	}
	return refuse_choice(option, text, err);
}

static int parse_text(const struct option_spec *option, const char *text, void *params,
		      struct error *err)
{
	(void)err;
	*(const char **)field(option, params) = text;
	return 0;
}

typedef int (*parse_function)(const struct option_spec *, const char *, void *, struct error *);

static const parse_function parsers[] = {
	[OPTION_BOOL] = parse_bool,     [OPTION_INT] = parse_int,
	[OPTION_UINT] = parse_uint,     [OPTION_REAL] = parse_real,
	[OPTION_SIZE] = parse_quantity, [OPTION_DURATION] = parse_quantity,
	[OPTION_PRICE] = parse_price,   [OPTION_CHOICE] = parse_choice,
	[OPTION_TEXT] = parse_text,     [OPTION_FILE] = parse_text,
};

int option_parse(const struct option_spec *option, const char *text, void *params,
		 struct error *err)
{
	return parsers[option->type](option, text, params, err);
}

static void format_int(const struct option_spec *option, int64_t value, char *buffer, size_t size)
{
	if (value == OPTION_UNSET && option_may_be_unset(option))
		snprintf(buffer, size, "%s", OPTION_UNSET_WORD);
	else
		snprintf(buffer, size, "%" PRId64, value);
}

static void format_price(uint32_t picoseconds, char *buffer, size_t size)
{
	uint32_t whole = picoseconds / PICOSECONDS_PER_NS, rest = picoseconds % PICOSECONDS_PER_NS;
	int decimals = 3;

	if (!rest) {
		snprintf(buffer, size, "%" PRIu32, whole);
		return;
	}
	for (; rest % 10 == 0; rest /= 10)
		decimals--;
	snprintf(buffer, size, "%" PRIu32 ".%0*" PRIu32, whole, decimals, rest);
}

char *option_format(const struct option_spec *option, const void *params, char *buffer, size_t size)
{
	const void *value = field_const(option, params);

	switch (option->type) {
	case OPTION_BOOL:
		snprintf(buffer, size, "%s", *(const bool *)value ? "true" : "false");
		break;
	case OPTION_INT:
		format_int(option, *(const int64_t *)value, buffer, size);
		break;
	case OPTION_UINT:
		snprintf(buffer, size, "%" PRIu64, *(const uint64_t *)value);
		break;
	case OPTION_REAL:
		units_format_real(*(const double *)value, buffer, size);
		break;
	case OPTION_SIZE:
		units_format_size(*(const uint64_t *)value, buffer, size);
		break;
	case OPTION_DURATION:
		units_format_duration(*(const uint64_t *)value, buffer, size);
		break;
	case OPTION_PRICE:
		format_price(*(const uint32_t *)value, buffer, size);
		break;
	case OPTION_CHOICE:
		snprintf(buffer, size, "%s", option->choices[*(const int *)value]);
		break;
	case OPTION_TEXT:
	case OPTION_FILE:
		snprintf(buffer, size, "%s", *(const char *const *)value);
		break;
	}
	return buffer;
}

static void format_choices(const struct option_spec *option, char *buffer, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; option->choices[i] && used < size; i++)
		used += (size_t)snprintf(buffer + used, size - used, "%s%s", i ? "|" : "",
					 option->choices[i]);
}

char *option_format_range(const struct option_spec *option, char *buffer, size_t size)
{
	char min[NUMBER_TEXT_MAX], max[NUMBER_TEXT_MAX];

	buffer[0] = '\0';
	if (option->type == OPTION_CHOICE) {
		format_choices(option, buffer, size);
	} else if (has_range(option)) {
		format_bound(option, option->min, min, sizeof(min));
		format_bound(option, option->max, max, sizeof(max));
		snprintf(buffer, size, "%s..%s%s", min, max,
			 option_may_be_unset(option) ? "|" OPTION_UNSET_WORD : "");
	}
	return buffer;
}

void option_defaults(const struct option_spec *options, void *params)
{
	for (const struct option_spec *o = options; o && o->name; o++) {
		int failed = option_parse(o, o->default_text, params, NULL);
		SIM_ASSERT(!failed);
	}
}

const struct option_spec *option_find(const struct option_spec *options, const char *name)
{
	for (const struct option_spec *o = options; o && o->name; o++)
		if (strcmp(o->name, name) == 0)
			return o;
	return NULL;
}

const char *option_type_name(enum option_type type)
{
	static const char *const names[] = {
		[OPTION_BOOL] = "bool",     [OPTION_INT] = "integer",
		[OPTION_UINT] = "unsigned", [OPTION_REAL] = "real",
		[OPTION_SIZE] = "size",     [OPTION_DURATION] = "duration",
		[OPTION_PRICE] = "price",   [OPTION_CHOICE] = "choice",
		[OPTION_TEXT] = "text",     [OPTION_FILE] = "file",
	};

	return names[type];
}
