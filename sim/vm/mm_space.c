/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The system calls of an address space: mm/mmap.c, mm/mremap.c, mm/madvise.c. */
#include "vm/mm_private.h"

/* A free pointer's block begins so far behind its mapping, at least. */
static const uint64_t header_bytes = 16, aligned_header_bytes = 48;

/* Heaps that must be aligned to their size are cut out of a mapping twice as long. */
static const uint64_t aligned_heap_bytes = 64 << 20;

void mm_system_call(struct mm *mm)
{
	mm->counts.system_calls++;
	work_count(mm->frames->work, WORK_syscall);
}

static bool is_vacant(const struct mm *mm, uint64_t start, uint64_t end)
{
	return start < end && end <= REGIONS_END && start >= PAGE_SIZE_BYTES &&
	       !regions_overlap(&mm->regions, start, end);
}

static void map_region(struct mm *mm, uint64_t start, uint64_t length)
{
	regions_add(&mm->regions, start, start + length);
	mm->counts.total_vm_bytes += length;
	work_count(mm->frames->work, WORK_vma_change);
	if (mm->lock_future)
		mm_populate(mm, start, start + length);
}

static void unmap_region(struct mm *mm, uint64_t start, uint64_t end)
{
	uint64_t taken;

	while ((taken = regions_cut(&mm->regions, start, end)) != 0)
		mm->counts.total_vm_bytes -= taken;
	work_count(mm->frames->work, WORK_vma_change);
	work_count(mm->frames->work, WORK_unmap_range);
	mm_zap(mm, start, end);
	mm_free_tables(mm, start, end);
}

static uint64_t space_break_now(void *context)
{
	return ((struct mm *)context)->break_end;
}

static void move_break(struct mm *mm, uint64_t end)
{
	const uint64_t old_page = mm_page_up(mm->break_end), new_page = mm_page_up(end);

	mm->break_end = end;
	mm->counts.brk_bytes = end - mm->brk0;
	if (new_page < old_page) {
		unmap_region(mm, new_page, old_page);
	} else if (new_page > old_page) {
		regions_extend(&mm->regions, old_page, new_page);
		mm->counts.total_vm_bytes += new_page - old_page;
		work_count(mm->frames->work, WORK_vma_change);
		if (mm->lock_future)
			mm_populate(mm, old_page, new_page);
	}
}

/* Overcommitting is refused where it is obvious. */
static bool is_enough(const struct mm *mm, uint64_t bytes)
{
	return bytes >> PAGE_SHIFT <= mm->frames->total_pages;
}

static bool brk_within(struct mm *mm, uint64_t end, uint64_t limit)
{
	const uint64_t old_page = mm_page_up(mm->break_end), new_page = mm_page_up(end);

	mm_system_call(mm);
	if (end < mm->brk0 || end > limit)
		return false;
	/* A page stays free between the heap and what lies behind it. */
	if (new_page > old_page && (!is_vacant(mm, old_page, new_page + PAGE_SIZE_BYTES) ||
				    !is_enough(mm, new_page - old_page)))
		return false;
	move_break(mm, end);
	return true;
}

static bool space_brk(void *context, uint64_t end)
{
	struct mm *mm = context;

	if (!brk_within(mm, end, mm->break_limit))
		return false;
	mm->allocator_end = end;
	return true;
}

bool mm_move_break(struct mm *mm, uint64_t end)
{
	if (end < mm->allocator_end) {
		mm_system_call(mm);
		return false;
	}
	return brk_within(mm, end, REGIONS_END);
}

void mm_limit_break(struct mm *mm, uint64_t end)
{
	mm->break_limit = end;
}

void mm_expect(struct mm *mm, uint64_t block, bool in_heap)
{
	mm->expected = block;
	mm->expected_in_heap = in_heap;
}

/* Where a mapping of this length has to begin for the expected block to lie in it; 0: unknown. */
static uint64_t expected_start(const struct mm *mm, uint64_t length)
{
	const bool is_heap = length == 2 * aligned_heap_bytes;

	if (!mm->expected || is_heap != mm->expected_in_heap)
		return 0;
	if (is_heap)
		return (mm->expected & ~(aligned_heap_bytes - 1)) - PAGE_SIZE_BYTES;
	if (mm->expected % PAGE_SIZE_BYTES == header_bytes)
		return mm->expected - header_bytes;
	return (mm->expected - aligned_header_bytes) & ~(uint64_t)(PAGE_SIZE_BYTES - 1);
}

static uint64_t choose_place(struct mm *mm, uint64_t near, uint64_t length)
{
	const uint64_t expected = expected_start(mm, length);

	if (expected)
		mm->expected = 0;
	if (expected && is_vacant(mm, expected, expected + length)) {
		mm->counts.placed++;
		return expected;
	}
	if (near && is_vacant(mm, near, near + length))
		return near;
	return regions_place(&mm->regions, length);
}

static uint64_t map_anywhere(struct mm *mm, uint64_t near, uint64_t length)
{
	mm_system_call(mm);
	work_count(mm->frames->work, WORK_vma_find);
	const uint64_t start =
		length <= REGIONS_END ? choose_place(mm, near, length) : ADDRESS_NONE;

	if (start != ADDRESS_NONE)
		map_region(mm, start, length);
	return start;
}

static uint64_t space_mmap(void *context, uint64_t near, uint64_t length,
			   enum address_protection protection)
{
	struct mm *mm = context;

	if (protection == ADDRESS_READ_WRITE && !is_enough(mm, length)) {
		mm_system_call(mm);
		return ADDRESS_NONE;
	}
	return map_anywhere(mm, near, length);
}

/* What the program maps says nothing of where its allocator's next mapping is to lie. */
uint64_t mm_map(struct mm *mm, uint64_t address, uint64_t length)
{
	const uint64_t expected = mm->expected;

	mm->expected = 0;
	const uint64_t start = map_anywhere(mm, address, length);

	mm->expected = expected;
	return start;
}

void mm_unmap(struct mm *mm, uint64_t address, uint64_t length)
{
	mm_system_call(mm);
	unmap_region(mm, address, address + length);
}

static void space_munmap(void *context, uint64_t address, uint64_t length)
{
	mm_unmap(context, address, length);
}

uint64_t mm_remap(struct mm *mm, uint64_t address, uint64_t old_length, uint64_t new_length)
{
	const uint64_t expected = expected_start(mm, new_length);
	const bool stays = !expected || expected == address;

	mm_system_call(mm);
	if (!is_enough(mm, new_length))
		return ADDRESS_NONE;
	if (new_length < old_length) {
		unmap_region(mm, address + new_length, address + old_length);
		return address;
	}
	if (stays && is_vacant(mm, address + old_length, address + new_length)) {
		regions_extend(&mm->regions, address + old_length, address + new_length);
		mm->counts.total_vm_bytes += new_length - old_length;
		work_count(mm->frames->work, WORK_vma_change);
		return address;
	}
	work_count(mm->frames->work, WORK_vma_find);
	const uint64_t start = choose_place(mm, 0, new_length);

	if (start == ADDRESS_NONE)
		return ADDRESS_NONE;
	map_region(mm, start, new_length);
	mm_move_pages(mm, address, start, old_length);
	unmap_region(mm, address, address + old_length);
	return start;
}

static uint64_t space_mremap(void *context, uint64_t address, uint64_t old_length,
			     uint64_t new_length)
{
	return mm_remap(context, address, old_length, new_length);
}

static bool space_mprotect(void *context, uint64_t address, uint64_t length)
{
	struct mm *mm = context;

	(void)address;
	(void)length;
	mm_system_call(mm);
	work_count(mm->frames->work, WORK_vma_change);
	return true;
}

void mm_discard(struct mm *mm, uint64_t address, uint64_t length)
{
	mm_system_call(mm);
	work_count(mm->frames->work, WORK_vma_find);
	mm_zap(mm, address, address + length);
}

static void space_discard(void *context, uint64_t address, uint64_t length)
{
	mm_discard(context, address, length);
}

void mm_lock(struct mm *mm, uint64_t address, uint64_t length)
{
	const struct regions *r = &mm->regions;
	const uint64_t end = address + length;

	mm_system_call(mm);
	for (size_t i = regions_behind(r, address); i < r->count && r->list[i].start < end; i++)
		mm_populate(mm, r->list[i].start > address ? r->list[i].start : address,
			    r->list[i].end < end ? r->list[i].end : end);
}

void mm_lock_all(struct mm *mm, bool current, bool future)
{
	mm_system_call(mm);
	mm->lock_future = future;
	for (size_t i = 0; current && i < mm->regions.count; i++)
		mm_populate(mm, mm->regions.list[i].start, mm->regions.list[i].end);
}

static void touch(struct mm *mm, uint64_t address, uint64_t length, bool write)
{
	if (length)
		mm_touch_pages(mm, address >> PAGE_SHIFT,
			       ((address + length - 1) >> PAGE_SHIFT) + 1, write);
}

bool mm_touch(struct mm *mm, uint64_t address, uint64_t length, bool write)
{
	const uint64_t end = address + length;
	uint64_t at = address;

	while (at < end) {
		const struct region *r = regions_at(&mm->regions, at);

		if (!r)
			return false;
		at = r->end;
	}
	if (end < address)
		return false;
	touch(mm, address, length, write);
	return true;
}

static void space_read(void *context, uint64_t address, uint64_t length)
{
	touch(context, address, length, false);
}

static void space_write(void *context, uint64_t address, uint64_t length)
{
	touch(context, address, length, true);
}

struct address_space mm_make_space(struct mm *mm)
{
	return (struct address_space){
		.break_now = space_break_now,
		.brk = space_brk,
		.mmap = space_mmap,
		.munmap = space_munmap,
		.mremap = space_mremap,
		.mprotect = space_mprotect,
		.discard = space_discard,
		.read = space_read,
		.write = space_write,
		.context = mm,
	};
}
