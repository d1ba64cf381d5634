/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What happens at a mark of the trace: the simulated state is compared with the recorded one
 * (--expect), the facts of the recorded one are taken (assist lru), /proc files are written.
 */
#ifndef SLABYARD_MACHINE_EXPECT_H
#define SLABYARD_MACHINE_EXPECT_H

#include <stdint.h>

#include "base/error.h"

struct machine;
struct expect;

/* Either may be NULL: `expect` is the folder to compare with, `start` the start state's own path.
 */
struct expect *expect_open(const char *expect, const char *start, struct error *err);
void expect_close(struct expect *expect);

int expect_mark(struct expect *expect, struct machine *m, uint64_t mark, struct error *err);

#endif
