/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A process's address space (the kernel's mm_struct): its break and its mappings, page tables, and
 * the frames behind the pages that were touched. Mappings are placed as mm/mmap.c does (highest gap
 * that is large enough, below the stack); pages come one at a time at the first touch, reads are
 * given the zero page, and after a fork both sides share frames until one of them writes.
 *
 * What a simulation cannot know may be told: where the next mapping is to lie, and up to where the
 * break can grow. There are no files, no huge pages and no swap: all memory is anonymous.
 *
 * A touch that finds no memory ends there and is counted; whoever owns the process must look at it
 * (failed_faults).
 */
#ifndef SLABYARD_VM_MM_H
#define SLABYARD_VM_MM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/ptrmap.h"
#include "core/address_space.h"
#include "core/page_source.h"
#include "core/work.h"
#include "vm/rmap.h"

/* What all processes of a machine have in common. */
struct mm_frames {
	struct page_source pages;
	struct work *work;
	/* Of whom pages are asked: its owner sets cpu, task and time before each call. */
	struct request request;
	struct ptrmap *sharers; /* by pfn: how many more than one process map it */
	struct rmap rmap;
	uint64_t failed_faults; /* of all processes */
	/* No mapping that is to be written may be larger (mm/util.c, __vm_enough_memory). */
	uint64_t total_pages;
};

struct mm;

/* 0, or -1 with *err. */
int mm_frames_init(struct mm_frames *frames, const struct page_source *pages, uint64_t total_pages,
		   struct work *work, struct error *err);
void mm_frames_finish(struct mm_frames *frames);
/*
 * What is given back from now on goes nowhere: a run that ended early may have left the page
 * allocator in the middle of a change.
 */
void mm_frames_abandon(struct mm_frames *frames);

/*
 * False: the frame's page must stay where it is. Who maps one of several processes (RMAP_SHARED) is
 * looked for where it was at the fork, and it stays if one has moved its mapping since.
 */
bool mm_frames_movable(struct mm_frames *frames, pfn_t pfn);
/* What is in frame `from`, which can be moved, is in `to` from now on. True: a process's page. */
bool mm_frames_move(struct mm_frames *frames, pfn_t from, pfn_t to);

/* Whether a heap can begin there at all. */
bool mm_may_begin(uint64_t brk0);

/* The break begins at brk0. */
struct mm *mm_create(struct mm_frames *frames, uint64_t brk0, struct error *err);
/* A copy, as fork() makes it: frames are shared until one side writes. */
struct mm *mm_fork(struct mm *parent, struct error *err);
/* Gives all frames back. NULL is fine. */
void mm_destroy(struct mm *mm);

/* What allocators are given; lives as long as the mm. */
const struct address_space *mm_space(const struct mm *mm);

/*
 * The next mapping, if one is made before the next call of this, is to hold this block: as near its
 * start as an aligned block's header allows. in_heap: it lies in a heap that is aligned to 64 MiB,
 * and only a mapping for such a one is meant. 0: nothing is known. Ignored where the place is
 * taken.
 */
void mm_expect(struct mm *mm, uint64_t block, bool in_heap);

/* The break cannot be moved beyond this address: a mapping is in the way. */
void mm_limit_break(struct mm *mm, uint64_t end);

/*
 * The program itself moves the break: a system call of its own. False: it cannot be, or what the
 * allocator has would be lost.
 */
bool mm_move_break(struct mm *mm, uint64_t end);

/*
 * The program's own mappings. Addresses and lengths are bytes, whole pages. mm_map takes that place
 * if it is free, else, or with address 0, another; its address, or ADDRESS_NONE.
 */
uint64_t mm_map(struct mm *mm, uint64_t address, uint64_t length);
void mm_unmap(struct mm *mm, uint64_t address, uint64_t length);
uint64_t mm_remap(struct mm *mm, uint64_t address, uint64_t old_length, uint64_t new_length);
void mm_discard(struct mm *mm, uint64_t address, uint64_t length);

/* A system call that changes nothing here (mprotect, other advice). */
void mm_system_call(struct mm *mm);

/* mlock: touches all pages. mlockall: those of now, those to come, both or (munlockall) neither. */
void mm_lock(struct mm *mm, uint64_t address, uint64_t length);
void mm_lock_all(struct mm *mm, bool current, bool future);

/* The program touches these bytes. False: some of them are in no mapping, and nothing is done. */
bool mm_touch(struct mm *mm, uint64_t address, uint64_t length, bool write);

/* While true, pages that are given back are remembered: faults on them count as refaults. */
void mm_returning(struct mm *mm, bool returning);

/* Where the mapping begins that holds this address; 0: the heap, or none. */
uint64_t mm_mapping_of(const struct mm *mm, uint64_t address);

/* Extents in [start, end) of pages that are there (present), and of those that are not. */
void mm_walk(struct mm *mm, uint64_t start, uint64_t end,
	     void (*visit)(void *context, uint64_t start, uint64_t end, bool present),
	     void *context);

/* The frames that the process has: its pages, whoever shares them, and its page tables. */
void mm_walk_frames(struct mm *mm, void (*visit)(void *context, pfn_t pfn, bool is_table),
		    void *context);

/* As far as it is known here: the heap and the mappings that were made through this header. */
struct mm_counts {
	uint64_t total_vm_bytes;           /* VmSize */
	uint64_t brk_bytes;                /* VmData's part that the break bounds */
	uint64_t rss_pages, rss_pages_max; /* VmRSS, VmHWM */
	uint64_t page_tables;              /* VmPTE, in pages */
	uint64_t min_flt;                  /* minor faults */
	uint64_t cow_faults;               /* those of them that copied a page */
	uint64_t refaults;      /* of min_flt: pages that were given back while returning */
	uint64_t failed_faults; /* no memory was to be had */
	uint64_t system_calls;
	uint64_t placed; /* mappings that lie where mm_expect said */
};

struct mm_counts mm_counts(const struct mm *mm);

/* Of these the one that is looked at most; lives as long as the mm. */
const uint64_t *mm_counts_rss(const struct mm *mm);

#endif
