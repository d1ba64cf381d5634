/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Numbers with units. Sizes take B KiB MiB GiB TiB (and none for bytes); durations ns us ms s (a
 * unit is required). K, KB, M, MB ... are refused with the hint, as nobody knows which is meant.
 */
#ifndef SLABYARD_BASE_UNITS_H
#define SLABYARD_BASE_UNITS_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* err->message says what is wrong, without a location. */
int units_parse_size(const char *text, uint64_t *bytes, struct error *err);
int units_parse_duration(const char *text, uint64_t *ns, struct error *err);

/* The largest unit that gives a whole number: "256MiB", "1500us". Parsing gives the same value. */
char *units_format_size(uint64_t bytes, char *buffer, size_t size);
char *units_format_duration(uint64_t ns, char *buffer, size_t size);

/* The fewest digits that give the value back. */
char *units_format_real(double value, char *buffer, size_t size);

/* A plain decimal times factor ("1.5" with 1000 is 1500); must come out whole; base names what. */
int units_parse_scaled(const char *text, uint64_t factor, const char *base, uint64_t *value,
		       struct error *err);

/* For people: "1.20 GiB", "34.5 M", three significant digits; whole below the first prefix. */
char *units_human_size(double bytes, char *buffer, size_t size);
char *units_human_count(double n, char *buffer, size_t size);

#endif
