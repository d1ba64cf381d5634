/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A page that free_unref_page_list() frees shows as mm_page_free when it is prepared and as
 * mm_page_free_batched when it goes (the other way round before 4.15, in
 * free_hot_cold_page_list()). Only the batched event frees: the other one gets RECORD_NESTED.
 * A free that found the per-cpu lists taken is told of right behind it: it gets detail 1.
 */
#ifndef SLABYARD_IMPORT_NESTED_H
#define SLABYARD_IMPORT_NESTED_H

#include "base/error.h"
#include "import/window.h"

struct nested;

struct nested *nested_create(struct error *err);
void nested_destroy(struct nested *nested);

/* The event of that number, the window's latest, has come in. */
int nested_enter(struct nested *nested, struct window *window, uint64_t number, struct error *err);
/* The event, the window's oldest, goes out. */
void nested_leave(struct nested *nested, const struct import_event *event, uint64_t number);

#endif
