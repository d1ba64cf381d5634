/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes JSON (RFC 8259), each value on a line of its own, or all on one line. */
#ifndef SLABYARD_BASE_JSON_H
#define SLABYARD_BASE_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Begin with {.out = stream}; the outermost value is opened by the caller. */
struct json {
	FILE *out;
	bool one_line;
	unsigned depth;
	bool inside; /* a value stands in the current braces already */
};

/* '{' or '['; '}' or ']'. */
void json_open(struct json *j, char brace);
void json_close(struct json *j, char brace);
/* Before each value of an array. */
void json_next(struct json *j);
/* Before each value of an object. */
void json_key(struct json *j, const char *key);
void json_string(struct json *j, const char *text);

void json_member(struct json *j, const char *key, const char *text);
void json_raw_member(struct json *j, const char *key, const char *raw);
void json_u64_member(struct json *j, const char *key, uint64_t value);
/* The fewest digits that give the value back; what is no number is null. */
void json_f64_member(struct json *j, const char *key, double value);

#endif
