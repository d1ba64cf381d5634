/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "import/direct_map.h"

#include "core/ids.h"

enum { GIB_PAGES = 1 << (30 - PAGE_SHIFT) };

void direct_map_saw_page(struct direct_map *m, uint64_t pfn, unsigned order)
{
	unsigned slot = m->recent_next++ % DIRECT_MAP_RECENT;
	m->recent[slot].pfn = pfn;
	m->recent[slot].order = order;
}

static void vote(struct direct_map *m, uint64_t base)
{
	for (unsigned i = 0; i < m->candidate_count; i++) {
		if (m->candidates[i].base != base)
			continue;
		if (++m->candidates[i].votes >= DIRECT_MAP_SURE)
			direct_map_decide(m);
		return;
	}
	if (m->candidate_count == DIRECT_MAP_CANDIDATES)
		return;
	m->candidates[m->candidate_count].base = base;
	m->candidates[m->candidate_count++].votes = 1;
}

void direct_map_saw_object(struct direct_map *m, uint64_t address)
{
	uint64_t page = address >> PAGE_SHIFT;
	for (unsigned i = 0; i < DIRECT_MAP_RECENT && !m->base; i++) {
		uint64_t pfn = m->recent[i].pfn;
		uint64_t within = (page - pfn) & (GIB_PAGES - 1);
		if (pfn && within < 1ull << m->recent[i].order)
			vote(m, (page - pfn - within) << PAGE_SHIFT);
	}
}

bool direct_map_decide(struct direct_map *m)
{
	unsigned best = 0, second = 0;
	uint64_t base = 0;
	for (unsigned i = 0; i < m->candidate_count; i++) {
		unsigned votes = m->candidates[i].votes;
		if (votes > best) {
			second = best;
			best = votes;
			base = m->candidates[i].base;
		} else if (votes > second) {
			second = votes;
		}
	}
	if (best <= 2 * second)
		return m->base != 0;
	m->base = base;
	return true;
}
