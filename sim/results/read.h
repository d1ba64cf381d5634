/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading a result file back: what `slabyard info RESULT.h5` prints. */
#ifndef SLABYARD_RESULTS_READ_H
#define SLABYARD_RESULTS_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/error.h"

/* True when a file begins with these bytes as an HDF5 file does; 8 are enough. */
bool result_recognise(const void *bytes, size_t length);

/*
 * Prints the summary of a result: attributes of /summary and /provenance, the tables of /summary,
 * every dataset with its axes. The largest unsigned number stands for "none". -1 with *err
 * (ERROR_INPUT) when path is no whole result file.
 */
int result_info_print(FILE *out, const char *path, struct error *err);

#endif
