/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Groups copied from one file to another with their dimension scales. H5Ocopy alone leaves the
 * references between scales and datasets pointing nowhere.
 */
#ifndef SLABYARD_RESULTS_HDF5_COPY_H
#define SLABYARD_RESULTS_HDF5_COPY_H

#include <hdf5.h>

/* `name` in `from` becomes `name` in `to`; scales stand in the copied group. -1 on failure. */
int hdf5_copy_group(hid_t from, hid_t to, const char *name);

#endif
