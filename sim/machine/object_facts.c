/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/object_facts.h"

#include "machine/page_records.h"
#include "machine/start.h"

static bool tell(struct machine *m, const struct record *r, enum slab_assist_kind kind,
		 enum assist assist)
{
	const struct slab_assist fact = {
		.kind = kind,
		.object = r->address - m->page_offset,
		.bytes = r->size,
		.cpu = m->clock.cpu,
		.time_ns = m->time_ns,
	};
	const bool useful = m->slab->assist && m->slab->assist(m->slab_state, &fact);
	m->assists.used[assist] += useful;
	return useful;
}

static void tell_if_allowed(struct machine *m, const struct record *r, enum slab_assist_kind kind,
			    enum assist assist)
{
	if (m->assists.allowed[assist])
		tell(m, r, kind, assist);
}

/* Who was freed before the start waits in no queue of this run. */
static void rcu_freed(struct machine *m, const struct record *r)
{
	const uint64_t object = r->address - m->page_offset;

	m->rcu_waiting.by_object = true;
	if (!m->assists.allowed[ASSIST_NAMED_rcu])
		return;
	if (m->page_offset && start_take_object(m->start, object) != OBJECT_NONE &&
	    tell(m, r, SLAB_ASSIST_RCU_FREE, ASSIST_NAMED_rcu))
		return;
	page_end_grace_period(m);
}

int object_fact(struct machine *m, const struct record *r)
{
	/* What is told belongs to the object operation before it. */
	m->objects_executed--;
	if (r->operation == OP_SLOB_RCU_FREE)
		rcu_freed(m, r);
	else if (r->operation == OP_SLOB_KFREE)
		tell_if_allowed(m, r, SLAB_ASSIST_KFREE_BYTES, ASSIST_NAMED_free_size);
	else
		tell_if_allowed(m, r, SLAB_ASSIST_REAP, ASSIST_NAMED_reap);
	m->objects_executed++;
	return 0;
}
