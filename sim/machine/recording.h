/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a recorder hands out (record/record.h), written as .syt traces: one a process. The first
 * program's is `path`, others have their pid in the name before its ending: OUT.1234.syt, and
 * OUT.1234.2.syt for the second program that the process executed.
 *
 * A trace stands under its name when its process has ended. Of a recorder that is killed remain the
 * files that it was writing, PATH.tmp.PID, whole to the last flush.
 */
#ifndef SLABYARD_MACHINE_RECORDING_H
#define SLABYARD_MACHINE_RECORDING_H

#include "record/record.h"
#include "trace/syt.h"

struct recording;

struct recorded_file {
	const char *path;
	const char *executable;
	pid_t pid, parent; /* parent: forked from; 0: executed */
	uint64_t records, inherited, bytes;
	enum recorded_end how;
	const char *malloc_owner; /* "" when it is the C library */
	bool malloc_unwatched;
};

struct recording *recording_create(const char *path, const struct syt_writer_options *options,
				   struct error *err);
/* Files of processes that have not ended are removed. */
void recording_destroy(struct recording *recording);

struct record_sink recording_sink(struct recording *recording);

/* The files that were written, in the order in which they were begun. */
size_t recording_file_count(const struct recording *recording);
struct recorded_file recording_file(const struct recording *recording, size_t index);

#endif
