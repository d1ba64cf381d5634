/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/libc_records.h"

#include "machine/oom.h"
#include "machine/outcome.h"

int libc_new_caller(struct machine *m, const struct record *r, struct thread_slot *slot,
		    struct error *err)
{
	return process_find(m, r->task, slot, err);
}

void libc_release_lost(struct machine *m, const struct record *r, const struct caller *caller)
{
	struct heap_block *b = &m->ids.heap[r->id];
	struct process *owner = process_at(&m->processes, b->owner - 1);

	m->summary->lost_frees++;
	b->owner = 0;
	if (owner->ended)
		return;
	libc_count_live(owner, 0, b->bytes);
	m->libc->free(owner->libc, owner == caller->process ? caller->thread : 0, b->block);
}

/* A block that this process's parent had: named by its recorded address. NULL: it is unknown. */
static struct inherited_block *find_inherited(const struct process *p, uint64_t recorded)
{
	const uint32_t index =
		p->inherited.of ? ptrmap_get(p->inherited.of, recorded) : PTRMAP_NONE;

	if (index == PTRMAP_NONE || !p->inherited.blocks[index].block)
		return NULL;
	return &p->inherited.blocks[index];
}

int libc_free_older(struct machine *m, const struct record *r, const struct caller *caller)
{
	struct inherited_block *older = find_inherited(caller->process, r->address);

	if (!older) {
		m->summary->unknown_frees++;
		return 0;
	}
	const uint64_t block = older->block;

	older->block = 0;
	libc_count_live(caller->process, 0, older->bytes);
	m->libc->free(caller->process->libc, freeing_thread(r, caller), block);
	libc_returned(m, r, caller->process);
	return 1;
}

void libc_out_of_memory(struct machine *m, const struct record *r, struct process *p)
{
	m->processes.failed_faults = m->processes.frames.failed_faults;
	m->processes.dying = false;
	outcome_failure(m, r, true);
	process_kill(m, p->pid, false);
}

static int realloc_record(struct machine *m, const struct record *r, const struct record *extension,
			  const struct caller *caller)
{
	const uint64_t bytes = libc_bytes(r, extension);
	struct process *p = caller->process;
	struct heap_block *b = &m->ids.heap[r->id];
	const bool known = r->id && b->owner == p->index + 1;
	const uint64_t old = known ? b->block : 0, old_bytes = known ? b->bytes : 0;
	const uint64_t moved = m->libc->realloc(p->libc, caller->thread, old, bytes);

	/* Failed: the old block is as it was. */
	if (!moved) {
		libc_compare(m, r, p, moved);
		libc_returned(m, r, p);
		return 1;
	}
	libc_count_live(p, 0, old_bytes);
	return libc_allocated(m, r, caller, moved, bytes);
}

static int memalign_record(struct machine *m, const struct record *r,
			   const struct record *extension, const struct caller *caller)
{
	const uint64_t bytes = libc_bytes(r, extension);
	const uint64_t block = m->libc->memalign(caller->process->libc, caller->thread,
						 m->origins[r->origin].align, bytes);

	return libc_allocated(m, r, caller, block, bytes);
}

int libc_record(struct machine *m, const struct record *r, const struct record *extension,
		struct error *err)
{
	struct caller caller;
	const int found = libc_caller(m, r, &caller, err);

	if (found <= 0)
		return found;
	void *libc = caller.process->libc;

	if (r->operation == OP_MALLOPT) {
		m->libc->mallopt(libc, (int)r->size, (int)r->address);
	} else if (r->operation == OP_MALLOC_TRIM) {
		m->libc->malloc_trim(libc, r->size);
	} else {
		if (r->operation == OP_MEMALIGN && r->id && m->ids.heap[r->id].owner)
			libc_release_lost(m, r, &caller);
		libc_expect(m, r, caller.process);
		return r->operation == OP_REALLOC ? realloc_record(m, r, extension, &caller)
						  : memalign_record(m, r, extension, &caller);
	}
	libc_returned(m, r, caller.process);
	return 1;
}

int process_record(struct machine *m, const struct record *r, struct error *err)
{
	struct caller caller;

	switch (r->operation) {
	case OP_PROCESS_START:
		return process_start(m, r, err);
	case OP_FORK:
		oom_note(m, r);
		return process_fork(m, r, err);
	case OP_EXIT:
		oom_note(m, r);
		return process_stop(m, r);
	case OP_EXEC:
		return process_stop(m, r);
	case OP_THREAD_EXIT:
		return process_thread_exit(m, r, err);
	default:
		/* thread_start: there is a thread from now on. */
		return libc_caller(m, r, &caller, err);
	}
}
