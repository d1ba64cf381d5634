/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/page_facts.h"

#include "machine/oom.h"
#include "machine/page_records.h"
#include "machine/start.h"
#include "page/assist.h"

static const struct {
	enum assist assist;
	enum page_assist_kind kind;
} facts[OPERATION_COUNT] = {
	[OP_MM_PAGE_PCPU_DRAIN] = { ASSIST_NAMED_drain, ASSIST_DRAIN },
	[OP_MM_PAGE_ALLOC_ZONE_LOCKED] = { ASSIST_NAMED_lock_order, ASSIST_REFILL },
	[OP_ISOLATE_FREE_PAGE] = { ASSIST_NAMED_isolate, ASSIST_ISOLATE },
	[OP_COMPACT_CAPTURE] = { ASSIST_NAMED_isolate, ASSIST_CAPTURE },
	[OP_COMPACT_HEAD] = { ASSIST_NAMED_rotate, ASSIST_ROTATE_HEAD },
	[OP_COMPACT_TAIL] = { ASSIST_NAMED_rotate, ASSIST_ROTATE_TAIL },
	[OP_RESERVE_HIGHATOMIC] = { ASSIST_NAMED_isolate, ASSIST_RESERVE_HIGHATOMIC },
	[OP_UNRESERVE_HIGHATOMIC] = { ASSIST_NAMED_isolate, ASSIST_UNRESERVE_HIGHATOMIC },
	[OP_KSWAPD_WAKE] = { ASSIST_NAMED_reclaim, ASSIST_KSWAPD },
};

/* One CPU has the zone lock whenever it wants it: its order is that of the calls. */
void page_facts_begin(struct machine *m)
{
	struct page_assist told = { .kind = ASSIST_TOLD };

	if (m->assists.allowed[ASSIST_NAMED_reclaim])
		told.value |= 1u << ASSIST_KSWAPD;
	if (m->assists.allowed[ASSIST_NAMED_drain])
		told.value |= 1u << ASSIST_DRAIN;
	/* one without the other is of no use: compaction does both */
	m->moves_told =
		m->assists.allowed[ASSIST_NAMED_isolate] && m->assists.allowed[ASSIST_NAMED_rotate];
	if (m->moves_told)
		told.value |= 1u << ASSIST_ISOLATE;
	else
		m->assists.allowed[ASSIST_NAMED_isolate] = m->assists.allowed[ASSIST_NAMED_rotate] =
			false;
	if (m->cpus < 2 || !m->assists.allowed[ASSIST_NAMED_drain])
		m->assists.allowed[ASSIST_NAMED_lock_order] = false;
	if (m->assists.allowed[ASSIST_NAMED_lock_order])
		told.value |= 1u << ASSIST_REFILL;
	if (m->page->assist && told.value)
		m->page->assist(m->page_state, &told);
}

static void task_set_add(struct task_set *set, uint32_t tid)
{
	set->tid[set->next++ % TASK_SET_MAX] = tid;
	set->count += set->count < TASK_SET_MAX;
}

static bool task_set_has(const struct task_set *set, uint32_t tid)
{
	if (!tid)
		return false;
	for (uint32_t i = 0; i < set->count; i++)
		if (set->tid[i] == tid)
			return true;
	return false;
}

static void task_set_remove(struct task_set *set, uint32_t tid)
{
	for (uint32_t i = 0; i < set->count; i++)
		if (set->tid[i] == tid)
			set->tid[i] = 0;
}

static uint32_t tid_of(const struct machine *m, const struct record *r)
{
	return m->trace->definitions->tasks[r->task].tid;
}

/* Who reclaims, and who is to die: true when the record told that. */
static bool note_task(struct machine *m, const struct record *r)
{
	switch (r->operation) {
	case OP_DIRECT_RECLAIM_BEGIN:
		task_set_add(&m->reclaiming, tid_of(m, r));
		return true;
	case OP_DIRECT_RECLAIM_END:
		task_set_remove(&m->reclaiming, tid_of(m, r));
		return true;
	case OP_MARK_VICTIM:
		task_set_add(&m->victims, r->size);
		return true;
	default:
		return false;
	}
}

uint8_t page_fact_flags(struct machine *m, const struct record *r)
{
	uint8_t flags = 0;

	if (!m->assists.allowed[ASSIST_NAMED_reclaim])
		return oom_is_victim(m, r->task) ? REQUEST_OOM_VICTIM : 0;
	if (!(m->reclaiming.count | m->victims.count))
		return 0;
	if (task_set_has(&m->reclaiming, tid_of(m, r)))
		flags |= REQUEST_RECLAIMING;
	if (task_set_has(&m->victims, tid_of(m, r)))
		flags |= REQUEST_OOM_VICTIM;
	m->assists.used[ASSIST_NAMED_reclaim] += flags != 0;
	return flags;
}

struct page_assist page_fact_of(const struct machine *m, const struct record *r)
{
	return (struct page_assist){
		.kind = facts[r->operation].kind,
		.cpu = machine_cpu(m, r),
		.pfn = { (uint32_t)r->address },
		.order = page_order(r),
	};
}

int page_fact(struct machine *m, const struct record *r)
{
	enum assist assist = facts[r->operation].assist;
	struct page_assist fact = page_fact_of(m, r);

	if (note_task(m, r) || !m->assists.allowed[assist] || !m->page->assist ||
	    m->pages_from_trace)
		return 0;
	if (fact.kind == ASSIST_REFILL && !record_detail(r))
		return 0;
	if (fact.kind == ASSIST_REFILL)
		fact.value = m->origins[r->origin].migratetype;
	if (fact.kind == ASSIST_UNRESERVE_HIGHATOMIC)
		fact.value = record_detail(r);
	if (!m->page->assist(m->page_state, &fact))
		return 0;
	m->assists.used[assist]++;
	if (fact.kind == ASSIST_ISOLATE)
		start_give_pages(m->start, fact.pfn.v, fact.order);
	return 0;
}

pfn_t page_fact_resync(struct machine *m, const struct record *r, const struct request *request,
		       pfn_t given)
{
	const struct page_assist fact = {
		.kind = ASSIST_FRAME,
		.cpu = request->cpu,
		.pfn = { (uint32_t)r->address },
		.order = request->order,
		.value = given.v,
		.request = request,
	};

	if (!r->address || r->flags & RECORD_FAILED || given.v == fact.pfn.v || !m->page->assist ||
	    !m->page->assist(m->page_state, &fact))
		return given;
	m->assists.used[ASSIST_NAMED_resync]++;
	return fact.pfn;
}
