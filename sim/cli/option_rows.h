/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every option that a configuration can hold, one by one: what lists and the manual are made of. */
#ifndef SLABYARD_CLI_OPTION_ROWS_H
#define SLABYARD_CLI_OPTION_ROWS_H

#include <stdbool.h>

#include "config/config.h"

struct option_row {
	const struct config_section *section;
	const struct policy_info *policy; /* NULL: the section's own option */
	const struct option_spec *option;
};

/* In the order of the schema; a section's own options stand before those of its policies. */
void option_rows_visit(const struct config_schema *schema,
		       void (*visit)(void *context, const struct option_row *row), void *context);

/* "slab.slub.min_partial", what --set takes. */
char *option_row_path(const struct option_row *row, char *buffer, size_t size);

#endif
