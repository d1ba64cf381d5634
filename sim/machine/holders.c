/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/holders.h"

#include <stdlib.h>
#include <string.h>

#include "import/intern.h"
#include "machine/machine.h"
#include "machine/start.h"

enum holder_kind {
	HOLDER_PAGE,
	HOLDER_OBJECT,
	HOLDER_EMPTY_SLAB,
	HOLDER_OLDER_PAGE,
	HOLDER_OLDER_OBJECT,
	HOLDER_LOST_PAGE,
	HOLDER_LOST_OBJECT,
	HOLDER_KINDS
};

static const char *const kind_names[HOLDER_KINDS] = {
	"page",
	"object",
	"empty slab",
	"page from before",
	"object from before",
	"page of no known owner",
	"object of no known owner",
};

/* What makes two allocations' holders one: texts by their number. */
struct identity_key {
	uint32_t kind, use, site, cache, task;
};

enum { GFP_TEXT_MAX = 512, COLUMNS = 5 };

struct holders {
	struct machine *m;
	struct result_table *table;
	struct intern *texts, *keys;
	uint32_t written;
};

static int open_table(struct holders *h, struct error *err)
{
	const struct result_column columns[COLUMNS] = {
		{ .name = "kind",
		  .unit = "",
		  .long_name =
			  "what it holds; 'from before' is older than the start, and without a "
			  "known owner is what failed in the recording",
		  .type = RESULT_TEXT },
		{ .name = "use",
		  .unit = "",
		  .long_name = "one of /snapshots/kinds",
		  .type = RESULT_TEXT },
		{ .name = "call_site",
		  .unit = "",
		  .long_name = "function and offset, or the page's GFP flags where none is known",
		  .type = RESULT_TEXT },
		{ .name = "cache", .unit = "", .long_name = "kmem_cache", .type = RESULT_TEXT },
		{ .name = "task",
		  .unit = "",
		  .long_name = "name of the task",
		  .type = RESULT_TEXT },
	};
	h->table = h->m->sink_ops->table(h->m->sink, "/events/pin_holders", columns, COLUMNS, err);
	return h->table ? 0 : -1;
}

struct holders *holders_open(struct machine *m, struct error *err)
{
	struct holders *h = calloc(1, sizeof(*h));

	if (!h) {
		error_set(err, ERROR_RUN, "no memory for what holds pageblocks");
		return NULL;
	}
	h->m = m;
	h->texts = intern_create(err);
	h->keys = intern_create(err);
	if (h->texts && h->keys && open_table(h, err) == 0)
		return h;
	holders_close(h);
	return NULL;
}

void holders_close(struct holders *h)
{
	if (!h)
		return;
	intern_destroy(h->texts);
	intern_destroy(h->keys);
	free(h);
}

static uint32_t number_of(struct holders *h, const char *text, struct error *err)
{
	return intern_add(h->texts, text, strlen(text), err);
}

static uint32_t holder_number(struct holders *h, const struct identity_key *key, struct error *err)
{
	if (key->site == INTERN_NONE || key->cache == INTERN_NONE || key->task == INTERN_NONE)
		return HOLDER_NONE;
	return intern_add(h->keys, key, sizeof(*key), err);
}

static const char *task_of(const struct holders *h, const struct owner *owner)
{
	return owner ? h->m->trace->definitions->tasks[owner->task].comm : "";
}

static const char *cache_name(const struct holders *h, cache_id cache)
{
	struct cache_counts counts = { 0 };
	bool known = !cache_is_none(cache) && h->m->slab->counts(h->m->slab_state, cache, &counts);

	return known ? counts.name : "";
}

uint32_t holder_of_page(struct holders *h, const struct owner *owner, bool older,
			enum frame_use_kind use, struct error *err)
{
	const struct origin_def *origin =
		owner ? &h->m->trace->definitions->origins[owner->origin] : NULL;
	char gfp[GFP_TEXT_MAX] = "";
	const char *site = origin ? origin->call_site : "";

	if (origin && !*site)
		site = gfp_format(origin->gfp, gfp, sizeof(gfp));
	const struct identity_key key = {
		.kind = owner   ? HOLDER_PAGE
			: older ? HOLDER_OLDER_PAGE
				: HOLDER_LOST_PAGE,
		.use = use,
		.site = number_of(h, site, err),
		.cache = number_of(h, "", err),
		.task = number_of(h, task_of(h, owner), err),
	};
	return holder_number(h, &key, err);
}

uint32_t holder_of_process(struct holders *h, const char *comm, enum frame_use_kind use,
			   struct error *err)
{
	const struct identity_key key = {
		.kind = HOLDER_PAGE,
		.use = use,
		.site = number_of(h, "", err),
		.cache = number_of(h, "", err),
		.task = number_of(h, comm, err),
	};
	return holder_number(h, &key, err);
}

uint32_t holder_of_object(struct holders *h, const struct owner *owner, cache_id cache,
			  struct error *err)
{
	const struct definitions *d = h->m->trace->definitions;
	const struct origin_def *origin = owner ? &d->origins[owner->origin] : NULL;
	bool named = origin && !cache_is_none(origin->cache), older = start_pages(h->m->start);
	const struct identity_key key = {
		.kind = owner   ? HOLDER_OBJECT
			: older ? HOLDER_OLDER_OBJECT
				: HOLDER_LOST_OBJECT,
		.use = USE_SLAB,
		.site = number_of(h, origin ? origin->call_site : "", err),
		.cache = number_of(
			h, named ? d->caches[origin->cache.v].name : cache_name(h, cache), err),
		.task = number_of(h, task_of(h, owner), err),
	};
	return holder_number(h, &key, err);
}

uint32_t holder_of_empty_slab(struct holders *h, cache_id cache, struct error *err)
{
	const struct identity_key key = {
		.kind = HOLDER_EMPTY_SLAB,
		.use = USE_SLAB,
		.site = number_of(h, "", err),
		.cache = number_of(h, cache_name(h, cache), err),
		.task = number_of(h, "", err),
	};
	return holder_number(h, &key, err);
}

static const char *text_of(const struct holders *h, uint32_t number)
{
	return intern_bytes(h->texts, number, NULL);
}

int holders_write(struct holders *h, struct error *err)
{
	for (; h->written < intern_count(h->keys); h->written++) {
		struct identity_key key;
		memcpy(&key, intern_bytes(h->keys, h->written, NULL), sizeof(key));
		const void *const row[COLUMNS] = { kind_names[key.kind], frame_use_names[key.use],
						   text_of(h, key.site), text_of(h, key.cache),
						   text_of(h, key.task) };
		if (h->m->sink_ops->table_append(h->table, row, err) != 0)
			return -1;
	}
	return 0;
}
