/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Attributes and compound tables as text, whatever number types they have. */
#ifndef SLABYARD_RESULTS_READ_VALUE_H
#define SLABYARD_RESULTS_READ_VALUE_H

#include <hdf5.h>
#include <stdbool.h>

#include "results/cells.h"

/* A scalar text attribute, malloc'ed; NULL when there is none of that name. */
char *read_attribute_text(hid_t object, const char *name);

/* Two cells each: name and value, by name. */
void read_attributes(hid_t object, struct cells *cells);

/* A row of column names, then the rows; sets cells->columns. False when it is no compound. */
bool read_table(hid_t dataset, struct cells *cells);

#endif
