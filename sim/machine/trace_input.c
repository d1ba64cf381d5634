/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/trace_input.h"

#include <stdio.h>
#include <string.h>

#include "trace/syt.h"

/* A pipe cannot be looked at and read again: there the content must be text or named. */
static bool is_native(const char *path)
{
	char first[64];
	FILE *file = strcmp(path, "-") == 0 ? NULL : fopen(path, "rb");
	if (!file)
		return false;
	size_t length = fread(first, 1, sizeof(first), file);
	fclose(file);
	return syt_recognise(first, length);
}

struct trace_cursor *trace_input_open(const char *path, const char *format,
				      enum slabyard_level level, struct import_report *report,
				      struct error *err)
{
	if (format ? strcmp(format, "syt") == 0 : is_native(path))
		return syt_open(path, err);
	const struct import_options options = {
		.format = format,
		.level = level == SLABYARD_LEVEL_PAGE   ? IMPORT_PAGE
			 : level == SLABYARD_LEVEL_SLAB ? IMPORT_SLAB
							: IMPORT_AUTO,
	};
	return import_open(path, &options, report, err);
}
