/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A text trace as a cursor: every format of the text grammar is read by it. */
#ifndef SLABYARD_IMPORT_TEXT_CURSOR_H
#define SLABYARD_IMPORT_TEXT_CURSOR_H

#include "import/import.h"
#include "import/lines.h"

/* Takes the lines over, whatever is returned. `format` is the name for messages and meta. */
struct trace_cursor *text_cursor_open(struct lines *lines, const char *format,
				      const struct import_options *options,
				      struct import_report *report, struct error *err);

#endif
