/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sweep/run_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/paths.h"
#include "machine/start_spec.h"

enum { PATH_BYTES = 4096, WORD_MAX = 32 };

const char *run_file_name(const char *value)
{
	if (start_spec_is_level(value))
		return NULL;
	for (size_t letters;;) {
		letters = strspn(value, "abcdefghijklmnopqrstuvwxyz");
		if (!letters || letters > WORD_MAX || value[letters] != ':')
			return value;
		value += letters + 1;
	}
}

static char *find_beside(const char *file, const char *name)
{
	char path[PATH_BYTES];
	return realpath(path_beside(file, name, path, sizeof(path)), NULL);
}

int run_file_find(const struct experiment *e, const struct experiment_trace *trace,
		  const char *option, char *value, size_t size, struct error *err)
{
	const char *name = run_file_name(value);
	char *found = name ? find_beside(trace->file, name) : NULL;
	if (!name)
		return 0;
	if (!found)
		found = find_beside(e->file, name);
	if (!found)
		return error_set(err, ERROR_INPUT,
				 "%s: %s: %.512s: no such file beside the trace %s nor beside the "
				 "experiment",
				 e->file, option, name, trace->name);
	char word[2 * WORD_MAX + 3];
	snprintf(word, sizeof(word), "%.*s", (int)(name - value), value);
	int length = snprintf(value, size, "%s%s", word, found);
	free(found);
	return length > 0 && (size_t)length < size
		       ? 0
		       : error_set(err, ERROR_INPUT, "%s: %s: the name is too long", e->file,
				   option);
}
