/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who holds memory: all live allocations of one call site, cache and task name are one holder.
 * Holders are numbered as they are first met and stand in the result as /events/pin_holders.
 */
#ifndef SLABYARD_MACHINE_HOLDERS_H
#define SLABYARD_MACHINE_HOLDERS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "core/ids.h"
#include "machine/frame_uses.h"

struct machine;
struct holders;
struct owner;

#define HOLDER_NONE UINT32_MAX

/* Opens the table in the machine's sink. NULL and *err. */
struct holders *holders_open(struct machine *m, struct error *err);
void holders_close(struct holders *holders);

/*
 * A holder's number, HOLDER_NONE with *err when memory is spent. owner NULL: `older` than the
 * start, or had where the recording failed, so that no record frees it. cache: the slab policy's,
 * for those that the trace does not name.
 */
uint32_t holder_of_page(struct holders *holders, const struct owner *owner, bool older,
			enum frame_use_kind use, struct error *err);
/* A page or page table of a process whose faults are simulated. */
uint32_t holder_of_process(struct holders *holders, const char *comm, enum frame_use_kind use,
			   struct error *err);
uint32_t holder_of_object(struct holders *holders, const struct owner *owner, cache_id cache,
			  struct error *err);
/* A slab without objects that the slab allocator keeps for the next ones. */
uint32_t holder_of_empty_slab(struct holders *holders, cache_id cache, struct error *err);

/* Writes the rows of the holders that came since the last call. */
int holders_write(struct holders *holders, struct error *err);

#endif
