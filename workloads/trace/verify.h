/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Checks that records refer only to what exists, so that consumers may index by them unchecked. */
#ifndef SLABYARD_TRACE_VERIFY_H
#define SLABYARD_TRACE_VERIFY_H

#include <stddef.h>
#include <stdint.h>

#include "core/definitions.h"
#include "core/record.h"

/*
 * True when, in this run of records that share a base, times never go back, each operation is
 * known, task and origin are defined, ids are within their space's range, and an extension stands
 * behind each record that is marked to have one and nowhere else.
 */
bool records_verify(const struct record *records, uint32_t count, const struct definitions *d);

/* What is wrong with records that did not verify; *bad is the index of the first such record. */
const char *records_explain(const struct record *records, uint32_t count,
			    const struct definitions *d, uint32_t *bad);

#endif
