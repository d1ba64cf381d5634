/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An option is written once, in a table beside the struct it fills. YAML parsing, --set, defaults,
 * ranges, `list --options`, the JSON Schema and the man page all come from that table.
 */
#ifndef SLABYARD_CORE_OPTION_H
#define SLABYARD_CORE_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum option_type {
	OPTION_BOOL,     /* bool */
	OPTION_INT,      /* int64_t; where the default is "unset", that word too: OPTION_UNSET */
	OPTION_UINT,     /* uint64_t */
	OPTION_REAL,     /* double */
	OPTION_SIZE,     /* uint64_t bytes, written with KiB MiB GiB TiB or B */
	OPTION_DURATION, /* uint64_t ns, written with ns us ms s */
	OPTION_PRICE,    /* uint32_t picoseconds, written as a real number of ns */
	OPTION_CHOICE,   /* int, index into choices */
	OPTION_TEXT,     /* const char *, owned by the configuration */
	OPTION_FILE,     /* const char * as OPTION_TEXT: a file's or folder's name */
};

/* No number was given: whoever reads it has a rule of its own, which any number would end. */
#define OPTION_UNSET      INT64_MIN
#define OPTION_UNSET_WORD "unset"

struct option_spec {
	const char *name;
	size_t offset; /* in the parameter struct */
	enum option_type type;
	const char *default_text; /* as a user would write it */
	double min, max;          /* range, both 0: none; in the unit of the stored value */
	const char *unit;         /* shown, may be "" */
	const char *help;
	const char *const *choices; /* NULL-terminated, OPTION_CHOICE only */
};

/* Ends an option table. */
#define OPTION_END                                                                                 \
	{                                                                                          \
		.name = NULL                                                                       \
	}

/*
 * Parses text into params at the option's offset. On error *err->message holds what is wrong
 * without a location ("must be between 1 and 64, is 99"); the caller adds where it stands.
 */
int option_parse(const struct option_spec *option, const char *text, void *params,
		 struct error *err);

/* Writes the stored value as a user would write it (parsing it gives the same value). */
char *option_format(const struct option_spec *option, const void *params, char *buffer,
		    size_t size);

/* "unset" may be written in place of a number. */
bool option_may_be_unset(const struct option_spec *option);

/* What may be written: "1..64", "1MiB..16TiB", "recorded|closed"; "" when there is no bound. */
char *option_format_range(const struct option_spec *option, char *buffer, size_t size);

/* Fills every option with its default. The tables are the program's own: a bad default asserts. */
void option_defaults(const struct option_spec *options, void *params);

const struct option_spec *option_find(const struct option_spec *options, const char *name);

/* "bool", "integer", "size", ... for lists and the schema. */
const char *option_type_name(enum option_type type);

#endif
