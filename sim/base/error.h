/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The user's errors (bad configuration, bad trace, full disk): they travel up as a negative return
 * and a struct error, and only the command line prints them and exits. The simulated system's
 * failures are data and never use this; the simulator's own are SIM_ASSERT (core/assert.h).
 */
#ifndef SLABYARD_BASE_ERROR_H
#define SLABYARD_BASE_ERROR_H

#include <stdint.h>

/* The kind decides the exit code of the command line. */
enum error_kind {
	ERROR_NONE = 0,
	ERROR_INPUT, /* bad usage, configuration or trace: exit 2 */
	ERROR_RUN,   /* the run itself failed (I/O, no memory, full disk): exit 1 */
};

enum { ERROR_MESSAGE_MAX = 1024 };

struct error {
	enum error_kind kind;
	char message[ERROR_MESSAGE_MAX]; /* one line, no newline at the end, says where and what */
};

/* Every setter returns -1, so that a function can `return error_set(...)`. err may be NULL. */
int error_set(struct error *err, enum error_kind kind, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* "file:line:column: path: what"; column 0 and a NULL path are left out. Kind is ERROR_INPUT. */
int error_at(struct error *err, const char *file, unsigned long line, unsigned long column,
	     const char *path, const char *format, ...) __attribute__((format(printf, 6, 7)));

/* "file: record N: what" (unit is "record", "line" or "block"). Kind is ERROR_INPUT. */
int error_at_record(struct error *err, const char *file, const char *unit, uint64_t number,
		    const char *format, ...) __attribute__((format(printf, 5, 6)));

/* "file: what: strerror(errno)". Kind is ERROR_RUN. */
int error_errno(struct error *err, const char *file, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
