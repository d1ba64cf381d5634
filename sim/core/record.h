/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One operation of a trace, as it stands in a .syt file and as every trace cursor delivers it.
 * Times are nanoseconds from the batch's base; little endian.
 */
#ifndef SLABYARD_CORE_RECORD_H
#define SLABYARD_CORE_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum record_flags {
	RECORD_IRQ = 1 << 0, /* hard or soft interrupt context */
	RECORD_EFFECT =
		1 << 1, /* caused by another record's operation (a page that slab asked for) */
	RECORD_FAILED = 1 << 2,   /* the recorded allocation failed */
	RECORD_BULK = 1 << 3,     /* part of a bulk call */
	RECORD_IDENTITY = 1 << 4, /* address names an allocation older than the trace; id is 0 */
	RECORD_EXTENDED = 1 << 5, /* an OP_EXTENSION record follows and belongs to this one */
	RECORD_NESTED = 1 << 6, /* an event that its own batch repeats (see mm_page_free_batched) */
	RECORD_PART = 1 << 7,   /* a free of a part of the allocation: 2^size pages at address */
};

/* What an alloc_begin record begins. */
enum record_begins { BEGINS_PAGE, BEGINS_KMALLOC, BEGINS_CACHE_ALLOC };

enum {
	RECORD_CPU_BITS =
		12, /* low bits of cpu_detail: the CPU; the 4 above: detail of the operation */
	RECORD_CPU_MASK = (1 << RECORD_CPU_BITS) - 1,
};

struct record {
	uint32_t time;       /* ns from the batch's base_ns */
	uint8_t operation;   /* enum operation */
	uint8_t flags;       /* enum record_flags */
	uint16_t cpu_detail; /* see RECORD_CPU_BITS */
	uint32_t task;       /* index into definitions.tasks */
	uint32_t origin;     /* index into definitions.origins; 0 is "nothing known" */
	uint32_t id; /* dense and recycled per id space, 0: none (operation.def says which space) */
	uint32_t size;    /* meaning by operation, see operation.def */
	uint64_t address; /* recorded address or pfn, compared and never used to decide */
};

/* Heap blocks of which the source did not tell where they lay have addresses from here on. */
#define HEAP_PLACE_UNKNOWN UINT64_C(0xffff000000000000)

_Static_assert(sizeof(struct record) == 32, "a trace record is 32 bytes");
_Static_assert(offsetof(struct record, address) == 24, "the address is the last field");

/* Detail of a free of pages, or'ed. */
enum {
	PAGE_FREE_BUSY = 1,  /* went past the per-cpu lists, as their lock was taken */
	PAGE_FREE_LAST = 2,  /* RECORD_PART: nothing of the allocation is left */
	PAGE_FREE_EXACT = 4, /* RECORD_PART: what alloc_pages_exact() does not need */
	PAGE_FREE_MOVED = 8, /* RECORD_PART: a frame by compaction, its page lives on in another */
};

/* Detail of kmem_cache_create, _destroy and _shrink. */
enum {
	CACHE_UNTRACED =
		1, /* told by a line that no stock kernel prints: a fact for assist cache_op */
};

static inline uint32_t record_cpu(const struct record *r)
{
	return r->cpu_detail & RECORD_CPU_MASK;
}

static inline uint32_t record_detail(const struct record *r)
{
	return (uint32_t)r->cpu_detail >> RECORD_CPU_BITS;
}

/* A free of something of which more is left. */
static inline bool record_leaves_part(const struct record *r)
{
	return r->flags & RECORD_PART && !(record_detail(r) & PAGE_FREE_LAST);
}

/* A frame comes free, and what was in it has moved. */
static inline bool record_moves(const struct record *r)
{
	return r->flags & RECORD_PART && record_detail(r) & PAGE_FREE_MOVED;
}

/*
 * Records of different CPUs that lie less than this apart may have happened in the other order: an
 * allocation is logged after the work and a free before it. The most that was seen is 6 us, on an
 * emulated machine.
 */
enum { RECORD_SLACK_NS = 10000 };

/*
 * A virtual CPU that its host takes away for a while tells of an allocation when it has it again:
 * so much later at most. On a loaded host 50 ms were seen.
 */
enum { RECORD_REACH_NS = 200 * 1000 * 1000 };

/* A run of records that share a time base. Valid until the cursor's next call. */
struct batch {
	const struct record *records;
	uint32_t count;
	uint64_t base_ns;      /* simulated time of record.time == 0 */
	uint64_t first_record; /* 0-based number of records[0] in the trace */
	/* Line of each record in its text input, 1-based; NULL when the trace has no lines. */
	const uint64_t *lines;
	/*
	 * As many bytes as the records have, which the cursor's next call will read: who works on
	 * this batch has them fetched meanwhile. NULL: nobody knows where they are.
	 */
	const uint8_t *ahead;
};

#endif
