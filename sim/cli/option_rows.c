/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/option_rows.h"

#include <stdio.h>

static void visit_options(const struct option_spec *options, struct option_row row,
			  void (*visit)(void *context, const struct option_row *row), void *context)
{
	for (row.option = options; row.option && row.option->name; row.option++)
		visit(context, &row);
}

void option_rows_visit(const struct config_schema *schema,
		       void (*visit)(void *context, const struct option_row *row), void *context)
{
	for (const struct config_section *section = schema->sections; section->name; section++) {
		struct option_row row = { .section = section };
		visit_options(section->options, row, visit, context);
		for (size_t i = 0; section->kind && i < policy_count(section->kind); i++) {
			row.policy = policy_at(section->kind, i);
			visit_options(row.policy->options, row, visit, context);
		}
	}
}

char *option_row_path(const struct option_row *row, char *buffer, size_t size)
{
	snprintf(buffer, size, "%s.%s%s%s", row->section->name,
		 row->policy ? row->policy->name : "", row->policy ? "." : "", row->option->name);
	return buffer;
}
