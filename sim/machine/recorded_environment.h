/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the trace tells of the surroundings of the process that was recorded, and what decides
 * addresses there: the environment variable GLIBC_TUNABLES and the CPUs of its machine, which limit
 * the number of its arenas. Both are taken from there unless the configuration says otherwise, and
 * where it does, the summary says so.
 */
#ifndef SLABYARD_MACHINE_RECORDED_ENVIRONMENT_H
#define SLABYARD_MACHINE_RECORDED_ENVIRONMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct machine;
struct libc_environment;

/* Who says how many CPUs a process sees: the option `cpus` of its allocator before machine.cpus. */
enum cpus_from { CPUS_OF_LIBC, CPUS_OF_MACHINE, CPUS_RECORDED };

struct recorded_environment {
	uint32_t cpus;        /* 0: not known */
	const char *tunables; /* NULL: none, or not known */
	bool takes_tunables;
	enum cpus_from cpus_from;
};

/* Once the C library's allocator is chosen; -1 with *err. */
int recorded_environment_read(struct machine *m, struct error *err);

/* For a process that is made; counts what is taken from the trace. */
void recorded_environment_fill(struct machine *m, struct libc_environment *environment);

/* Into the summary: what was recorded, and what the configuration has in its place. */
void recorded_environment_summarise(struct machine *m);

/* Into the result; nothing where the trace tells nothing. -1 with *err. */
int recorded_environment_write(struct machine *m, struct error *err);

#endif
