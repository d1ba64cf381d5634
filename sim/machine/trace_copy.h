/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A trace of any format written as a .syt. */
#ifndef SLABYARD_MACHINE_TRACE_COPY_H
#define SLABYARD_MACHINE_TRACE_COPY_H

#include "core/cursor.h"
#include "import/import.h"
#include "trace/syt.h"

/* From where the cursor stands to its end; afterwards its hash is valid. The cursor stays open. */
int trace_copy(struct trace_cursor *trace, const struct import_report *report, const char *output,
	       const struct syt_writer_options *options, struct error *err);

#endif
