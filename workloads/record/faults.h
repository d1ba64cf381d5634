/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every page fault of a program and its descendants, from perf_event_open(2): one ring for each
 * CPU, put in order of time here. The tracepoint exceptions:page_fault_user tells reads from
 * writes, where it may be used; the software event page-faults does not.
 */
#ifndef SLABYARD_RECORD_FAULTS_H
#define SLABYARD_RECORD_FAULTS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

enum fault_kind {
	FAULT_UNKNOWN, /* read or write: not told */
	FAULT_READ,
	FAULT_WRITE,
	FAULT_EXEC, /* no fault: the process executes another program from here on */
};

struct fault {
	uint64_t monotonic_ns;
	uint64_t address;
	int32_t pid;
	uint32_t tid;
	enum fault_kind kind;
};

struct faults;

/* Begins with the next program that this process spawns. NULL and *err where it is forbidden. */
struct faults *faults_open(struct error *err);
void faults_close(struct faults *faults);

/* What has happened since the last call, in order; *count of them, valid until the next call. */
int faults_take(struct faults *faults, const struct fault **list, size_t *count, struct error *err);

uint64_t faults_lost(const struct faults *faults);
bool faults_are_typed(const struct faults *faults);
/* Only those that happened outside of system calls could be seen. */
bool faults_are_user_only(const struct faults *faults);

#endif
