/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trace/verify.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "core/operation.h"

/*
 * Limits that a record must not be above, so that `limit - value` has its sign bit set when it is:
 * signs are gathered over a whole run of records, without a branch.
 */
struct limits {
	uint64_t id[UINT8_MAX + 1]; /* by operation; UINT64_MAX, which no id reaches: unknown */
	uint64_t task, origin;
};

static void limits_set(struct limits *l, const struct definitions *d)
{
	l->task = (uint64_t)d->task_count - 1;
	l->origin = (uint64_t)d->origin_count - 1;
	for (unsigned op = 0; op <= UINT8_MAX; op++)
		l->id[op] = UINT64_MAX;
	for (unsigned op = 0; op < OPERATION_COUNT; op++) {
		unsigned space = operation_table[op].space;
		l->id[op] = space == SPACE_NONE ? UINT32_MAX : d->id_max[space];
	}
}

/* The sign bit tells whether the record refers beyond what there is. */
static inline uint64_t excess(const struct record *r, const struct limits *l)
{
	return (l->id[r->operation] - r->id) | (l->task - r->task) | (l->origin - r->origin);
}

/* The highest bit of both halves of a word: neither a task nor an origin reaches it. */
#define HIGH_BITS UINT64_C(0x8000000080000000)

/* Task and origin side by side, as they stand in a record. */
static inline uint64_t references(const struct record *r)
{
	uint64_t word;

	_Static_assert(offsetof(struct record, origin) == offsetof(struct record, task) + 4,
		       "one word");
	memcpy(&word, &r->task, sizeof(word));
	return word;
}

/*
 * Only true when no record has or is an extension, and the usual case: so both references are held
 * against their limits by one subtraction, which leaves a half's highest bit where it does not go
 * beyond.
 */
static bool verify_plain(const struct record *records, uint32_t count, struct limits *l)
{
	const uint64_t limits = (l->origin << 32 | l->task) | HIGH_BITS;
	uint64_t signs = 0, time = 0, seen = 0, within = HIGH_BITS;
	unsigned flags = 0;

	if (l->task > INT32_MAX || l->origin > INT32_MAX)
		return false;
	uint64_t extension_limit = l->id[OP_EXTENSION];
	l->id[OP_EXTENSION] = UINT64_MAX;
	for (const struct record *r = records; r < records + count; r++) {
		const uint64_t word = references(r);

		seen |= word;
		within &= limits - word;
		signs |= (l->id[r->operation] - r->id) | (r->time - time);
		flags |= r->flags;
		time = r->time;
	}
	l->id[OP_EXTENSION] = extension_limit;
	return !(signs >> 63) && !(flags & RECORD_EXTENDED) && !(seen & HIGH_BITS) &&
	       (within & HIGH_BITS) == HIGH_BITS;
}

static bool verify_extended(const struct record *records, uint32_t count, const struct limits *l)
{
	uint64_t signs = 0, time = 0;
	bool extended = false, misplaced = false;
	for (uint32_t i = 0; i < count; i++) {
		const struct record *r = &records[i];
		bool is_extension = r->operation == OP_EXTENSION;
		misplaced |= is_extension != extended;
		/* An extension's task, origin and id are words of its owner's. */
		if (!is_extension)
			signs |= excess(r, l);
		signs |= r->time - time;
		extended = r->flags & RECORD_EXTENDED;
		time = r->time;
	}
	return !(signs >> 63) && !misplaced && !extended;
}

bool records_verify(const struct record *records, uint32_t count, const struct definitions *d)
{
	struct limits limits;
	limits_set(&limits, d);
	return verify_plain(records, count, &limits) || verify_extended(records, count, &limits);
}

const char *records_explain(const struct record *records, uint32_t count,
			    const struct definitions *d, uint32_t *bad)
{
	struct limits limits;
	limits_set(&limits, d);
	for (uint32_t i = 0; i < count; i++) {
		const struct record *r = &records[i];
		bool extended = i > 0 && (records[i - 1].flags & RECORD_EXTENDED);
		*bad = i;
		if (extended != (r->operation == OP_EXTENSION))
			return extended ? "its extension is missing" : "extension without an owner";
		if (i > 0 && r->time < records[i - 1].time)
			return "its time is before the record before it";
		if (r->operation >= OPERATION_COUNT)
			return "an operation that this version does not know";
		if (r->operation == OP_EXTENSION)
			continue;
		if (r->task >= d->task_count)
			return "a task that is not defined";
		if (r->origin >= d->origin_count)
			return "an origin that is not defined";
		if (r->id > limits.id[r->operation])
			return "an id beyond the largest of its space";
	}
	return "its extension is missing";
}
