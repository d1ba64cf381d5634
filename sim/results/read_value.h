/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Attributes and compound tables, whatever number types they have. */
#ifndef SLABYARD_RESULTS_READ_VALUE_H
#define SLABYARD_RESULTS_READ_VALUE_H

#include <hdf5.h>
#include <stdbool.h>
#include <stdint.h>

#include "results/cells.h"

enum read_class { READ_TEXT, READ_REAL, READ_UNSIGNED, READ_INTEGER };

/* A value as the widest of its class. */
struct read_value {
	enum read_class class;
	union {
		const char *text; /* while it is visited */
		double real;
		uint64_t number;
		int64_t integer;
	};
};

typedef void (*read_visit)(void *context, const char *name, const struct read_value *value);

/* A scalar text attribute, malloc'ed; NULL when there is none of that name. */
char *read_attribute_text(hid_t object, const char *name);

/* Every scalar attribute of these classes, by name. */
void read_each_attribute(hid_t object, read_visit visit, void *context);
/* Every cell of a compound table, row by row, with its column's name. False: it is none. */
bool read_each_cell(hid_t dataset, read_visit visit, void *context);

/* Two cells each: name and value, by name. */
void read_attributes(hid_t object, struct cells *cells);

/* A row of column names, then the rows; sets cells->columns. False when it is no compound. */
bool read_table(hid_t dataset, struct cells *cells);

#endif
