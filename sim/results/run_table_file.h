/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Run tables from and into open HDF5 files. */
#ifndef SLABYARD_RESULTS_RUN_TABLE_FILE_H
#define SLABYARD_RESULTS_RUN_TABLE_FILE_H

#include "results/hdf5_file.h"
#include "results/run_table.h"

/* As run_table_add, of a result that is open. */
int run_table_add_open(struct run_table *table, hid_t result, const union run_value *values,
		       struct error *err);

/* The whole result of a run, opened to be read; negative with *err when it is none. */
hid_t run_table_open_result(const char *path, struct error *err);

/* As a compound table at that path. */
int run_table_write(struct run_table *table, struct hdf5_file *file, const char *path,
		    struct error *err);

#endif
