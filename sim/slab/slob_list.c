/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Three rings of pages with free units. The kernel's lists have a head of their own that a search
 * moves in front of the page it took from; in a ring that is one assignment.
 */
#include "slab/slob.h"

uint32_t slob_page_number(struct slob *slob)
{
	const uint32_t id = slob->unused;

	if (id != SLOB_NONE) {
		slob->unused = slob->pages[id].next;
		return id;
	}
	if (slob->page_count == slob->page_capacity)
		return SLOB_NONE;
	return slob->page_count++;
}

void slob_page_recycle(struct slob *slob, uint32_t id)
{
	slob->pages[id] = (struct slob_page){ .next = slob->unused };
	slob->unused = id;
}

void slob_list_add_tail(struct slob *slob, uint32_t id, enum slob_list list)
{
	struct slob_page *page = &slob->pages[id];
	const uint32_t head = slob->head[list];

	page->list = (uint8_t)list;
	if (head == SLOB_NONE) {
		page->next = page->prev = id;
		slob->head[list] = id;
		return;
	}
	page->next = head;
	page->prev = slob->pages[head].prev;
	slob->pages[page->prev].next = id;
	slob->pages[head].prev = id;
}

void slob_list_add_head(struct slob *slob, uint32_t id, enum slob_list list)
{
	slob_list_add_tail(slob, id, list);
	slob->head[list] = id;
}

void slob_list_remove(struct slob *slob, uint32_t id)
{
	struct slob_page *page = &slob->pages[id];
	uint32_t *head = &slob->head[page->list];

	if (*head == id)
		*head = page->next == id ? SLOB_NONE : page->next;
	slob->pages[page->prev].next = page->next;
	slob->pages[page->next].prev = page->prev;
	page->list = SLOB_FULL;
}
