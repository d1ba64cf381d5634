/* SPDX-License-Identifier: GPL-3.0-or-later */
/* HDF5 prints its error stack unless told not to; the process's own setting is put back after. */
#ifndef SLABYARD_RESULTS_HDF5_QUIET_H
#define SLABYARD_RESULTS_HDF5_QUIET_H

#include <hdf5.h>

struct hdf5_quiet {
	H5E_auto2_t print;
	void *print_data;
};

static inline struct hdf5_quiet hdf5_quiet_begin(void)
{
	struct hdf5_quiet quiet;
	H5Eget_auto2(H5E_DEFAULT, &quiet.print, &quiet.print_data);
	H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
	return quiet;
}

static inline void hdf5_quiet_end(const struct hdf5_quiet *quiet)
{
	H5Eset_auto2(H5E_DEFAULT, quiet->print, quiet->print_data);
}

#endif
