/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Options of the command line that stand in an option table, as those of slabyard_run_options. */
#ifndef SLABYARD_CLI_RUN_OPTION_H
#define SLABYARD_CLI_RUN_OPTION_H

#include "cli/cli.h"
#include "slabyard.h"

/*
 * The option just returned by cli_next, into *run: it is the one of slabyard_run_options that has
 * its name, '-' for '_'. EXIT_GOOD, or the exit code after a complaint; texts are not copied.
 */
int run_option_take(const struct cli_arguments *arguments, struct slabyard_run *run);

/* Likewise, of another table's option. */
int cli_option_take(const struct cli_arguments *arguments, const struct option_spec *option,
		    void *params);

#endif
