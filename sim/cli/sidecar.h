/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * OUT.run.json beside a result: what differs between equal runs (host, date, wall time, compiler,
 * command line), so that the result itself stays the same byte for byte; and the hash of its bytes.
 */
#ifndef SLABYARD_CLI_SIDECAR_H
#define SLABYARD_CLI_SIDECAR_H

#include "slabyard.h"

int sidecar_write(const struct slabyard_run *run, const struct slabyard_summary *summary, int argc,
		  char **argv, struct error *err);

#endif
