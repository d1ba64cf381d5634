/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sweep/run_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/paths.h"
#include "machine/start_spec.h"

enum { PATH_BYTES = 4096 };

static char *find_beside(const char *file, const char *name)
{
	char path[PATH_BYTES];
	return realpath(path_beside(file, name, path, sizeof(path)), NULL);
}

int run_file_find(const struct experiment *e, const struct experiment_trace *trace,
		  const char *option, char *value, size_t size, struct error *err)
{
	size_t named;
	const char *in = start_spec_file(value, &named);
	if (!in)
		return 0;
	char name[PATH_BYTES], before[PATH_BYTES], behind[PATH_BYTES];
	snprintf(name, sizeof(name), "%.*s", (int)named, in);
	snprintf(before, sizeof(before), "%.*s", (int)(in - value), value);
	snprintf(behind, sizeof(behind), "%s", in + named);
	char *found = find_beside(trace->file, name);
	if (!found)
		found = find_beside(e->file, name);
	if (!found)
		return error_set(err, ERROR_INPUT,
				 "%s: %s: %.512s: no such file beside the trace %s nor beside the "
				 "experiment",
				 e->file, option, name, trace->name);
	int length = snprintf(value, size, "%s%s%s", before, found, behind);
	free(found);
	return length > 0 && (size_t)length < size
		       ? 0
		       : error_set(err, ERROR_INPUT, "%s: %s: the name is too long", e->file,
				   option);
}
