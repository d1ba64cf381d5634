/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "page/memory_map.h"

#include <string.h>

enum {
	HOLE_START = 3072 * FRAMES_MIB, /* where devices begin, on machines */
	HOLE_FROM = 3584 * FRAMES_MIB,  /* with this much memory */
	LEGACY_START = 159,             /* extended BIOS data area, video memory, ROMs */
	LEGACY_END = FRAMES_MIB,
	FIRMWARE_FRAMES = 32, /* SeaBIOS's own, at the end of low memory */
	IMAGE_SMALL = 32 * FRAMES_MIB,
};

/* RAM without holes, as it is shared out to nodes, and where it stands in the address space. */
struct ram {
	uint32_t low, high; /* frames below and above the devices' addresses */
	uint32_t align;     /* nodes begin at blocks of the largest order */
};

static uint32_t add_ram(struct memory_map *map, uint32_t node, uint32_t start, uint32_t end)
{
	if (start >= end)
		return 0;
	map->ram[map->ram_count++] = (struct memory_range){ start, end, node };
	map->end = end;
	return end - start;
}

/* Low RAM has a hole for legacy devices, and firmware keeps its end. */
static void add_low(struct memory_map *map, const struct ram *ram, uint32_t node, uint32_t start,
		    uint32_t end)
{
	uint32_t usable = ram->low - FIRMWARE_FRAMES;

	end = end < usable ? end : usable;
	if (start < LEGACY_END) {
		add_ram(map, node, start ? start : 1, end < LEGACY_START ? end : LEGACY_START);
		start = LEGACY_END;
	}
	add_ram(map, node, start, end);
}

static void add_node(struct memory_map *map, const struct ram *ram, uint32_t node, uint64_t start,
		     uint64_t end)
{
	if (start < ram->low)
		add_low(map, ram, node, (uint32_t)start,
			(uint32_t)(end < ram->low ? end : ram->low));
	if (end > ram->low) {
		uint64_t from = start > ram->low ? start - ram->low : 0;
		add_ram(map, node, MEMORY_HIGH_START + (uint32_t)from,
			MEMORY_HIGH_START + (uint32_t)(end - ram->low));
	}
}

static void add_nodes(struct memory_map *map, const struct topology *t, const struct ram *ram)
{
	uint64_t total = (uint64_t)ram->low + ram->high, start = 0, end = 0;

	for (uint32_t node = 0; node < t->nodes; node++) {
		end += t->memory_bytes[node] >> PAGE_SHIFT;
		uint64_t stop = node + 1 == t->nodes ? total : end & ~(uint64_t)(ram->align - 1);
		add_node(map, ram, node, start, stop);
		start = stop;
	}
}

static void reserve(struct memory_map *map, uint32_t start, uint32_t end)
{
	uint32_t i = map->reserved_count++;

	for (; i && map->reserved[i - 1].start > start; i--)
		map->reserved[i] = map->reserved[i - 1];
	map->reserved[i] = (struct frame_range){ start, end };
}

/* Where the free part that ends at `end` begins, and whether there is one. */
static uint32_t free_before(const struct memory_map *map, const struct memory_range *ram,
			    uint32_t *end)
{
	uint32_t start = ram->start;

	for (uint32_t i = map->reserved_count; i-- > 0;) {
		const struct frame_range *r = &map->reserved[i];
		if (r->start >= *end || r->end <= start)
			continue;
		if (r->end < *end)
			return r->end > start ? r->end : start;
		*end = r->start;
	}
	return start;
}

uint32_t memory_map_take(struct memory_map *map, uint32_t frames, uint32_t align, uint32_t limit)
{
	if (map->reserved_count == MEMORY_RANGES_MAX)
		return UINT32_MAX;
	for (uint32_t i = map->ram_count; i-- > 0;) {
		uint32_t end = map->ram[i].end < limit ? map->ram[i].end : limit;
		while (end > map->ram[i].start) {
			uint32_t start = free_before(map, &map->ram[i], &end);
			uint32_t at = end >= frames ? (end - frames) & ~(align - 1) : 0;
			if (end > start && end >= frames && at >= start) {
				reserve(map, at, at + frames);
				return at;
			}
			end = start;
		}
	}
	return UINT32_MAX;
}

/* The first reserved range that has frames of [start, end), or NULL. */
static const struct frame_range *first_reserved(const struct memory_map *map, uint64_t start,
						uint64_t end)
{
	for (uint32_t i = 0; i < map->reserved_count; i++) {
		const struct frame_range *r = &map->reserved[i];
		if (r->start < end && r->end > start)
			return r;
	}
	return NULL;
}

uint32_t memory_map_take_above(struct memory_map *map, uint32_t frames, uint32_t align,
			       uint32_t start)
{
	if (map->reserved_count == MEMORY_RANGES_MAX)
		return UINT32_MAX;
	for (uint32_t i = 0; i < map->ram_count; i++) {
		uint64_t at = map->ram[i].start > start ? map->ram[i].start : start;
		for (;;) {
			const struct frame_range *taken;
			at = (at + align - 1) & ~(uint64_t)(align - 1);
			if (at + frames > map->ram[i].end)
				break;
			taken = first_reserved(map, at, at + frames);
			if (!taken) {
				reserve(map, (uint32_t)at, (uint32_t)at + frames);
				return (uint32_t)at;
			}
			at = taken->end;
		}
	}
	return UINT32_MAX;
}

/* As much of the node's RAM below `limit` as is asked for, from the top; what there was no room
 * for.
 */
static uint32_t reserve_top(struct memory_map *map, uint32_t node, uint32_t frames, uint32_t limit)
{
	for (uint32_t i = map->ram_count; frames && i-- > 0;) {
		const struct memory_range *ram = &map->ram[i];
		uint32_t end = ram->end < limit ? ram->end : limit, start, part;
		if (ram->node != node || end <= ram->start)
			continue;
		start = free_before(map, ram, &end);
		part = end > start ? end - start : 0;
		part = part < frames ? part : frames;
		if (!part || map->reserved_count == MEMORY_RANGES_MAX)
			continue;
		reserve(map, end - part, end);
		frames -= part;
	}
	return frames;
}

uint32_t memory_map_present(const struct memory_map *map, uint32_t start, uint32_t end)
{
	uint32_t frames = 0;

	for (uint32_t i = 0; i < map->ram_count; i++) {
		uint32_t from = map->ram[i].start > start ? map->ram[i].start : start;
		uint32_t to = map->ram[i].end < end ? map->ram[i].end : end;
		frames += to > from ? to - from : 0;
	}
	return frames;
}

/*
 * The first MiB is never managed. Above it the kernel's image stands at 16 MiB; all else that boot
 * takes comes from the top of each node's memory, its struct pages first of all, and under IA32
 * from directly mapped memory.
 */
static int reserve_all(struct memory_map *map, const struct page_machine *machine,
		       const struct topology *t, uint32_t frames, struct error *err)
{
	uint64_t asked = machine->reserved_bytes >> PAGE_SHIFT;
	uint32_t limit =
		t->arch == ARCH_IA32 ? (uint32_t)(t->lowmem_bytes >> PAGE_SHIFT) : UINT32_MAX;
	uint32_t image = (uint32_t)(machine->kernel_bytes >> PAGE_SHIFT);
	uint32_t at = frames > IMAGE_SMALL ? 16 * FRAMES_MIB : FRAMES_MIB;
	uint32_t managed = memory_map_present(map, LEGACY_END, map->end);
	uint64_t never = frames - managed, left;

	reserve(map, 0, LEGACY_END);
	if (asked >= frames - 2 * FRAMES_MIB)
		return error_set(err, ERROR_INPUT,
				 "page.buddy: %llu reserved pages leave nothing of %u to manage",
				 (unsigned long long)asked, frames);
	left = asked > never ? asked - never : 0;
	image = image < left ? image : (uint32_t)left;
	image = at + image <= map->end ? image : map->end - at;
	if (image)
		reserve(map, at, at + image);
	left -= image;
	/* devices that know no address above 4 GiB have buffers below */
	if (t->arch == ARCH_X86_64 && map->end > MEMORY_HIGH_START &&
	    left >= PAGE_BOUNCE_BYTES >> PAGE_SHIFT &&
	    memory_map_take(map, PAGE_BOUNCE_BYTES >> PAGE_SHIFT, 1, MEMORY_HIGH_START) !=
		    UINT32_MAX)
		left -= PAGE_BOUNCE_BYTES >> PAGE_SHIFT;
	for (uint32_t node = t->nodes; left && node-- > 0;) {
		uint64_t share =
			node ? left * (t->memory_bytes[node] >> PAGE_SHIFT) / frames : left;
		left -= share - reserve_top(map, node, (uint32_t)share, limit);
	}
	return 0;
}

int memory_map_create(struct memory_map *map, const struct page_machine *machine,
		      const struct topology *t, struct error *err)
{
	uint32_t frames = (uint32_t)(machine->memory_bytes >> PAGE_SHIFT);
	struct ram ram = { .low = frames < HOLE_FROM ? frames : HOLE_START,
			   .align = 1u << (machine->orders - 1) };

	*map = (struct memory_map){ 0 };
	ram.high = frames - ram.low;
	add_nodes(map, t, &ram);
	return reserve_all(map, machine, t, frames, err);
}
