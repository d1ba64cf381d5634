/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/units.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct unit {
	const char *name;
	uint64_t factor;
};

static const struct unit size_units[] = {
	{ "TiB", 1ull << 40 },
	{ "GiB", 1ull << 30 },
	{ "MiB", 1ull << 20 },
	{ "KiB", 1ull << 10 },
	{ "B", 1 },
	{ NULL, 0 },
};

static const struct unit duration_units[] = {
	{ "s", 1000000000 }, { "ms", 1000000 }, { "us", 1000 }, { "ns", 1 }, { NULL, 0 },
};

/* A decimal number as written: digits without the point, and how many stood behind it. */
struct decimal {
	uint64_t digits;
	uint64_t scale; /* 10^(digits behind the point) */
	const char *rest;
};

static const char *parse_digits(const char *text, struct decimal *d, bool fraction)
{
	for (; isdigit((unsigned char)*text); text++) {
		if (__builtin_mul_overflow(d->digits, 10u, &d->digits) ||
		    __builtin_add_overflow(d->digits, (uint64_t)(*text - '0'), &d->digits))
			return NULL;
		if (fraction && __builtin_mul_overflow(d->scale, 10u, &d->scale))
			return NULL;
	}
	return text;
}

static int parse_decimal(const char *text, struct decimal *d, struct error *err)
{
	*d = (struct decimal){ .scale = 1 };
	if (!isdigit((unsigned char)text[0]))
		return error_set(err, ERROR_INPUT, "\"%s\" is not a number", text);
	const char *rest = parse_digits(text, d, false);
	if (rest && rest[0] == '.' && isdigit((unsigned char)rest[1]))
		rest = parse_digits(rest + 1, d, true);
	if (!rest)
		return error_set(err, ERROR_INPUT, "\"%s\" is too large or too long", text);
	d->rest = rest;
	return 0;
}

static int scale_decimal(const char *text, const struct decimal *d, uint64_t factor,
			 const char *base, uint64_t *value, struct error *err)
{
	unsigned __int128 product = (unsigned __int128)d->digits * factor;

	if (product % d->scale)
		return error_set(err, ERROR_INPUT, "\"%s\" is not a whole number of %s", text,
				 base);
	product /= d->scale;
	if (product > UINT64_MAX)
		return error_set(err, ERROR_INPUT, "\"%s\" is too large", text);
	*value = (uint64_t)product;
	return 0;
}

int units_parse_scaled(const char *text, uint64_t factor, const char *base, uint64_t *value,
		       struct error *err)
{
	struct decimal d;

	if (parse_decimal(text, &d, err))
		return -1;
	if (*d.rest)
		return error_set(err, ERROR_INPUT, "\"%s\" is not a number", text);
	return scale_decimal(text, &d, factor, base, value, err);
}

static const struct unit *find_unit(const struct unit *units, const char *name)
{
	for (; units->name; units++)
		if (strcmp(units->name, name) == 0)
			return units;
	return NULL;
}

/* The unit that was most likely meant: K, k, KB, kb, kib all begin like KiB. */
static const struct unit *meant_size(const char *name)
{
	for (const struct unit *unit = size_units; unit->factor > 1; unit++)
		if (toupper((unsigned char)name[0]) == unit->name[0])
			return unit;
	return NULL;
}

static int refuse_size_unit(const char *text, const char *name, struct error *err)
{
	const struct unit *meant = meant_size(name);

	if (meant)
		return error_set(err, ERROR_INPUT,
				 "\"%s\": unknown unit %s, write %s (%" PRIu64 " bytes)", text,
				 name, meant->name, meant->factor);
	return error_set(err, ERROR_INPUT, "\"%s\": unknown unit %s, use B, KiB, MiB, GiB or TiB",
			 text, name);
}

static const char *skip_space(const char *text)
{
	while (*text == ' ')
		text++;
	return text;
}

int units_parse_size(const char *text, uint64_t *bytes, struct error *err)
{
	struct decimal d;

	if (parse_decimal(text, &d, err))
		return -1;
	const char *name = skip_space(d.rest);
	const struct unit *unit = find_unit(size_units, *name ? name : "B");
	if (!unit)
		return refuse_size_unit(text, name, err);
	return scale_decimal(text, &d, unit->factor, "bytes", bytes, err);
}

int units_parse_duration(const char *text, uint64_t *ns, struct error *err)
{
	struct decimal d;

	if (parse_decimal(text, &d, err))
		return -1;
	const char *name = skip_space(d.rest);
	if (!*name)
		return error_set(err, ERROR_INPUT, "\"%s\" needs a unit: ns, us, ms or s", text);
	const struct unit *unit = find_unit(duration_units, name);
	if (!unit)
		return error_set(err, ERROR_INPUT, "\"%s\": unknown unit %s, use ns, us, ms or s",
				 text, name);
	return scale_decimal(text, &d, unit->factor, "nanoseconds", ns, err);
}

static char *format_largest(const struct unit *unit, uint64_t value, char *buffer, size_t size)
{
	while (unit->factor > 1 && (value == 0 || value % unit->factor))
		unit++;
	snprintf(buffer, size, "%" PRIu64 "%s", value / unit->factor, unit->name);
	return buffer;
}

char *units_format_size(uint64_t bytes, char *buffer, size_t size)
{
	return format_largest(size_units, bytes, buffer, size);
}

char *units_format_duration(uint64_t ns, char *buffer, size_t size)
{
	return format_largest(duration_units, ns, buffer, size);
}

static char *format_human(double value, const char *unit, char *buffer, size_t size)
{
	int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;

	snprintf(buffer, size, "%.*f%s%s", decimals, value, *unit ? " " : "", unit);
	return buffer;
}

char *units_human_size(double bytes, char *buffer, size_t size)
{
	const struct unit *unit = size_units;

	while (unit->factor > 1 && bytes < (double)unit->factor)
		unit++;
	if (unit->factor == 1) {
		snprintf(buffer, size, "%.0f B", bytes);
		return buffer;
	}
	return format_human(bytes / (double)unit->factor, unit->name, buffer, size);
}

char *units_human_count(double n, char *buffer, size_t size)
{
	static const char *const names[] = { "k", "M", "G", "T" };
	const char *name = "";

	if (n < 1000) {
		snprintf(buffer, size, "%.0f", n);
		return buffer;
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && n >= 1000; i++) {
		n /= 1000;
		name = names[i];
	}
	return format_human(n, name, buffer, size);
}

char *units_format_real(double value, char *buffer, size_t size)
{
	for (int digits = 1; digits <= 17; digits++) {
		snprintf(buffer, size, "%.*g", digits, value);
		double back = strtod(buffer, NULL);
		if (back >= value && back <= value)
			break;
	}
	return buffer;
}
