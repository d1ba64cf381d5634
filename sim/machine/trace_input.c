/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/trace_input.h"

#include <string.h>

#include "trace/syt.h"

struct trace_cursor *trace_input_open(const char *path, const char *format,
				      enum slabyard_level level, struct import_report *report,
				      struct error *err)
{
	if (format ? strcmp(format, "syt") == 0 : syt_recognise(path))
		return syt_open(path, err);
	const struct import_options options = {
		.format = format,
		.level = level == SLABYARD_LEVEL_PAGE   ? IMPORT_PAGE
			 : level == SLABYARD_LEVEL_SLAB ? IMPORT_SLAB
							: IMPORT_AUTO,
	};
	return import_open(path, &options, report, err);
}
