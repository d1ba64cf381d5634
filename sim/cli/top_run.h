/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A trace that `slabyard top` is given: it is simulated first, with closely spaced samples. */
#ifndef SLABYARD_CLI_TOP_RUN_H
#define SLABYARD_CLI_TOP_RUN_H

#include "cli/config_input.h"
#include "cli/top_data.h"
#include "slabyard.h"

/* run->output is set here: the result stands in a temporary folder, until it is read. */
int top_run(struct slabyard_run *run, const struct config_input *input, struct top_data *data,
	    struct error *err);

#endif
