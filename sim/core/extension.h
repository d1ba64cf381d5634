/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What does not fit into a record and stands in the extension behind it (operation.def). */
#ifndef SLABYARD_CORE_EXTENSION_H
#define SLABYARD_CORE_EXTENSION_H

#include "core/ids.h"
#include "core/operation.h"
#include "core/record.h"

/* Says that *extension goes behind *r; returns it. */
static inline struct record *record_extend(struct record *r, struct record *extension)
{
	r->flags |= RECORD_EXTENDED;
	extension->operation = OP_EXTENSION;
	return extension;
}

static inline void extension_set_length(struct record *extension, uint64_t bytes)
{
	extension->size = (uint32_t)(bytes >> 32);
	extension->id = (uint32_t)bytes;
}

/* A size of 4 GiB and more stands whole in the extension. */
static inline void record_set_size(struct record *r, struct record *extension, uint64_t size)
{
	r->size = size > UINT32_MAX ? UINT32_MAX : (uint32_t)size;
	if (size > UINT32_MAX)
		extension_set_length(record_extend(r, extension), size);
}

static inline void record_set_detail(struct record *r, uint64_t detail)
{
	r->cpu_detail =
		(uint16_t)((r->cpu_detail & RECORD_CPU_MASK) | (detail & 15) << RECORD_CPU_BITS);
}

/* Bytes as whole pages, rounded up. */
static inline uint64_t pages_of_bytes(uint64_t bytes)
{
	return (bytes >> PAGE_SHIFT) + ((bytes & (PAGE_SIZE_BYTES - 1)) != 0);
}

/* Null, or one of the last 4095 addresses: system calls return errors there, MAP_FAILED too. */
static inline bool address_is_failure(uint64_t address)
{
	return address == 0 || address > UINT64_MAX - 4095;
}

#endif
