/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Memory of the host that a run needs deep inside what it simulates, where no error can be passed
 * on: for a page table, for free lists. When there is none, the run ends with one message, as after
 * any other error: slabyard_run stands ready to be returned to.
 */
#ifndef SLABYARD_CORE_HOST_MEMORY_H
#define SLABYARD_CORE_HOST_MEMORY_H

#include <setjmp.h>
#include <stdbool.h>

struct host_memory_exit {
	jmp_buf from;
	const char *volatile wanted; /* what there was no memory for */
};

/* Of the run that goes on in this thread; NULL: there is none. */
extern _Thread_local struct host_memory_exit *host_memory_exit;

/* Ends the run; what callers on the stack hold is lost. */
_Noreturn void host_memory_out(const char *wanted);

/* `got` is what malloc and its like returned. */
static inline void *host_memory_need(void *got, const char *wanted)
{
	if (!got)
		host_memory_out(wanted);
	return got;
}

static inline void host_memory_check(bool got, const char *wanted)
{
	if (!got)
		host_memory_out(wanted);
}

#endif
