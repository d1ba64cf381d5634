/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a C library's allocator sees of its process's address space: the system calls that it makes
 * and the pages that it touches. The machine puts an address space behind it, from one that only
 * counts pages to one with page tables. Addresses are those of the simulated process.
 *
 * Every call but break_now is a system call; the address space counts it. Lengths and results are
 * whole pages, except that the break may stand anywhere.
 */
#ifndef SLABYARD_CORE_ADDRESS_SPACE_H
#define SLABYARD_CORE_ADDRESS_SPACE_H

#include <stdbool.h>
#include <stdint.h>

#define ADDRESS_NONE UINT64_MAX

enum address_protection { ADDRESS_INACCESSIBLE, ADDRESS_READ_WRITE };

struct address_space {
	/* The break as the C library last saw it: no system call. */
	uint64_t (*break_now)(void *context);
	/* Moves the break; false: it stays where it was (another mapping is in the way). */
	bool (*brk)(void *context, uint64_t end);
	/* Anonymous private memory, at `near` if it is not 0 and that place is free, else
	 * anywhere. Its address, or ADDRESS_NONE. */
	uint64_t (*mmap)(void *context, uint64_t near, uint64_t length,
			 enum address_protection protection);
	void (*munmap)(void *context, uint64_t address, uint64_t length);
	/* May move; the new address, or ADDRESS_NONE and nothing has changed. */
	uint64_t (*mremap)(void *context, uint64_t address, uint64_t old_length,
			   uint64_t new_length);
	/* Makes pages accessible; false: refused. */
	bool (*mprotect)(void *context, uint64_t address, uint64_t length);
	/* MADV_DONTNEED: the pages are given back and read as zeros. */
	void (*discard)(void *context, uint64_t address, uint64_t length);
	/* The allocator itself reads or writes these bytes: no system call, perhaps faults. A page
	 * that was only ever read is the zero page, and faults once more when it is written. */
	void (*read)(void *context, uint64_t address, uint64_t length);
	void (*write)(void *context, uint64_t address, uint64_t length);
	void *context;
};

#endif
