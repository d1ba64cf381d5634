/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The memory that a recorder and the processes that it records share: one page of control, then
 * slots. A process takes a slot, and its records go from there to the recorder through a ring.
 *
 * The file is sparse and has no name. A new program opens it through the path in
 * SHARED_ENVIRONMENT; a forked child maps it out of the control page that it has inherited, so that
 * it needs neither the path nor the right to open it.
 *
 * Everything that the recorder reads here was written by the recorded program, which may have
 * overwritten it by mistake: the recorder believes no index or length of it unchecked.
 */
#ifndef SLABYARD_RECORD_SHARED_H
#define SLABYARD_RECORD_SHARED_H

#include <stddef.h>
#include <stdint.h>

#define SHARED_ENVIRONMENT "SLABYARD_RECORD"
#define SHARED_MAGIC       "SYRECORD"

enum {
	SHARED_VERSION = 2,
	SHARED_PAGE = 4096,
	SHARED_SLOTS = 1024,
	RING_RECORDS = 1 << 17,
	RING_BYTES = RING_RECORDS * 32,
	SLOT_BYTES = SHARED_PAGE + RING_BYTES,
	RAW_THREADS = (1 << 16) - 1,
	RAW_THREAD_ENDED = RAW_THREADS, /* calls after its allocator state was gone */
	SHARED_NAME = 1024,             /* bytes of a path, with its NUL */
};

/* What raw_record.in and .out hold, and its size field. */
enum raw_operation {
	RAW_NONE,
	RAW_MALLOC,         /* in = bytes, out = block */
	RAW_CALLOC,         /* in = bytes, out = block */
	RAW_REALLOC,        /* in = old block, out = block, size = bytes */
	RAW_MEMALIGN,       /* in = alignment, out = block, size = bytes */
	RAW_FREE,           /* in = block */
	RAW_MALLOPT,        /* in = parameter, out = value */
	RAW_MALLOC_TRIM,    /* in = pad */
	RAW_BRK,            /* in = the break before, out = now: moved by the call that follows */
	RAW_BRK_FOREIGN,    /* the same, moved by the program itself */
	RAW_THREAD_START,   /* in = tid; before the thread's first record */
	RAW_THREAD_EXIT,    /* its allocator state is gone */
	RAW_NAME,           /* in, out = the thread's comm */
	RAW_MMAP,           /* in = length, out = address, size = prot | flags << 8 */
	RAW_MUNMAP,         /* in = length, out = address */
	RAW_MREMAP_LENGTHS, /* in = old length, out = new one; of the RAW_MREMAP that follows */
	RAW_MREMAP,         /* in = old address, out = address */
	RAW_MADVISE,        /* in = length, out = address, size = advice */
	RAW_MPROTECT,       /* in = length, out = address, size = prot */
	RAW_MLOCK,          /* in = length, out = address */
	RAW_MLOCKALL,       /* in = flags */
	RAW_FORK,           /* in = serial: what comes before, a child of this fork inherits */
	RAW_FORKED,         /* in = serial, out = the child's pid */
	RAW_EXEC,           /* the last record, unless exec failed */
	RAW_MARK,           /* in = number: the program's own, slabyard_mark() */
	RAW_OPERATIONS
};

struct raw_record {
	uint64_t ticks; /* when the call began, enum shared_clock */
	uint64_t in, out;
	uint64_t what; /* bits 0-39 size, 40-44 operation, 45-47 chunk bits, 48-63 thread */
};

_Static_assert(sizeof(struct raw_record) == 32, "two a cache line");
_Static_assert(RAW_OPERATIONS <= 32, "an operation has 5 bits");

enum { RAW_SIZE_BITS = 40, RAW_CHUNK_SHIFT = 45, RAW_THREAD_SHIFT = 48 };

#define RAW_SIZE_MAX ((UINT64_C(1) << RAW_SIZE_BITS) - 1)

/* Sizes that 40 bits do not hold: more than malloc looks at, and more than there are addresses. */
enum { RAW_SIZE_SENSELESS_SHIFT = 63, RAW_SIZE_HUGE_SHIFT = 47 };

static inline uint64_t raw_size(const struct raw_record *r)
{
	return r->what & RAW_SIZE_MAX;
}

static inline unsigned raw_operation(const struct raw_record *r)
{
	return r->what >> RAW_SIZE_BITS & 31;
}

static inline uint64_t raw_clip_size(uint64_t bytes)
{
	if (bytes < RAW_SIZE_MAX - 1)
		return bytes;
	return bytes >> RAW_SIZE_SENSELESS_SHIFT ? RAW_SIZE_MAX : RAW_SIZE_MAX - 1;
}

/* What a call asked for that malloc has to refuse is told as large enough for that. */
static inline uint64_t raw_bytes(const struct raw_record *r)
{
	const uint64_t size = raw_size(r);

	if (size < RAW_SIZE_MAX - 1)
		return size;
	return UINT64_C(1) << (size == RAW_SIZE_MAX ? RAW_SIZE_SENSELESS_SHIFT
						    : RAW_SIZE_HUGE_SHIFT);
}

/* Of the chunk's size field: 1 PREV_INUSE, 2 IS_MMAPPED, 4 NON_MAIN_ARENA. */
static inline unsigned raw_chunk_bits(const struct raw_record *r)
{
	return r->what >> RAW_CHUNK_SHIFT & 7;
}

static inline unsigned raw_thread(const struct raw_record *r)
{
	return (unsigned)(r->what >> RAW_THREAD_SHIFT);
}

enum shared_clock {
	SHARED_CLOCK_MONOTONIC, /* ns */
	SHARED_CLOCK_TSC,
};

struct shared_control {
	char magic[8];
	uint32_t version;
	uint32_t slots;
	uint32_t ring_records;
	uint32_t clock;         /* enum shared_clock */
	uint64_t outlier_ticks; /* a measured time above that is an interruption */
	int32_t recorder;
	/* Futex: programs add to it and wake the recorder when it is asleep. */
	uint32_t bell;
	uint32_t asleep;
	uint32_t stopped;       /* the recorder takes no more */
	uint32_t attached;      /* processes that ever did: numbers them in their order */
	uint32_t taken;         /* slots that went live: another number says to look for new ones */
	uint32_t refused;       /* processes that found no slot */
	uint32_t forks;         /* that have begun ... */
	uint32_t settled;       /* ... and of which it is known what became of the child */
	uint64_t pid_namespace; /* the recorder's; 0: not to be had */
	uint8_t slot_state[SHARED_SLOTS]; /* enum slot_state */
};

_Static_assert(sizeof(struct shared_control) <= SHARED_PAGE, "one page");

enum slot_state {
	SLOT_FREE,
	SLOT_TAKEN, /* its first page is being filled in */
	SLOT_LIVE,
};

struct shared_slot {
	int32_t pid;
	uint32_t number;      /* control.attached's, from 1 */
	uint32_t parent_slot; /* of the process that it was forked from; SHARED_SLOTS: none */
	int32_t parent_pid;
	uint64_t pid_namespace; /* in which these pids are; 0: not to be had */
	uint64_t fork_serial;   /* RAW_FORK's */
	uint64_t attached_ticks;
	uint64_t brk0, brk;    /* the break before the program's first call, and now */
	uint32_t cpus;         /* as the C library counts them for its arenas */
	uint32_t other_malloc; /* enum shared_malloc */
	char executable[SHARED_NAME];
	char malloc_owner[SHARED_NAME]; /* whose malloc it is, when it is not the C library's */
	char tunables[SHARED_NAME];     /* as GLIBC_TUNABLES has them, malloc's only */
	char libc_version[16];
	char comm[16];

	_Alignas(64) uint64_t head;  /* records ever put in */
	uint64_t samples;            /* calls of which the time added was measured ... */
	uint64_t sampled_ticks;      /* ... and their time */
	uint64_t waits, waits_ticks; /* for room in the ring */
	uint64_t early_exits;        /* threads told to have ended before they quite had */
	uint64_t untold;             /* calls of signal handlers inside another call: no records */
	uint64_t deep_libraries;     /* opened with RTLD_DEEPBIND */

	_Alignas(64) uint64_t tail; /* records ever taken out */
	uint32_t room;              /* futex: the recorder adds to it when it has taken some */
	uint32_t waiting;
};

_Static_assert(sizeof(struct shared_slot) <= SHARED_PAGE, "one page");

enum shared_malloc {
	MALLOC_GLIBC,     /* the C library's: addresses can be compared */
	MALLOC_REPLACED,  /* a library's that stands before it: calls are recorded */
	MALLOC_UNWATCHED, /* the program's own: its calls are not seen */
};

static inline size_t slot_offset(uint32_t slot)
{
	return SHARED_PAGE + (size_t)slot * SLOT_BYTES;
}

#define SHARED_BYTES (SHARED_PAGE + (size_t)SHARED_SLOTS * SLOT_BYTES)

#endif
