/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Carrying out single records. Functions return 1 when the record was carried out (and took
 * simulated time), 0 when there was nothing to do, -1 with *err.
 */
#ifndef SLABYARD_MACHINE_EXECUTE_H
#define SLABYARD_MACHINE_EXECUTE_H

#include "machine/machine.h"

enum { PS_PER_NS = 1000 };

/*
 * One record on its CPU, which may begin it at arrival_ps (from origin_ns on); *end_ps is when it
 * ended. Latency is the wait for the CPU, the waits for locks, and the work.
 */
int execute_step(struct machine *m, const struct record *r, const struct record *extension,
		 uint64_t arrival_ps, uint64_t *end_ps, struct error *err);

/* The pages behind the slab policy: page_source over the configured page allocator. */
struct page_source machine_page_source(struct machine *m);

/* The same for the pages of processes, which are nobody's effects. */
struct page_source machine_user_pages(struct machine *m);

/* The records of a batch from `begin` to before `end`, in recorded timing. */
int execute_batch(struct machine *m, const struct batch *batch, uint32_t begin, uint32_t end,
		  struct error *err);

#endif
