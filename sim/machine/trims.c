/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/trims.h"

#include "machine/execute.h"
#include "machine/machine.h"
#include "machine/trim_events.h"

static void complete_view(const struct process *p, struct trim_view *view)
{
	view->time_ns = p->machine->time_ns;
	view->last_trim_ns = p->trims.last_ns;
	view->live_bytes = p->live_bytes;
	view->rss_bytes = *p->rss_pages << PAGE_SHIFT;
}

static struct trim_verdict judge(struct process *p, const struct trim_view *view)
{
	const struct machine *m = p->machine;
	const struct trim_verdict verdict = m->trim->judge(m->trim_params, view);

	p->trims.asked[view->moment]++;
	p->trims.verdicts[verdict.action]++;
	return verdict;
}

/* Where things stand before a verdict is carried out. */
static void begin(struct process *p, const struct trim_view *view,
		  const struct trim_verdict *verdict)
{
	const struct mm_counts counts = mm_counts(p->mm);

	p->trims.before = (struct trim_before){
		.view = *view,
		.verdict = *verdict,
		.rss_pages = counts.rss_pages,
		.total_vm_bytes = counts.total_vm_bytes,
		.system_calls = counts.system_calls,
		.cost_ps = p->machine->work.cost_ps,
	};
	mm_returning(p->mm, true);
}

static void done(void *context)
{
	struct process *p = context;
	struct process_trims *t = &p->trims;
	const struct trim_before *before = &t->before;
	const struct mm_counts counts = mm_counts(p->mm);
	const struct trim_outcome outcome = {
		.released_bytes = (before->rss_pages - counts.rss_pages) << PAGE_SHIFT,
		.unmapped_bytes = before->total_vm_bytes - counts.total_vm_bytes,
		.system_calls = counts.system_calls - before->system_calls,
		.cost_ps = p->machine->work.cost_ps - before->cost_ps,
	};

	mm_returning(p->mm, false);
	t->last_ns = before->view.time_ns;
	t->released_bytes += outcome.released_bytes;
	t->unmapped_bytes += outcome.unmapped_bytes;
	t->system_calls += outcome.system_calls;
	t->cost_ps += outcome.cost_ps;
	trim_events_add(p, &before->view, &before->verdict, &outcome);
}

static struct trim_verdict ask(void *context, const struct trim_view *seen)
{
	static const struct trim_outcome nothing;
	struct process *p = context;
	struct trim_view view = *seen;

	complete_view(p, &view);
	const struct trim_verdict verdict = judge(p, &view);

	if (verdict.action == TRIM_RAISE || verdict.action == TRIM_KEEP)
		trim_events_add(p, &view, &verdict, &nothing);
	else
		begin(p, &view, &verdict);
	return verdict;
}

struct trim_judge trims_judge(struct process *p)
{
	return (struct trim_judge){ .ask = ask, .done = done, .context = p };
}

static int set_timer(struct machine *m, const struct process *p, uint64_t now_ns, uint64_t next_ns,
		     struct error *err)
{
	const struct event event = { .time_ns = next_ns > now_ns ? next_ns : now_ns + 1,
				     .class = EVENT_TRIM,
				     .payload = p->index };

	if (!next_ns)
		return 0;
	if (event_heap_push(m->events, event, err) != 0)
		return -1;
	machine_note_next_event(m);
	return 0;
}

int trims_begin(struct machine *m, struct process *p, struct error *err)
{
	struct trim_view view = { .moment = TRIM_MOMENT_START };

	complete_view(p, &view);
	return set_timer(m, p, m->time_ns, judge(p, &view).next_ns, err);
}

/* At a timer nobody is in the allocator: the machine carries the verdict out. */
static void carry_out(struct machine *m, struct process *p, const struct trim_view *view,
		      const struct trim_verdict *verdict)
{
	begin(p, view, verdict);
	if (verdict->action == TRIM_ALL)
		m->libc->malloc_trim(p->libc, verdict->pad);
	else if (verdict->action == TRIM_OLD && m->libc->purge && view->time_ns >= verdict->age_ns)
		m->libc->purge(p->libc, view->time_ns - verdict->age_ns);
	done(p);
}

/* A thread of the process does it, on the CPU that the process was last on. */
static void carry_out_timed(struct machine *m, struct process *p, const struct trim_view *view,
			    const struct trim_verdict *verdict)
{
	const uint64_t now_ps = (view->time_ns - m->origin_ns) * PS_PER_NS;
	uint64_t *free_ps = &m->cpu_free_ps[p->cpu];
	const uint64_t work_ps = m->work.cost_ps;

	*free_ps = *free_ps > now_ps ? *free_ps : now_ps;
	m->clock.start_ps = *free_ps;
	m->clock.work_at_start = work_ps;
	m->clock.waited_ps = 0;
	m->clock.cpu = p->cpu;
	m->processes.frames.request.cpu = p->cpu;
	m->processes.frames.request.time_ns = view->time_ns;
	carry_out(m, p, view, verdict);
	*free_ps += m->work.cost_ps - work_ps + m->clock.waited_ps;
}

int trims_timer(struct machine *m, uint32_t process, uint64_t now_ns, struct error *err)
{
	struct process *p = process_at(&m->processes, process);
	struct trim_view view = { .moment = TRIM_MOMENT_TIMER };

	if (p->ended)
		return 0;
	process_account(p, now_ns);
	complete_view(p, &view);
	view.time_ns = now_ns;
	const struct trim_verdict verdict = judge(p, &view);

	if (verdict.action == TRIM_ALL || verdict.action == TRIM_OLD)
		carry_out_timed(m, p, &view, &verdict);
	else
		trim_events_add(p, &view, &verdict, &(struct trim_outcome){ 0 });
	return set_timer(m, p, now_ns, verdict.next_ns, err);
}
