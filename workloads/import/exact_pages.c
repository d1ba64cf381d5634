/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "import/exact_pages.h"

enum { ORDER_MAX = 20 };

void exact_pages_allocated(struct exact_pages *x, const struct record *r, bool compound)
{
	struct exact_block *block = &x->of_cpu[record_cpu(r)];
	bool may_be_cut = !compound && r->size > 0 && r->size < ORDER_MAX;

	if (r->flags & RECORD_IRQ)
		return;
	*block = (struct exact_block){ .task = r->task };
	if (!may_be_cut)
		return;
	block->next = r->address + 1;
	block->end = r->address + (1ull << r->size);
}

static bool fits(const struct exact_block *block, const struct record *r)
{
	if (!(r->flags & RECORD_PART) || r->flags & RECORD_NESTED || r->size != 0 ||
	    r->task != block->task || r->address >= block->end)
		return false;
	return block->begun ? r->address == block->next : r->address >= block->next;
}

bool exact_pages_freed(struct exact_pages *x, const struct record *r)
{
	struct exact_block *block = &x->of_cpu[record_cpu(r)];

	if (r->flags & RECORD_IRQ)
		return false;
	if (!fits(block, r)) {
		*block = (struct exact_block){ 0 };
		return false;
	}
	block->next = r->address + 1;
	block->begun = true;
	return true;
}
