/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/libc_compare.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/host_memory.h"
#include "machine/outcome.h"

/* Heaps of glibc's other arenas are aligned to their largest size. */
static const uint64_t heap_mask = (UINT64_C(64) << 20) - 1;

/* Where a mapped block of a trace that tells no chunk's flags begins in its page. */
enum { MAPPED_BLOCK_OFFSET = 16 };

static struct placed_region *find_region(struct process *p, uint64_t recorded, uint64_t simulated)
{
	if (p->region_last < p->region_count && p->regions[p->region_last].simulated == simulated)
		return &p->regions[p->region_last];
	for (uint32_t i = 0; i < p->region_count; i++) {
		if (p->regions[i].simulated == simulated || p->regions[i].recorded == recorded) {
			p->region_last = i;
			return &p->regions[i];
		}
	}
	return NULL;
}

static void note_region(struct process *p, uint64_t recorded, uint64_t simulated)
{
	if (p->region_count == p->region_capacity) {
		uint32_t capacity = p->region_capacity ? 2 * p->region_capacity : 16;
		p->regions = host_memory_need(realloc(p->regions, capacity * sizeof(*p->regions)),
					      "recorded mappings");
		p->region_capacity = capacity;
	}
	p->regions[p->region_count++] = (struct placed_region){ recorded, simulated };
}

/* The mapping of this start holds what the recorded one of that start held: so from now on. */
static bool same_region(struct process *p, uint64_t recorded, uint64_t simulated)
{
	const struct placed_region *r = find_region(p, recorded, simulated);

	if (r)
		return r->recorded == recorded && r->simulated == simulated;
	note_region(p, recorded, simulated);
	return true;
}

/* In a mapping that it shares with others: a heap, or a piece of the main arena. */
static bool same_offset(const struct record *r, struct process *p, uint64_t block)
{
	if (record_detail(r) & CHUNK_NON_MAIN_ARENA)
		return (r->address & heap_mask) == (block & heap_mask) &&
		       same_region(p, r->address & ~heap_mask, block & ~heap_mask);
	const uint64_t start = mm_mapping_of(p->mm, block);

	return start && (block - r->address) % PAGE_SIZE_BYTES == 0 &&
	       same_region(p, start + r->address - block, start);
}

static bool recorded_mapped(const struct machine *m, const struct record *r)
{
	if (m->chunk_flags_known)
		return record_detail(r) & CHUNK_IS_MMAPPED;
	return r->address % PAGE_SIZE_BYTES == MAPPED_BLOCK_OFFSET;
}

static bool same_place(struct machine *m, const struct record *r, struct process *p, uint64_t block)
{
	const bool mapped = m->libc->is_mapped(p->libc, block), was = recorded_mapped(m, r);
	struct slabyard_summary *s = m->summary;

	if (mapped || (was && m->chunk_flags_known)) {
		s->processes.mapped_compared++;
		s->processes.mapped_matched += mapped && was;
		return mapped && was;
	}
	return block == r->address || same_offset(r, p, block);
}

void libc_compare_closely(struct machine *m, const struct record *r, struct process *p,
			  uint64_t block)
{
	const bool recorded_failed = r->flags & RECORD_FAILED, failed = block == 0;
	struct slabyard_summary *s = m->summary;

	if (failed || recorded_failed)
		outcome_failure(m, r, failed);
	if (!r->address || recorded_failed || r->address >= HEAP_PLACE_UNKNOWN)
		return;
	if (m->placements)
		outcome_placement(m, r, block, failed);
	if (!p->brk0_recorded)
		return;
	s->compared++;
	if (!failed && same_place(m, r, p, block))
		s->matched++;
	else
		outcome_divergence(m, r, block, failed);
}

void libc_compare_break(struct machine *m, const struct record *r, struct process *p)
{
	const uint64_t now = p->environment.space->break_now(p->environment.space->context);
	struct slabyard_summary *s = m->summary;

	if (!p->brk0_recorded)
		return;
	s->processes.breaks_compared++;
	if (now == r->address)
		s->processes.breaks_matched++;
	else
		outcome_divergence(m, r, now, false);
}
