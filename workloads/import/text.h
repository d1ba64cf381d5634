/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading numbers and words of NUL-terminated lines: no locale, no copies. Each reader takes the
 * place where it begins and gives the place behind what it read, or NULL when nothing fits.
 */
#ifndef SLABYARD_IMPORT_TEXT_H
#define SLABYARD_IMPORT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline bool text_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Value of a hexadecimal digit, or 16 and more for any other character. */
static inline unsigned text_hex_digit(char c)
{
	unsigned digit = (unsigned char)c - (unsigned)'0';
	if (digit < 10)
		return digit;
	unsigned letter = ((unsigned char)c | 0x20u) - (unsigned)'a';
	return letter < 6 ? letter + 10 : 16;
}

static inline const char *text_decimal(const char *p, uint64_t *value)
{
	uint64_t v = 0;
	const char *begin = p;
	for (; text_is_digit(*p); p++) {
		if (__builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(*p - '0'), &v))
			return NULL;
	}
	*value = v;
	return p == begin ? NULL : p;
}

/* Without 0x before it, or with it. */
static inline const char *text_hex(const char *p, uint64_t *value)
{
	uint64_t v = 0;
	if (p[0] == '0' && (p[1] == 'x' || p[1] == 'X'))
		p += 2;
	const char *begin = p;
	for (unsigned digit; (digit = text_hex_digit(*p)) < 16; p++)
		v = v << 4 | digit;
	*value = v;
	return p == begin || p - begin > 16 ? NULL : p;
}

/* A sign is allowed. */
static inline const char *text_signed(const char *p, int64_t *value)
{
	uint64_t magnitude;
	bool negative = *p == '-';
	p = text_decimal(p + negative, &magnitude);
	if (!p || magnitude > (uint64_t)INT64_MAX)
		return NULL;
	*value = negative ? -(int64_t)magnitude : (int64_t)magnitude;
	return p;
}

static inline const char *text_skip_blanks(const char *p)
{
	while (*p == ' ' || *p == '\t')
		p++;
	return p;
}

static inline const char *text_word_end(const char *p)
{
	while (*p != '\0' && *p != ' ' && *p != '\t')
		p++;
	return p;
}

static inline bool text_starts_with(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* Where the value of `key` begins in a line of blank-separated key=value words, or NULL. */
static inline const char *text_value(const char *line, const char *key)
{
	size_t length = strlen(key);
	for (const char *p = line; *p != '\0';) {
		p = text_skip_blanks(p);
		if (strncmp(p, key, length) == 0 && p[length] == '=')
			return p + length + 1;
		p = text_word_end(p);
	}
	return NULL;
}

#endif
