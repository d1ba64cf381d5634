/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The key=value words of an event, by name. */
#ifndef SLABYARD_IMPORT_FIELDS_H
#define SLABYARD_IMPORT_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum key {
#define KEY(name, text) KEY_##name,
#include "import/keys.def"
#undef KEY
	KEY_COUNT
};

struct field {
	const char *text; /* not terminated */
	uint32_t length;
};

struct fields {
	uint64_t present[(KEY_COUNT + 63) / 64]; /* bit per key; values of others are not set */
	struct field value[KEY_COUNT];
};

/* Takes the words apart. "key: value" counts as key=value; the first of equal keys is taken. */
void fields_parse(const char *text, struct fields *fields);

static inline bool fields_has(const struct fields *f, enum key key)
{
	return f->present[key / 64] >> (key % 64) & 1;
}

/* Decimal, negative, or hexadecimal after 0x; letters behind the number (kB) are passed over. */
bool fields_number(const struct fields *fields, enum key key, uint64_t *number);

/* Hexadecimal with or without 0x; (nil) and (null) are 0. */
bool fields_address(const struct fields *fields, enum key key, uint64_t *address);

/* The key's number, or `otherwise` when it is absent or no number. */
uint64_t fields_number_or(const struct fields *fields, enum key key, uint64_t otherwise);

/* "true", "1", "yes". */
bool fields_flag(const struct fields *fields, enum key key);

#endif
