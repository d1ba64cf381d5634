/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is new or changed in growing definitions since one last looked, in an order that defines
 * before use. */
#ifndef SLABYARD_TRACE_DEFINITION_NEWS_H
#define SLABYARD_TRACE_DEFINITION_NEWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "core/definitions.h"

/* Id spaces that struct definitions has room for. */
enum { SPACE_SLOTS = sizeof(((struct definitions *)NULL)->id_max) / sizeof(uint32_t) };

/* Each returns false to stop; the entry then counts as not yet seen. */
struct definition_visitor {
	bool (*meta)(void *context, const struct meta_def *meta);
	bool (*task)(void *context, const struct task_def *task);
	bool (*cache)(void *context, uint32_t index, const struct cache_def *cache, bool is_new);
	bool (*origin)(void *context, const struct origin_def *origin);
	bool (*site)(void *context, const struct site_def *site);
	bool (*id_max)(void *context, uint32_t space, uint32_t id); /* may be NULL */
};

struct definition_news;

/* NULL when memory is spent. */
struct definition_news *definition_news_create(void);
void definition_news_destroy(struct definition_news *news);

/* -1 and *err when memory is spent. */
int definition_news_visit(struct definition_news *news, const struct definitions *d,
			  const struct definition_visitor *visitor, void *context,
			  struct error *err);

#endif
