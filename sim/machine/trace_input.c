/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/trace_input.h"

#include <string.h>

#include "trace/syt.h"

struct trace_cursor *trace_input_open(const char *path, const char *format,
				      enum slabyard_level level, struct import_report *report,
				      struct error *err)
{
	return trace_input_open_with(path, format, level, NULL, report, err);
}

struct trace_cursor *trace_input_open_with(const char *path, const char *format,
					   enum slabyard_level level,
					   const struct definitions *caches,
					   struct import_report *report, struct error *err)
{
	bool native = format ? strcmp(format, "syt") == 0 : syt_recognise(path);
	if (native && caches) {
		error_set(err, ERROR_INPUT,
			  "%s: is a .syt, whose caches are numbered: --caches goes with a run of "
			  "it",
			  path);
		return NULL;
	}
	if (native)
		return syt_open(path, err);
	const struct import_options options = {
		.format = format,
		.level = level == SLABYARD_LEVEL_PAGE   ? IMPORT_PAGE
			 : level == SLABYARD_LEVEL_SLAB ? IMPORT_SLAB
							: IMPORT_AUTO,
		.caches = caches,
	};
	return import_open(path, &options, report, err);
}
