/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/oom.h"

#include <stdlib.h>

#include "base/ptrmap.h"
#include "core/host_memory.h"
#include "core/oom_source.h"

enum {
	VICTIMS_MAX = 64, /* that have been told to die and have not */
	OOM_SCORE_ADJ_MIN = -1000,
	OOM_SCORE_ADJ_MAX = 1000,
};

struct oom {
	struct oom_source source;
	struct ptrmap *adj; /* pid -> oom_score_adj - OOM_SCORE_ADJ_MIN */
	struct victim {
		uint32_t pid;
		uint64_t pages; /* held when it was told to die */
		bool gone;      /* it is giving them back */
	} victims[VICTIMS_MAX];
	uint32_t victim_count;
	bool deadlocked; /* nobody was left to kill: the kernel would have panicked */
	struct result_table *table;
};

static const struct result_column columns[] = {
	{ .name = "record", .unit = "1", .long_name = "record of the trace", .type = RESULT_U64 },
	{ .name = "time_ns", .unit = "ns", .long_name = "simulated time", .type = RESULT_U64 },
	{ .name = "tid",
	  .unit = "1",
	  .long_name = "thread that asked for memory",
	  .type = RESULT_U64 },
	{ .name = "comm", .unit = "", .long_name = "its name", .type = RESULT_TEXT },
	{ .name = "order", .unit = "order", .long_name = "what it asked for", .type = RESULT_U64 },
	{ .name = "gfp",
	  .unit = "",
	  .long_name = "GFP flags, Linux 6.1's bits",
	  .type = RESULT_U64 },
	{ .name = "outcome",
	  .unit = "",
	  .long_name = "killed, suicide, waits (a victim has not ended yet) or nobody",
	  .type = RESULT_TEXT },
	{ .name = "victim",
	  .unit = "1",
	  .long_name = "process killed, 0: none",
	  .type = RESULT_U64 },
	{ .name = "victim_comm", .unit = "", .long_name = "its name", .type = RESULT_TEXT },
	{ .name = "victim_pages",
	  .unit = "pages",
	  .long_name = "user pages that it holds",
	  .type = RESULT_U64 },
	{ .name = "oom_score_adj", .unit = "", .long_name = "of the victim", .type = RESULT_I64 },
};

/* A process that was there at the start, and what it forks, have one that no record tells. */
static bool knows_adj(const struct oom *oom, uint32_t pid)
{
	return ptrmap_get(oom->adj, pid) != PTRMAP_NONE;
}

static int32_t adj_of(const struct oom *oom, uint32_t pid)
{
	uint32_t stored = ptrmap_get(oom->adj, pid);

	return stored == PTRMAP_NONE ? 0 : (int32_t)stored + OOM_SCORE_ADJ_MIN;
}

static bool is_victim(const struct oom *oom, uint32_t pid)
{
	for (uint32_t i = 0; i < oom->victim_count; i++)
		if (oom->victims[i].pid == pid)
			return true;
	return false;
}

bool oom_is_victim(const struct machine *m, uint32_t task)
{
	return m->oom->victim_count && is_victim(m->oom, resident_pid(m, task));
}

static void set_adj(struct oom *oom, uint32_t pid, int32_t adj)
{
	if (pid && adj >= OOM_SCORE_ADJ_MIN && adj <= OOM_SCORE_ADJ_MAX)
		host_memory_check(
			ptrmap_put(oom->adj, pid, (uint32_t)(adj - OOM_SCORE_ADJ_MIN), NULL) == 0,
			"oom_score_adj");
}

static void forget_victim(struct oom *oom, uint32_t pid)
{
	for (uint32_t i = 0; i < oom->victim_count; i++)
		if (oom->victims[i].pid == pid)
			oom->victims[i--] = oom->victims[--oom->victim_count];
}

void oom_note(struct machine *m, const struct record *r)
{
	struct oom *oom = m->oom;
	uint32_t pid = resident_pid(m, r->task);

	switch (r->operation) {
	case OP_OOM_SCORE_ADJ:
		set_adj(oom, (uint32_t)r->address, (int32_t)r->size);
		break;
	case OP_FORK:
		if (knows_adj(oom, pid))
			set_adj(oom, r->size, adj_of(oom, pid));
		break;
	case OP_PAGE_FAULT:
		forget_victim(oom, pid);
		break;
	case OP_EXIT:
		if (m->trace->definitions->tasks[r->task].tid != pid)
			break;
		ptrmap_take(oom->adj, pid);
		forget_victim(oom, pid);
		break;
	default:
		break;
	}
}

struct choice {
	uint32_t task; /* the first of the process's */
	bool known;    /* the trace tells its oom_score_adj */
	uint64_t pages;
	int64_t points;
};

/*
 * What may be protected is left alone while there is somebody who is known not to be. Of equals it
 * is the one forked last, which stands behind in the list of processes.
 */
static bool is_worse(const struct machine *m, const struct choice *c, const struct choice *best)
{
	if (c->known != best->known)
		return c->known;
	if (c->points != best->points)
		return c->points > best->points;
	return resident_pid(m, c->task) > resident_pid(m, best->task);
}

/* totalram_pages(); there is no swap. */
static uint64_t total_pages(const struct machine *m)
{
	struct page_counts counts = { 0 };
	uint64_t managed = 0;

	m->page->counts(m->page_state, &counts);
	for (uint32_t i = 0; i < counts.zone_count; i++)
		managed += counts.zones[i].managed;
	return managed;
}

/* oom_badness() of each process, of which the worst is chosen. */
static struct choice choose(struct machine *m)
{
	struct oom *oom = m->oom;
	struct choice best = { .points = INT64_MIN };
	int64_t thousandth = (int64_t)(total_pages(m) / 1000);

	for (uint32_t task = 0; task < m->trace->definitions->task_count; task++) {
		uint32_t pid = resident_pid(m, task);
		int32_t adj = adj_of(oom, pid);
		struct choice c = { .task = task, .known = knows_adj(oom, pid) };
		if (!resident_leads(m, task))
			continue;
		if (!pid || adj == OOM_SCORE_ADJ_MIN || is_victim(oom, pid))
			continue;
		c.pages = resident_pages(m, pid);
		c.points = (int64_t)c.pages + adj * thousandth;
		if (c.pages && is_worse(m, &c, &best))
			best = c;
	}
	return best;
}

/*
 * exit_mmap() unmaps all that a process has, says so (MMF_OOM_SKIP), and frees the pages after
 * that: when the first ones come free there is nothing more to wait for.
 */
static uint64_t first_ones(uint64_t pages)
{
	return pages / 16 + 1;
}

/* Somebody has been told to die and still has his memory. */
static bool victim_is_dying(struct machine *m)
{
	struct oom *oom = m->oom;
	bool dying = false;

	for (uint32_t i = 0; i < oom->victim_count; i++) {
		struct victim *v = &oom->victims[i];
		v->gone |= resident_pages(m, v->pid) + first_ones(v->pages) <= v->pages;
		dying |= !v->gone;
	}
	return dying;
}

static void write_row(struct machine *m, const struct request *request, const char *outcome,
		      const struct choice *choice)
{
	const struct task_def *asks = &m->trace->definitions->tasks[request->task];
	const struct task_def *victim = &m->trace->definitions->tasks[choice->task];
	uint64_t record = machine_record(m), tid = asks->tid, order = request->order;
	uint64_t gfp = request->gfp, pid = choice->pages ? resident_pid(m, choice->task) : 0;
	int64_t adj = pid ? adj_of(m->oom, (uint32_t)pid) : 0;
	const void *const values[] = {
		&record,
		&m->time_ns,
		&tid,
		asks->comm ? asks->comm : "",
		&order,
		&gfp,
		outcome,
		&pid,
		pid && victim->comm ? victim->comm : "",
		&choice->pages,
		&adj,
	};

	if (m->oom->table)
		events_append(m, m->oom->table, values);
}

static enum oom_outcome out_of_memory(void *context, const struct request *request)
{
	struct machine *m = context;
	struct oom *oom = m->oom;
	struct choice choice = { 0 };

	/* assist: the trace tells who dies, and when */
	if (m->assists.allowed[ASSIST_NAMED_reclaim])
		return request->flags & REQUEST_OOM_VICTIM ? OOM_SUICIDE : OOM_WAITS;
	if (oom->deadlocked)
		return OOM_NOBODY;
	if (oom_is_victim(m, request->task))
		return OOM_SUICIDE;
	if (victim_is_dying(m) || oom->victim_count == VICTIMS_MAX) {
		write_row(m, request, "waits", &choice);
		return OOM_WAITS;
	}
	choice = choose(m);
	if (!choice.pages) {
		oom->deadlocked = true;
		write_row(m, request, "nobody", &choice);
		return OOM_NOBODY;
	}
	oom->victims[oom->victim_count++] =
		(struct victim){ .pid = resident_pid(m, choice.task), .pages = choice.pages };
	m->page_assists = true;
	vm_event_count(&m->work, VM_oom_kill, 1);
	horizon_simulated(m, HORIZON_KILL);
	bool suicide = resident_pid(m, request->task) == resident_pid(m, choice.task);
	write_row(m, request, suicide ? "suicide" : "killed", &choice);
	if (m->libc_level)
		process_kill(m, resident_pid(m, choice.task), suicide);
	if (suicide)
		return OOM_SUICIDE;
	return m->libc_level ? OOM_FREED : OOM_KILLED;
}

struct oom *oom_create(struct machine *m, struct error *err)
{
	struct oom *oom = calloc(1, sizeof(*oom));

	if (!oom) {
		error_set(err, ERROR_RUN, "no memory for the OOM killer");
		return NULL;
	}
	oom->adj = ptrmap_create(err);
	if (!oom->adj) {
		free(oom);
		return NULL;
	}
	oom->source = (struct oom_source){ .out_of_memory = out_of_memory, .context = m };
	m->services.oom = &oom->source;
	return oom;
}

int oom_open(struct machine *m, struct error *err)
{
	m->oom->table = m->sink_ops->table(m->sink, "/events/oom", columns,
					   sizeof(columns) / sizeof(columns[0]), err);
	return m->oom->table ? 0 : -1;
}

void oom_destroy(struct oom *oom)
{
	if (!oom)
		return;
	ptrmap_destroy(oom->adj);
	free(oom);
}
