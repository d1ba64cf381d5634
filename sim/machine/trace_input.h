/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Opens any trace: the native format by its first bytes, everything else by import. */
#ifndef SLABYARD_MACHINE_TRACE_INPUT_H
#define SLABYARD_MACHINE_TRACE_INPUT_H

#include "import/import.h"
#include "slabyard.h"

/* report may be NULL; it is left alone for a .syt. */
struct trace_cursor *trace_input_open(const char *path, const char *format,
				      enum slabyard_level level, struct import_report *report,
				      struct error *err);

/* The same for a text, which gets these caches and call sites; `caches` may be NULL. */
struct trace_cursor *trace_input_open_with(const char *path, const char *format,
					   enum slabyard_level level,
					   const struct definitions *caches,
					   struct import_report *report, struct error *err);

#endif
