/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Samples of the machine's state into the result's time series, every so many records or every so
 * much simulated time. When more samples have come together than are kept, every second one is
 * dropped and the interval doubles.
 */
#ifndef SLABYARD_MACHINE_SAMPLER_H
#define SLABYARD_MACHINE_SAMPLER_H

#include <stdint.h>

#include "base/error.h"

struct machine;
struct sampler;

struct sampler *sampler_create(struct machine *m, struct error *err);
void sampler_destroy(struct sampler *sampler);

/* Record number (1-based) before which the next sample by count is due, UINT64_MAX: none. */
uint64_t sampler_next_record(const struct sampler *sampler);
/* A sample by count is due: the state after `record` records. */
int sampler_by_record(struct sampler *sampler, struct machine *m, struct error *err);
/* The event of a sample by time. */
int sampler_by_time(struct sampler *sampler, struct machine *m, uint64_t now_ns, struct error *err);
/* First and last sample of the run. */
int sampler_begin(struct sampler *sampler, struct machine *m, struct error *err);
int sampler_end(struct sampler *sampler, struct machine *m, struct error *err);

#endif
