/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vm/page_counter.h"

#include <stdlib.h>
#include <string.h>

#include "base/ptrmap.h"
#include "core/assert.h"
#include "core/ids.h"

enum { REGIONS_FIRST = 64 };

/* The end of user space less the gap for the stack, as with 47 bits and no randomisation. */
static const uint64_t mmap_base = UINT64_C(0x7ffff7fff000);

/* A free pointer's block begins so far behind its mapping, at least. */
static const uint64_t header_bytes = 16, aligned_header_bytes = 48;

/* Heaps that must be aligned to their size are cut out of a mapping twice as long. */
static const uint64_t aligned_heap_bytes = 64 << 20;

struct region {
	uint64_t start, end;
};

/* What a page that is present is: the process's own, or the zero page that reads are given. */
enum page_kind { PAGE_OWN, PAGE_ZERO };

struct page_counter {
	struct address_space space;
	struct work *work;
	uint64_t brk0, break_end, break_limit;
	uint64_t expected; /* block, 0: nothing */
	bool expected_in_heap;
	struct region *regions; /* by address, never touching the break's */
	size_t region_count, region_capacity;
	struct ptrmap *present; /* page number -> enum page_kind */
	struct space_counts counts;
};

static uint64_t page_up(uint64_t address)
{
	return (address + PAGE_SIZE_BYTES - 1) & ~(uint64_t)(PAGE_SIZE_BYTES - 1);
}

static void system_call(struct page_counter *c)
{
	c->counts.system_calls++;
	work_count(c->work, WORK_syscall);
}

/* Index of the first region that ends behind `address`. */
static size_t region_behind(const struct page_counter *c, uint64_t address)
{
	size_t low = 0, high = c->region_count;

	while (low < high) {
		const size_t middle = (low + high) / 2;

		if (c->regions[middle].end > address)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static bool is_vacant(const struct page_counter *c, uint64_t start, uint64_t end)
{
	const size_t i = region_behind(c, start);

	if (start >= end || end > mmap_base || start < PAGE_SIZE_BYTES)
		return false;
	if (start < page_up(c->break_end) && end > c->brk0)
		return false;
	return i == c->region_count || c->regions[i].start >= end;
}

/* Highest place with room, or ADDRESS_NONE. */
static uint64_t region_place(const struct page_counter *c, uint64_t length)
{
	uint64_t end = mmap_base;

	for (size_t i = c->region_count; i-- > 0; end = c->regions[i].start)
		if (end - c->regions[i].end >= length)
			break;
	return length < end && is_vacant(c, end - length, end) ? end - length : ADDRESS_NONE;
}

static void region_insert(struct page_counter *c, size_t at, uint64_t start, uint64_t end)
{
	if (c->region_count == c->region_capacity) {
		c->region_capacity = c->region_capacity ? 2 * c->region_capacity : REGIONS_FIRST;
		c->regions = realloc(c->regions, c->region_capacity * sizeof(*c->regions));
		SIM_ASSERT(c->regions);
	}
	memmove(c->regions + at + 1, c->regions + at, (c->region_count - at) * sizeof(*c->regions));
	c->regions[at] = (struct region){ start, end };
	c->region_count++;
}

static void region_map(struct page_counter *c, uint64_t start, uint64_t length)
{
	region_insert(c, region_behind(c, start), start, start + length);
	c->counts.mapped_bytes += length;
}

static void forget_pages(struct page_counter *c, uint64_t start, uint64_t end)
{
	if (ptrmap_count(c->present) == 0)
		return;
	for (uint64_t page = start >> PAGE_SHIFT; page < page_up(end) >> PAGE_SHIFT; page++)
		if (ptrmap_take(c->present, page) == PAGE_OWN)
			c->counts.present_pages--;
}

/* Takes [start, end) out of the region at `at`, which may leave a piece on either side. */
static void region_cut(struct page_counter *c, size_t at, uint64_t start, uint64_t end)
{
	const struct region whole = c->regions[at];

	memmove(c->regions + at, c->regions + at + 1,
		(--c->region_count - at) * sizeof(*c->regions));
	if (whole.end > end)
		region_insert(c, at, end, whole.end);
	if (whole.start < start)
		region_insert(c, at, whole.start, start);
	c->counts.mapped_bytes -= end - start;
}

static void region_unmap(struct page_counter *c, uint64_t start, uint64_t length)
{
	const uint64_t end = start + length;

	for (size_t i; (i = region_behind(c, start)) < c->region_count;) {
		const struct region *r = &c->regions[i];

		if (r->start >= end)
			break;
		region_cut(c, i, start > r->start ? start : r->start, end < r->end ? end : r->end);
	}
	forget_pages(c, start, end);
}

static uint64_t space_break_now(void *context)
{
	return ((struct page_counter *)context)->break_end;
}

static void move_break(struct page_counter *c, uint64_t end)
{
	if (end < c->break_end)
		forget_pages(c, page_up(end), page_up(c->break_end));
	c->counts.mapped_bytes += page_up(end) - page_up(c->break_end);
	c->break_end = end;
}

static bool space_brk(void *context, uint64_t end)
{
	struct page_counter *c = context;

	system_call(c);
	if (end < c->brk0 || end > c->break_limit)
		return false;
	if (page_up(end) > page_up(c->break_end) &&
	    !is_vacant(c, page_up(c->break_end), page_up(end)))
		return false;
	move_break(c, end);
	return true;
}

/* Where a mapping of this length has to begin for the expected block to lie in it; 0: unknown. */
static uint64_t expected_start(const struct page_counter *c, uint64_t length)
{
	const bool is_heap = length == 2 * aligned_heap_bytes;

	if (!c->expected || is_heap != c->expected_in_heap)
		return 0;
	if (is_heap)
		return (c->expected & ~(aligned_heap_bytes - 1)) - PAGE_SIZE_BYTES;
	if (c->expected % PAGE_SIZE_BYTES == header_bytes)
		return c->expected - header_bytes;
	return (c->expected - aligned_header_bytes) & ~(uint64_t)(PAGE_SIZE_BYTES - 1);
}

static uint64_t choose_place(struct page_counter *c, uint64_t near, uint64_t length)
{
	const uint64_t expected = expected_start(c, length);

	if (expected)
		c->expected = 0;
	if (expected && is_vacant(c, expected, expected + length)) {
		c->counts.placed++;
		return expected;
	}
	if (near && is_vacant(c, near, near + length))
		return near;
	return region_place(c, length);
}

static uint64_t space_mmap(void *context, uint64_t near, uint64_t length,
			   enum address_protection protection)
{
	struct page_counter *c = context;

	(void)protection;
	system_call(c);
	if (length > mmap_base)
		return ADDRESS_NONE;
	const uint64_t start = choose_place(c, near, length);

	if (start != ADDRESS_NONE)
		region_map(c, start, length);
	return start;
}

static void space_munmap(void *context, uint64_t address, uint64_t length)
{
	system_call(context);
	region_unmap(context, address, length);
}

static void set_page(struct page_counter *c, uint64_t page, enum page_kind kind)
{
	struct error err;

	SIM_ASSERT(ptrmap_put(c->present, page, kind, &err) == 0);
}

/* The pages move with the mapping, they are not touched again. */
static void move_pages(struct page_counter *c, uint64_t from, uint64_t to, uint64_t length)
{
	for (uint64_t at = 0; at < length >> PAGE_SHIFT; at++) {
		const uint32_t kind = ptrmap_take(c->present, (from >> PAGE_SHIFT) + at);

		if (kind != PTRMAP_NONE)
			set_page(c, (to >> PAGE_SHIFT) + at, (enum page_kind)kind);
	}
}

static uint64_t space_mremap(void *context, uint64_t address, uint64_t old_length,
			     uint64_t new_length)
{
	struct page_counter *c = context;
	const uint64_t expected = expected_start(c, new_length);
	const bool stays = !expected || expected == address;

	system_call(c);
	if (new_length > mmap_base)
		return ADDRESS_NONE;
	if (new_length < old_length) {
		region_unmap(c, address + new_length, old_length - new_length);
		return address;
	}
	if (stays && is_vacant(c, address + old_length, address + new_length)) {
		region_map(c, address + old_length, new_length - old_length);
		return address;
	}
	const uint64_t start = choose_place(c, 0, new_length);

	if (start == ADDRESS_NONE)
		return ADDRESS_NONE;
	region_map(c, start, new_length);
	move_pages(c, address, start, old_length);
	region_unmap(c, address, old_length);
	return start;
}

static bool space_mprotect(void *context, uint64_t address, uint64_t length)
{
	(void)address;
	(void)length;
	system_call(context);
	return true;
}

static void space_discard(void *context, uint64_t address, uint64_t length)
{
	system_call(context);
	forget_pages(context, address, address + length);
}

static void fault(struct page_counter *c, uint64_t page, enum page_kind kind)
{
	c->counts.faults++;
	work_count(c->work, WORK_minor_fault);
	set_page(c, page, kind);
}

static void space_read(void *context, uint64_t address, uint64_t length)
{
	struct page_counter *c = context;

	for (uint64_t page = address >> PAGE_SHIFT; page <= (address + length - 1) >> PAGE_SHIFT;
	     page++)
		if (ptrmap_get(c->present, page) == PTRMAP_NONE)
			fault(c, page, PAGE_ZERO);
}

static void space_write(void *context, uint64_t address, uint64_t length)
{
	struct page_counter *c = context;

	for (uint64_t page = address >> PAGE_SHIFT; page <= (address + length - 1) >> PAGE_SHIFT;
	     page++) {
		if (ptrmap_get(c->present, page) == PAGE_OWN)
			continue;
		fault(c, page, PAGE_OWN);
		if (++c->counts.present_pages > c->counts.present_pages_max)
			c->counts.present_pages_max = c->counts.present_pages;
	}
}

struct page_counter *page_counter_create(uint64_t brk0, struct work *work, struct error *err)
{
	struct page_counter *c = calloc(1, sizeof(*c));

	if (!c) {
		error_set(err, ERROR_RUN, "no memory for an address space");
		return NULL;
	}
	*c = (struct page_counter){
		.space = { space_break_now, space_brk, space_mmap, space_munmap, space_mremap,
			   space_mprotect, space_discard, space_read, space_write, c },
		.work = work,
		.brk0 = brk0,
		.break_end = brk0,
		.break_limit = mmap_base,
		.present = ptrmap_create(err),
	};
	if (c->present)
		return c;
	page_counter_destroy(c);
	return NULL;
}

void page_counter_destroy(struct page_counter *counter)
{
	if (!counter)
		return;
	if (counter->present)
		ptrmap_destroy(counter->present);
	free(counter->regions);
	free(counter);
}

const struct address_space *page_counter_space(const struct page_counter *counter)
{
	return &counter->space;
}

void page_counter_expect(struct page_counter *counter, uint64_t block, bool in_heap)
{
	counter->expected = block;
	counter->expected_in_heap = in_heap;
}

void page_counter_limit_break(struct page_counter *counter, uint64_t end)
{
	counter->break_limit = end;
}

void page_counter_set_break(struct page_counter *counter, uint64_t end)
{
	move_break(counter, end);
}

struct space_counts page_counter_counts(const struct page_counter *counter)
{
	return counter->counts;
}
