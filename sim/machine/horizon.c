/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/horizon.h"

#include "machine/machine.h"

/* Threads that are woken run when a CPU has time for them, here and there at another moment. */
static const uint64_t grace_ns = 50000000;

static const struct {
	const char *more, *fewer;
} words[HORIZON_KINDS] = {
	[HORIZON_FAILURE] = { "an allocation fails that did not",
			      "an allocation succeeds that failed" },
	[HORIZON_KSWAPD] = { "kswapd is woken and was not", "kswapd was woken and is not" },
	[HORIZON_RECLAIM] = { "an allocation reclaims and did not",
			      "an allocation reclaimed and does not" },
	[HORIZON_COMPACTION] = { "a zone is compacted and was not",
				 "a zone was compacted and is not" },
	[HORIZON_KILL] = { "a process is killed and was not", "a process was killed and is not" },
};

static void pass(struct machine *m, enum horizon_kind kind, bool more, uint64_t record,
		 uint64_t time_ns)
{
	struct slabyard_summary *s = m->summary;

	if (s->horizon_record && s->horizon_record <= record)
		return;
	s->horizon_record = record;
	s->horizon_reason = more ? words[kind].more : words[kind].fewer;
	m->horizon.time_ns = time_ns;
}

static void judge(struct machine *m, enum horizon_kind kind)
{
	const struct horizon_count *c = &m->horizon.counts[kind];

	pass(m, kind, c->ahead > 0, c->record, c->time_ns);
}

/* What assists take from the trace is no outcome of the simulation's. */
static bool is_told(const struct machine *m, enum horizon_kind kind)
{
	if (m->pages_from_trace)
		return true;
	/* a recording of programs tells nothing of the kernel's own */
	if (m->libc_level && kind != HORIZON_KILL)
		return true;
	return kind == HORIZON_COMPACTION ? m->moves_told
					  : m->assists.allowed[ASSIST_NAMED_reclaim];
}

static void count(struct machine *m, enum horizon_kind kind, int change)
{
	struct horizon_count *c = &m->horizon.counts[kind];

	if (is_told(m, kind))
		return;
	if (c->ahead && m->time_ns > c->time_ns + grace_ns)
		judge(m, kind);
	if (!c->ahead) {
		c->record = machine_record(m);
		c->time_ns = m->time_ns;
	}
	c->ahead += change;
}

void horizon_recorded(struct machine *m, const struct record *r)
{
	static const uint8_t kinds[OPERATION_COUNT] = {
		[OP_WAKEUP_KSWAPD] = HORIZON_KSWAPD,
		[OP_DIRECT_RECLAIM_END] = HORIZON_RECLAIM,
		[OP_COMPACTION_BEGIN] = HORIZON_COMPACTION,
		[OP_MARK_VICTIM] = HORIZON_KILL,
	};

	/* who reclaimed nothing has waited, no more */
	if (kinds[r->operation] && (r->operation != OP_DIRECT_RECLAIM_END || r->size))
		count(m, kinds[r->operation], -1);
}

void horizon_simulated(struct machine *m, enum horizon_kind kind)
{
	count(m, kind, 1);
}

void horizon_failure(struct machine *m, bool failed)
{
	pass(m, HORIZON_FAILURE, failed, machine_record(m), m->time_ns);
}

void horizon_settle(struct machine *m)
{
	for (enum horizon_kind kind = 0; kind < HORIZON_KINDS; kind++)
		if (m->horizon.counts[kind].ahead)
			judge(m, kind);
}
