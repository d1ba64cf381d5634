/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/start_spec.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/paths.h"
#include "machine/ageing.h"

static bool take_prefix(const char **text, const char *prefix)
{
	if (strncmp(*text, prefix, strlen(prefix)) != 0)
		return false;
	*text += strlen(prefix);
	return true;
}

/* The whole number behind the last comma; false: there is none. A folder's name may have commas. */
static bool number_behind(const char *text, size_t *length, uint64_t *number)
{
	const char *comma = strrchr(text, ',');
	char *end;

	*length = strlen(text);
	if (!comma || comma[1] < '0' || comma[1] > '9')
		return false;
	*number = strtoull(comma + 1, &end, 10);
	if (*end)
		return false;
	*length = (size_t)(comma - text);
	return true;
}

static int copy_path(struct start_spec *spec, const char *text, size_t length, struct error *err)
{
	while (length > 1 && text[length - 1] == '/')
		length--;
	if (!length)
		return error_set(err, ERROR_INPUT, "--start: a file's or folder's name is missing");
	if (length >= sizeof(spec->path))
		return error_set(err, ERROR_INPUT, "--start: the name is too long");
	memcpy(spec->path, text, length);
	spec->path[length] = '\0';
	return 0;
}

static int take_proc(struct start_spec *spec, const char *text, struct error *err)
{
	uint64_t number;
	size_t length;

	spec->kind = START_PROC;
	if (number_behind(text, &length, &number))
		spec->number = (int64_t)(number & INT64_MAX);
	return copy_path(spec, text, length, err);
}

/* "mmstate-3.txt.zst" is of mark 3. */
static int64_t number_of_state(const char *path)
{
	const char *dash = strrchr(path_base(path), '-');
	char *end;
	long number = dash ? strtol(dash + 1, &end, 10) : -1;

	return dash && end != dash + 1 && (*end == '.' || *end == '\0') ? number : -1;
}

static int take_state(struct start_spec *spec, const char *text, struct error *err)
{
	spec->kind = START_STATE;
	spec->number = number_of_state(text);
	return copy_path(spec, text, strlen(text), err);
}

static bool take_level(struct start_spec *spec, const char *text)
{
	char level[32];
	size_t length;

	spec->seeded = number_behind(text, &length, &spec->seed);
	if (length >= sizeof(level))
		return false;
	snprintf(level, sizeof(level), "%.*s", (int)length, text);
	return ageing_level(level, &spec->level);
}

int start_spec_parse(const char *text, struct start_spec *spec, struct error *err)
{
	*spec = (struct start_spec){ .number = -1, .level = -1 };
	if (!text)
		return 0;
	spec->aged = take_prefix(&text, "aged:");
	spec->census = !spec->aged && take_prefix(&text, "census:");
	if (spec->aged && take_level(spec, text))
		return 0;
	spec->level = -1;
	spec->seeded = false;
	if (spec->aged && !*text)
		return error_set(err, ERROR_INPUT,
				 "--start: aged: needs a level (light, moderate, heavy, severe, or "
				 "an index from 0 to 1), a state's file or proc:DIR");
	if (!spec->census && take_prefix(&text, "proc:"))
		return take_proc(spec, text, err);
	if (spec->aged && access(text, F_OK) != 0)
		return error_set(err, ERROR_INPUT,
				 "--start: aged:%.512s: neither a level (light, moderate, heavy, "
				 "severe, or an index from 0 to 1) nor a state's file",
				 text);
	return take_state(spec, text, err);
}

const char *start_spec_file(const char *text, size_t *length)
{
	struct start_spec spec = { 0 };
	uint64_t number;
	bool aged = take_prefix(&text, "aged:"), census = !aged && take_prefix(&text, "census:");

	*length = strlen(text);
	if (aged && take_level(&spec, text))
		return NULL;
	if (!census && take_prefix(&text, "proc:"))
		number_behind(text, length, &number);
	return text;
}

bool start_spec_draws(const char *text)
{
	return take_prefix(&text, "aged:") || take_prefix(&text, "proc:");
}

char *start_spec_title(const struct start_spec *spec, char *buffer, size_t size)
{
	char number[32] = "";

	if (spec->kind == START_PROC && spec->number >= 0)
		snprintf(number, sizeof(number), ",%" PRId64, spec->number);
	if (spec->aged && spec->level >= 0)
		snprintf(buffer, size, "aged:%.3f", spec->level / 1000.0);
	else if (spec->kind == START_FRESH)
		snprintf(buffer, size, "fresh machine");
	else
		snprintf(buffer, size, "%s%s%s%s", spec->aged ? "aged:" : "",
			 spec->kind == START_PROC ? "proc:" : "", path_base(spec->path), number);
	return buffer;
}
