/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What --start asks for:
 *     STATE              a recorded state
 *     census:STATE       its objects, laid out anew
 *     proc:DIR[,N]       what /proc files tell
 *     aged:LEVEL[,SEED]  a fresh machine, aged to a level
 *     aged:STATE         a fresh machine, aged to what is free in a recorded state
 *     aged:proc:DIR[,N]  or in /proc files
 */
#ifndef SLABYARD_MACHINE_START_SPEC_H
#define SLABYARD_MACHINE_START_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum start_kind { START_FRESH, START_STATE, START_PROC };

enum { START_PATH_MAX = 4096 };

struct start_spec {
	enum start_kind kind; /* what figures are taken from; fresh: from nothing */
	bool census, aged;
	char path[START_PATH_MAX]; /* the state's file, or the folder of /proc files */
	int64_t number;            /* of the mark that the run begins after; -1: the first record */
	int32_t level;             /* aged: index in thousandths; -1: to the figures */
	bool seeded;               /* the level comes with a seed of its own */
	uint64_t seed;
};

/* text NULL: a fresh machine. */
int start_spec_parse(const char *text, struct start_spec *spec, struct error *err);

/* Where in the text the file's or folder's name stands; NULL: it names none, as aged:LEVEL. */
const char *start_spec_file(const char *text, size_t *length);

/* Whether what the run begins with depends on its seed. */
bool start_spec_draws(const char *text);

/* What a result says: no folders, so that it is the same anywhere. Returns buffer. */
char *start_spec_title(const struct start_spec *spec, char *buffer, size_t size);

#endif
