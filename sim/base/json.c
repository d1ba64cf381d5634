/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/json.h"

#include <inttypes.h>
#include <math.h>

#include "base/units.h"

void json_string(struct json *j, const char *text)
{
	fputc('"', j->out);
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		if (c == '"' || c == '\\')
			fprintf(j->out, "\\%c", c);
		else if (c < 0x20)
			fprintf(j->out, "\\u%04x", c);
		else
			fputc(c, j->out);
	}
	fputc('"', j->out);
}

static void new_line(struct json *j)
{
	if (!j->one_line)
		fprintf(j->out, "\n%*s", (int)j->depth * 2, "");
}

void json_next(struct json *j)
{
	if (j->inside)
		fputs(j->one_line ? ", " : ",", j->out);
	new_line(j);
	j->inside = true;
}

void json_key(struct json *j, const char *key)
{
	json_next(j);
	json_string(j, key);
	fputs(": ", j->out);
}

void json_open(struct json *j, char brace)
{
	fputc(brace, j->out);
	j->depth++;
	j->inside = false;
}

void json_close(struct json *j, char brace)
{
	j->depth--;
	if (j->inside)
		new_line(j);
	fputc(brace, j->out);
	j->inside = true;
}

void json_member(struct json *j, const char *key, const char *text)
{
	json_key(j, key);
	json_string(j, text);
}

void json_raw_member(struct json *j, const char *key, const char *raw)
{
	json_key(j, key);
	fputs(raw, j->out);
}

void json_u64_member(struct json *j, const char *key, uint64_t value)
{
	json_key(j, key);
	fprintf(j->out, "%" PRIu64, value);
}

void json_f64_member(struct json *j, const char *key, double value)
{
	char text[32];
	json_raw_member(j, key,
			isfinite(value) ? units_format_real(value, text, sizeof(text)) : "null");
}
