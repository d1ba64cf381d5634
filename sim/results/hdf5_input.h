/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Opening an HDF5 file to be read. */
#ifndef SLABYARD_RESULTS_HDF5_INPUT_H
#define SLABYARD_RESULTS_HDF5_INPUT_H

#include <hdf5.h>

#include "base/error.h"

/* Negative with *err (ERROR_INPUT) when it cannot be read or is no whole HDF5 file. */
hid_t hdf5_open_to_read(const char *path, struct error *err);

#endif
