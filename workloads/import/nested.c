/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "import/nested.h"

#include <stdlib.h>

#include "base/ptrmap.h"
#include "core/operation.h"

struct nested {
	struct ptrmap *frees; /* page frame -> key of its latest free in the window */
};

struct nested *nested_create(struct error *err)
{
	struct nested *n = calloc(1, sizeof(*n));
	if (!n) {
		error_set(err, ERROR_RUN, "no memory for the import window");
		return NULL;
	}
	n->frees = ptrmap_create(err);
	if (!n->frees) {
		free(n);
		return NULL;
	}
	return n;
}

void nested_destroy(struct nested *n)
{
	if (!n)
		return;
	ptrmap_destroy(n->frees);
	free(n);
}

/* The per-cpu lists were taken when the page came: its free, just before, went past them. */
static void mark_busy(struct nested *n, struct window *w, const struct import_event *busy)
{
	uint32_t key = ptrmap_get(n->frees, busy->record.address);
	struct import_event *e = key == PTRMAP_NONE ? NULL : window_find(w, key);
	if (e)
		e->record.cpu_detail |= PAGE_FREE_BUSY << RECORD_CPU_BITS;
}

int nested_enter(struct nested *n, struct window *w, uint64_t number, struct error *err)
{
	struct import_event *e = window_at(w, number);
	unsigned operation = e->record.operation;
	if (operation == OP_MM_PAGE_ALLOC)
		ptrmap_take(n->frees, e->record.address);
	if (operation == OP_PCP_FREE_BUSY)
		mark_busy(n, w, e);
	if (operation != OP_MM_PAGE_FREE && operation != OP_MM_PAGE_FREE_BATCHED)
		return 0;
	uint32_t key = ptrmap_get(n->frees, e->record.address);
	struct import_event *before = key == PTRMAP_NONE ? NULL : window_find(w, key);
	if (before && before->record.operation != operation) {
		struct import_event *nested = operation == OP_MM_PAGE_FREE ? e : before;
		nested->record.flags |= RECORD_NESTED;
		ptrmap_take(n->frees, e->record.address);
		return 0;
	}
	return ptrmap_put(n->frees, e->record.address, window_key(number), err);
}

void nested_leave(struct nested *n, const struct import_event *e, uint64_t number)
{
	if (e->record.operation != OP_MM_PAGE_FREE &&
	    e->record.operation != OP_MM_PAGE_FREE_BATCHED)
		return;
	if (ptrmap_get(n->frees, e->record.address) == window_key(number))
		ptrmap_take(n->frees, e->record.address);
}
