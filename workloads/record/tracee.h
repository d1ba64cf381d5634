/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A program in a process, as the recorder sees it: its slot of the shared memory, and its stream. A
 * forked process has none before it does something, as most only execute another program.
 */
#ifndef SLABYARD_RECORD_TRACEE_H
#define SLABYARD_RECORD_TRACEE_H

#include "record/clock.h"
#include "record/events.h"
#include "record/faults.h"
#include "record/record.h"
#include "record/shared.h"

/* What a child of that fork has inherited. */
struct fork_point {
	uint64_t serial;
	void *stream;
	uint64_t position;
	uint32_t tid; /* of the thread that forked, in that stream */
	bool is_told; /* the fork itself, with the child's pid */
};

struct tracee {
	struct tracee *next; /* the one before it; those that have ended too, for a while */
	uint32_t slot;
	struct shared_slot *shared; /* NULL: ended */
	int pidfd;                  /* -1: it had ended before it could be watched */
	pid_t pid;                  /* as it knows itself */
	pid_t outer_pid;            /* as we know it; 0: it had ended before */
	struct shared_slot facts;   /* as the program told them */
	struct raw_decoder decoder;
	uint64_t tail;
	enum recorded_end how;   /* it has ended */
	bool is_known_to_parent; /* whose stream has the fork, with its pid */
	bool executes;           /* its last record says so */
	bool is_over;            /* the kernel says so: what faults now is the next program */
	bool is_lost;

	void *stream; /* the sink's; NULL: none yet */
	struct fork_point inherited;
	struct fork_point *forks;
	size_t fork_count;
	uint64_t calls, events, latest_ns;

	struct fault *faults; /* not yet in the stream */
	size_t fault_count, fault_capacity;
};

struct tracee_list {
	struct tracee *first;
	unsigned departed; /* of them, those that have ended */
	const struct record_sink *sink;
	struct record_report *report;
	struct clock clock;
	uint64_t pid_namespace; /* the recorder's */
	uint64_t sampled_ticks, waits_ticks;
	bool leaves_out_forks; /* forked processes are not recorded */
};

/* Of a slot that has just gone live. Takes the mapping over. NULL with *err. */
struct tracee *tracee_create(struct tracee_list *list, uint32_t slot, struct shared_slot *shared,
			     struct error *err);
void tracee_list_free(struct tracee_list *list);

/* The one that lives, or lived last, in the slot under that pid; NULL: none. */
struct tracee *tracee_find(const struct tracee_list *list, uint32_t slot, pid_t pid);

/* Takes what the program has told about until then. *got says whether there was anything. */
int tracee_drain(struct tracee_list *list, struct tracee *process, uint64_t until_ns, bool *got,
		 struct error *err);
int tracee_end(struct tracee_list *list, struct tracee *process, enum recorded_end how,
	       struct error *err);
int tracee_add_fault(struct tracee *process, const struct fault *fault, struct error *err);
/* Those that are not in the stream yet were not its: how many. */
size_t tracee_drop_faults(struct tracee *process);

#endif
