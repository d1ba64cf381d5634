/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Threads of the simulated kernel (kswapd, kcompactd) that wait for a CPU. What the recorded
 * scheduler would have done with them nobody knows; but a CPU that is told of no work for as long
 * as a thread needs has time for it, and where the recorded kernel's own thread ran there is such a
 * pause. So a thread runs in the first pause that is long enough, or when it has waited for a
 * scheduling period, on a CPU of its node, or on any when that has none (kswapd() of mm/vmscan.c,
 * kcompactd() of mm/compaction.c). In closed timing it runs at once.
 */
#ifndef SLABYARD_MACHINE_KERNEL_THREADS_H
#define SLABYARD_MACHINE_KERNEL_THREADS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "core/services.h"

struct machine;
struct kernel_threads;

struct kernel_threads *kernel_threads_create(uint32_t cpus, struct error *err);
void kernel_threads_destroy(struct kernel_threads *threads);

/* services->wake_thread: each token waits once at most. */
void kernel_threads_wake(void *engine, enum defer_target target, uint32_t node, uint32_t cpu,
			 uint64_t token);
bool kernel_threads_waiting(const struct kernel_threads *threads);
/* Runs those that have the time before the record in hand, which comes at now_ns. */
void kernel_threads_run(struct machine *m, uint64_t now_ns);

#endif
