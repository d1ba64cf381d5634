/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is installed with the program, found from the program's own folder, so that an installation
 * can be moved and a build folder in the source tree works as it stands.
 */
#ifndef SLABYARD_BASE_SHIPPED_H
#define SLABYARD_BASE_SHIPPED_H

#include <stdbool.h>
#include <stddef.h>

/* The running program's file; false when it cannot be told. */
bool shipped_program(char *buffer, size_t size);

/* configs/KIND/NAME.yaml, as shipped_config("machines", "pc-256mib"); false: there is none. */
bool shipped_config(const char *kind, const char *name, char *buffer, size_t size);

/* A glob pattern of all configs/KIND/NAME.yaml; false: there is no such folder. */
bool shipped_configs(const char *kind, char *buffer, size_t size);

/* The folder of the recordings; false: there is none. */
bool shipped_samples(char *buffer, size_t size);

/* The map of Linux 6.1, of call sites and their caches; false: there is none. */
bool shipped_caches(char *buffer, size_t size);

/* analysis/NAME; false: there is none. */
bool shipped_analysis(const char *name, char *buffer, size_t size);

/* A library that programs load, not this one; false: there is none. */
bool shipped_library(const char *name, char *buffer, size_t size);

#endif
