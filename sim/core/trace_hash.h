/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A trace's identity, whatever it was read from: XXH3 over its decoded records, each as its
 * absolute time in ns (64 bits) and the record's 28 bytes behind the time, combined with
 * definitions_hash() as the definitions stand at the trace's end. So neither block boundaries,
 * time bases, compression nor the source format change it.
 */
#ifndef SLABYARD_CORE_TRACE_HASH_H
#define SLABYARD_CORE_TRACE_HASH_H

#include <stdint.h>

#include "core/definitions.h"
#include "core/record.h"

struct trace_hash;

/* NULL when memory is spent. */
struct trace_hash *trace_hash_create(void);
void trace_hash_destroy(struct trace_hash *hash);
/* Batches in trace order, each once. */
void trace_hash_update(struct trace_hash *hash, const struct batch *batch);
uint64_t trace_hash_value(const struct trace_hash *hash, const struct definitions *definitions);

#endif
