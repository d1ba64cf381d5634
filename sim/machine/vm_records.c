/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A process's own system calls and touches of its memory. Its mappings lie where recorded. */
#include "machine/libc_records.h"

/* Of asm-generic/mman-common.h and asm/mman.h. */
enum { ADVICE_DONTNEED = 4, LOCK_CURRENT = 1, LOCK_FUTURE = 2 };

/* Of an x86 page fault's error code (arch/x86/include/asm/trap_pf.h). */
enum { FAULT_WRITE = 2 };

static uint64_t bytes_of(const struct record *r)
{
	return (uint64_t)r->size << PAGE_SHIFT;
}

static int brk_record(struct machine *m, const struct record *r, struct process *p)
{
	if (r->flags & RECORD_FAILED) {
		mm_limit_break(p->mm, r->address);
		m->assists.used[ASSIST_NAMED_brk_fail]++;
		return 0;
	}
	if (!(record_detail(r) & 1)) {
		libc_compare_break(m, r, p);
		return 0;
	}
	m->assists.used[ASSIST_NAMED_foreign_brk]++;
	mm_move_break(p->mm, r->address);
	return 1;
}

static int mmap_record(struct machine *m, const struct record *r, struct process *p)
{
	struct map_entry *entry = &m->ids.map[r->id];
	const uint64_t length = bytes_of(r);

	if (r->flags & RECORD_FAILED || !length)
		return 0;
	const uint64_t start = mm_map(p->mm, r->address, length);

	if (r->id && start != ADDRESS_NONE)
		*entry = (struct map_entry){ start, length };
	return 1;
}

/* Part of a mapping is named by its address, which has no id. */
static int munmap_record(struct machine *m, const struct record *r, struct process *p)
{
	struct map_entry *entry = &m->ids.map[r->id];

	if (r->id && entry->length) {
		mm_unmap(p->mm, entry->address, r->size ? bytes_of(r) : entry->length);
		*entry = (struct map_entry){ 0 };
		return 1;
	}
	if (!r->size)
		return 0;
	mm_unmap(p->mm, r->address, bytes_of(r));
	return 1;
}

static int mremap_record(struct machine *m, const struct record *r, struct process *p)
{
	struct map_entry *entry = &m->ids.map[r->id];

	if (r->flags & RECORD_FAILED || !r->size)
		return 0;
	if (!r->id || !entry->length)
		return mmap_record(m, r, p);
	const uint64_t start = mm_remap(p->mm, entry->address, entry->length, bytes_of(r));

	if (start != ADDRESS_NONE)
		*entry = (struct map_entry){ start, bytes_of(r) };
	return 1;
}

static int touch_record(struct machine *m, const struct record *r, struct process *p)
{
	const uint64_t pages = r->size && r->operation != OP_PAGE_FAULT ? r->size : 1;
	const bool write = r->operation == OP_PAGE_WRITE ||
			   (r->operation == OP_PAGE_FAULT && record_detail(r) & FAULT_WRITE);
	const uint64_t start = r->address & ~(uint64_t)(PAGE_SIZE_BYTES - 1);

	if (!m->touch_recorded)
		return 0;
	if (mm_touch(p->mm, start, pages << PAGE_SHIFT, write))
		return 1;
	m->summary->processes.touches_outside++;
	return 0;
}

static int madvise_record(const struct record *r, const struct record *extension, struct process *p)
{
	if (extension && extension->origin == ADVICE_DONTNEED)
		mm_discard(p->mm, r->address, bytes_of(r));
	else
		mm_system_call(p->mm);
	return 1;
}

static int carry_out(struct machine *m, const struct record *r, const struct record *extension,
		     struct process *p)
{
	switch (r->operation) {
	case OP_BRK:
		return brk_record(m, r, p);
	case OP_MMAP:
		return mmap_record(m, r, p);
	case OP_MUNMAP:
		return munmap_record(m, r, p);
	case OP_MREMAP:
		return mremap_record(m, r, p);
	case OP_MADVISE:
		return madvise_record(r, extension, p);
	case OP_MLOCK:
		mm_lock(p->mm, r->address, bytes_of(r));
		return 1;
	case OP_MLOCKALL:
		mm_lock_all(p->mm, r->size & LOCK_CURRENT, r->size & LOCK_FUTURE);
		return 1;
	case OP_MPROTECT:
		mm_system_call(p->mm);
		return 1;
	default:
		return touch_record(m, r, p);
	}
}

int vm_record(struct machine *m, const struct record *r, const struct record *extension,
	      struct error *err)
{
	struct caller caller;
	const int found = libc_caller(m, r, &caller, err);

	if (found <= 0)
		return found;
	const int result = carry_out(m, r, extension, caller.process);

	libc_returned(m, r, caller.process);
	return result;
}
