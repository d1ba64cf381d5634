/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a state says of the machine that it is of, against what is configured. */
#ifndef SLABYARD_MACHINE_START_SHAPE_H
#define SLABYARD_MACHINE_START_SHAPE_H

#include <stdint.h>

#include "config/config.h"
#include "core/page_state.h"

/* The highest frame number of a zone, plus 1. */
uint64_t start_shape_frames(const struct page_state *state);
/* RAM in bytes: less than that where devices have addresses between. */
uint64_t start_shape_memory(const struct page_state *state);
uint32_t start_shape_nodes(const struct page_state *state);

/* A value that is set, not left at its default, and that the state contradicts is an error. */
int start_shape_check(const struct page_state *state, const char *path, const struct config *config,
		      struct error *err);

#endif
