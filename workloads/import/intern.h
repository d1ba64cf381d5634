/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Equal byte strings get the same small number, counted from 0 in the order they first come. */
#ifndef SLABYARD_IMPORT_INTERN_H
#define SLABYARD_IMPORT_INTERN_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* "No number": memory is spent, or the bytes are not there. */
#define INTERN_NONE UINT32_MAX

struct intern;

struct intern *intern_create(struct error *err);
void intern_destroy(struct intern *intern);

/* The bytes' number, new or known; INTERN_NONE with *err when memory is spent. */
uint32_t intern_add(struct intern *intern, const void *bytes, size_t length, struct error *err);

/* The bytes' number, or INTERN_NONE. */
uint32_t intern_find(const struct intern *intern, const void *bytes, size_t length);

uint32_t intern_count(const struct intern *intern);

/* The bytes of a number, with a NUL behind them; valid until the next intern_add. */
const char *intern_bytes(const struct intern *intern, uint32_t number, size_t *length);

#endif
