/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Runs a program under the recorder and hands out what it and its descendants do to their heaps and
 * address spaces, a stream of events for each. A library that is preloaded into them
 * (record/preload) writes the events into shared memory, and record_run() takes them from there, so
 * that whatever ends a program, what it had done until then is there.
 *
 * The calls of all threads of a process come in the order in which they were carried out.
 */
#ifndef SLABYARD_RECORD_RECORD_H
#define SLABYARD_RECORD_RECORD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "core/record.h"

struct record_options {
	char *const *arguments; /* of the program, its name first, NULL last */
	const char *library;    /* the preloaded part */
	bool faults;            /* page faults too */
	bool leaves_out_forks;  /* forked processes are not recorded, but what they execute is */
};

/* A program in a process. Strings are valid during the call that they are given to. */
struct recorded_process {
	pid_t pid;
	pid_t parent; /* forked from; 0: the program was executed */
	/*
	 * Of a forked process: the stream whose first `inherited` events happened to its memory as
	 * well, and which of that stream's threads goes on in it. Or NULL.
	 */
	void *ancestor;
	uint64_t inherited;
	uint32_t ancestor_tid;

	uint64_t brk0;
	uint32_t cpus; /* as the C library counts them */
	const char *executable, *comm;
	const char *libc_version;
	/* "" when malloc is the C library's, else whose it is; and whether its calls were seen. */
	const char *malloc_owner;
	bool malloc_unwatched;
	const char *tunables; /* glibc.malloc.NAME=VALUE with colons between */
};

/* Record and extension are as operation.def says, but for task, origin, id and time. */
struct recorded_event {
	struct record record, extension;
	uint64_t time_ns; /* since the recording began; never goes back within a stream */
	/* Of another process only: the end of a child that this one has forked. */
	uint32_t pid, tid;
	const char *comm;
	uint64_t alignment; /* of a memalign */
};

enum recorded_end {
	RECORDED_EXIT, /* the process has ended */
	RECORDED_EXEC, /* it executes another program */
	RECORDED_LEFT, /* it lives on: the recording was ended before */
	RECORDED_LOST, /* it has overwritten the recorder's memory */
};

/* Where the events go. Each returns 0, or -1 with *err: then the recording ends. */
struct record_sink {
	/* A stream: what the other functions are given. It is valid until record_run() returns. */
	void *(*begin)(void *context, const struct recorded_process *process, struct error *err);
	int (*event)(void *stream, const struct recorded_event *event, struct error *err);
	/* An event of the heap block at that address comes soon: memory may be fetched. */
	void (*expect)(const void *stream, uint64_t address);
	/* Events taken so far, what was inherited included. */
	uint64_t (*position)(const void *stream);
	/* Now and then: what was taken is to be safe. */
	int (*flush)(void *stream, struct error *err);
	/* keep: false when the stream is of no interest (see FORK_KEPT_EVENTS). */
	int (*end)(void *stream, enum recorded_end how, bool keep, struct error *err);
	void *context;
};

/* A forked process that executes another program soon is left out: it did less than this. */
enum { FORK_KEPT_EVENTS = 256 };

struct record_report {
	int status; /* of the program, as waitpid() tells it */
	uint64_t calls, events;
	uint64_t faults;       /* recorded */
	uint64_t faults_lost;  /* the kernel had no room for, or of processes that were not recorded
				*/
	bool faults_typed;     /* reads and writes are told apart */
	bool faults_user_only; /* those in system calls were not allowed to be seen */
	uint64_t untold;       /* calls of signal handlers inside another call */
	uint64_t deep_libraries; /* opened with RTLD_DEEPBIND: their calls pass by unseen */
	uint64_t early_exits;    /* threads told to have ended before they quite had */
	uint32_t refused;        /* processes for which there was no room */
	uint32_t unfollowed;     /* programs that were executed and never reached the recorder */
	uint32_t short_forks;    /* forked processes left out that soon executed something */
	uint32_t forks_left_out; /* as was asked for */
	bool attached;           /* the program itself was recorded */
	/* Time that recording added to the programs: measured on some of the calls. */
	double call_ns;
	uint64_t samples;
	uint64_t waits, waits_ns; /* for the recorder to catch up */
};

/* 0 when the program was run, however it ended. */
int record_run(const struct record_options *options, const struct record_sink *sink,
	       struct record_report *report, struct error *err);

/* Whether the command can be recorded, before it is run: 0, or -1 with why not. */
int record_check(const char *command, struct error *err);

#endif
