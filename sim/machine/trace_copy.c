/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/trace_copy.h"

#include <string.h>

static int copy_records(struct trace_cursor *trace, struct syt_writer *writer, struct error *err)
{
	struct batch batch = { 0 };
	int more;
	while ((more = trace->ops->next(trace, &batch, err)) == 1)
		if (syt_writer_append(writer, trace->definitions, &batch, err) != 0)
			return -1;
	return more;
}

/* Text of which nothing was taken is most likely not what its owner takes it for. */
static int check_taken(const struct trace_cursor *trace, const struct import_report *report,
		       struct error *err)
{
	if (report->events > 0 || strcmp(trace->format, "syt") == 0)
		return 0;
	return error_set(err, ERROR_INPUT, "%s: none of its %llu lines is an event that is known",
			 trace->name, (unsigned long long)report->lines);
}

int trace_copy(struct trace_cursor *trace, const struct import_report *report, const char *output,
	       const struct syt_writer_options *options, struct error *err)
{
	struct syt_writer *writer = syt_writer_open(output, options, err);
	if (!writer)
		return -1;
	if (copy_records(trace, writer, err) == 0 && check_taken(trace, report, err) == 0)
		return syt_writer_finish(writer, trace->definitions, err);
	syt_writer_abandon(writer);
	return -1;
}
