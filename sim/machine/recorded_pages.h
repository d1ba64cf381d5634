/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Assist slab_page: pages that the recorded slab allocator got, for the simulated one to take when
 * it asks. Those of its CPU come first, and of them the newest, as an allocation in an interrupt
 * asks later and is told earlier than the one that it interrupted. A page that the simulated
 * allocator still holds is never given again, whatever the recording says.
 */
#ifndef SLABYARD_MACHINE_RECORDED_PAGES_H
#define SLABYARD_MACHINE_RECORDED_PAGES_H

#include <stdint.h>

#include "base/error.h"
#include "core/ids.h"

struct recorded_pages;

/* frames: highest pfn of the machine + 1. */
struct recorded_pages *recorded_pages_create(uint32_t frames, struct error *err);
void recorded_pages_destroy(struct recorded_pages *pages);

/* The recording shows a page that slab got on a CPU. */
void recorded_pages_offer(struct recorded_pages *pages, pfn_t pfn, unsigned order, uint32_t cpu);
/* A page of this order, from now on held; PFN_NONE: the recording has none to give. */
pfn_t recorded_pages_take(struct recorded_pages *pages, unsigned order, uint32_t cpu);
/*
 * The newest page, if pfn lies in it, was asked for by what an allocation asked of its own
 * allocator: after the page of that allocation itself, which goes first.
 */
void recorded_pages_put_off(struct recorded_pages *pages, pfn_t pfn);
/* A slab that was there at the start. */
void recorded_pages_hold(struct recorded_pages *pages, pfn_t pfn, unsigned order);
void recorded_pages_release(struct recorded_pages *pages, pfn_t pfn, unsigned order);

#endif
