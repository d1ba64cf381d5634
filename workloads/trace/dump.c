/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/gfp.h"
#include "core/operation.h"
#include "trace/definition_news.h"
#include "trace/dump_keys.h"
#include "trace/syt.h"

enum { NS_PER_S = 1000000000 };

/* A name that would break its line must not be able to. */
static void put_text(FILE *out, const char *text)
{
	for (; *text; text++)
		putc((unsigned char)*text < ' ' ? ' ' : *text, out);
}

static bool put_meta(void *context, const struct meta_def *meta)
{
	FILE *out = context;
	fputs("# slabyard: meta ", out);
	put_text(out, meta->key);
	putc('=', out);
	put_text(out, meta->value);
	putc('\n', out);
	return true;
}

static bool put_task(void *context, const struct task_def *task)
{
	FILE *out = context;
	fprintf(out, "# slabyard: task tid=%" PRIu32 " tgid=%" PRIu32 " comm=", task->tid,
		task->tgid);
	put_text(out, task->comm);
	putc('\n', out);
	return true;
}

static bool put_cache(void *context, uint32_t index, const struct cache_def *cache, bool is_new)
{
	FILE *out = context;
	(void)is_new; /* the line of a known index replaces what was said of it */
	fprintf(out, "# slabyard: cache index=%" PRIu32 " name=", index);
	put_text(out, cache->name);
	fprintf(out,
		" object_size=%" PRIu32 " size=%" PRIu32 " align=%" PRIu32 " flags=0x%" PRIx32
		" useroffset=%" PRIu32 " constructor=%d complete=%d named=%d\n",
		cache->object_size, cache->size, cache->align, cache->flags, cache->useroffset,
		cache->constructor, cache->complete, cache->named);
	return true;
}

static bool put_origin(void *context, const struct origin_def *origin)
{
	FILE *out = context;
	fputs("# slabyard: origin cache=", out);
	if (cache_is_none(origin->cache))
		fputs("none", out);
	else
		fprintf(out, "%" PRIu32, origin->cache.v);
	fprintf(out,
		" gfp=0x%" PRIx32 " bytes_alloc=%" PRIu32 " align=%" PRIu32
		" node=%d order=%u migratetype=%u accounted=%d%s call_site=",
		origin->gfp, origin->bytes_alloc, origin->align, origin->node, origin->order,
		origin->migratetype, origin->accounted, origin->own ? " own=1" : "");
	put_text(out, origin->call_site);
	putc('\n', out);
	return true;
}

static bool put_site(void *context, const struct site_def *site)
{
	FILE *out = context;
	fprintf(out, "# slabyard: site cache=%" PRIu32 " allocations=%" PRIu64 " call_site=",
		site->cache.v, site->allocations);
	put_text(out, site->call_site);
	putc('\n', out);
	return true;
}

static const struct definition_visitor put_visitor = {
	.meta = put_meta,
	.task = put_task,
	.cache = put_cache,
	.origin = put_origin,
	.site = put_site,
};

/* The columns that ftrace prints before an event. */
static void put_place(FILE *out, const struct definitions *d, uint64_t time_ns,
		      const struct record *r)
{
	const struct task_def *task = &d->tasks[r->task];
	put_text(out, task->comm);
	fprintf(out,
		"-%" PRIu32 " (%" PRIu32 ") [%03" PRIu32 "] ..%c.. %" PRIu64 ".%09" PRIu64 ": %s:",
		task->tid, task->tgid, record_cpu(r), r->flags & RECORD_IRQ ? 's' : '.',
		time_ns / NS_PER_S, time_ns % NS_PER_S, operation_table[r->operation].name);
}

static void put_number(FILE *out, const struct dump_key *key, uint64_t value)
{
	switch ((enum dump_format)key->format) {
	case DUMP_HEX:
		fprintf(out, " %s=0x%" PRIx64, key->name, value);
		break;
	case DUMP_SIGNED:
		fprintf(out, " %s=%" PRId32, key->name, (int32_t)value);
		break;
	case DUMP_BYTES:
		fprintf(out, " %s=%" PRIu64, key->name, value << PAGE_SHIFT);
		break;
	case DUMP_DECIMAL:
		fprintf(out, " %s=%" PRIu64, key->name, value);
		break;
	}
}

/* Under the operation's own key, or under `common` when it has none and there is a value. */
static void put_field(FILE *out, const struct dump_key *own, const struct dump_key *common,
		      uint64_t value)
{
	if (own->name)
		put_number(out, own, value);
	else if (value)
		put_number(out, common, value);
}

static void put_fields(FILE *out, const struct record *r)
{
	static const struct dump_key address = { "address", DUMP_HEX };
	static const struct dump_key size = { "size", DUMP_DECIMAL };
	static const struct dump_key detail = { "detail", DUMP_DECIMAL };
	const struct dump_keys *keys = &dump_keys[r->operation];
	put_field(out, &keys->address, &address, r->address);
	put_field(out, &keys->size, &size, r->size);
	put_field(out, &keys->detail, &detail, record_detail(r));
}

static void put_call(FILE *out, unsigned keys, const struct origin_def *origin)
{
	char gfp[1024];
	if ((keys & DUMP_CALL_SITE) && origin->call_site[0]) {
		fputs(" call_site=", out);
		put_text(out, origin->call_site);
	}
	if (keys & DUMP_BYTES_ALLOC)
		fprintf(out, " bytes_alloc=%" PRIu32, origin->bytes_alloc);
	if (keys & DUMP_MIGRATETYPE)
		fprintf(out, " migratetype=%u", origin->migratetype);
	if (keys & DUMP_GFP)
		fprintf(out, " gfp_flags=%s", gfp_format(origin->gfp, gfp, sizeof(gfp)));
	if (keys & DUMP_NODE)
		fprintf(out, " node=%d", origin->node);
	if (keys & DUMP_ACCOUNTED)
		fprintf(out, " accounted=%s", origin->accounted ? "true" : "false");
	if (keys & DUMP_ALIGN)
		fprintf(out, " align=%" PRIu32, origin->align);
	if (keys & DUMP_EXTFRAG)
		fprintf(out, " alloc_order=%u alloc_migratetype=%u", origin->order,
			origin->migratetype);
}

static void put_origin_keys(FILE *out, const struct definitions *d, const struct record *r)
{
	if (r->origin == 0)
		return;
	const struct origin_def *origin = &d->origins[r->origin];
	unsigned keys = dump_keys[r->operation].origin;
	put_call(out, keys, origin);
	if ((keys & DUMP_CACHE) && !cache_is_none(origin->cache)) {
		fputs(" name=", out);
		put_text(out, d->caches[origin->cache.v].name);
	}
	fprintf(out, " origin=%" PRIu32, r->origin);
}

static void put_flags(FILE *out, unsigned flags)
{
	static const struct {
		unsigned flag;
		const char *key;
	} keys[] = {
		{ RECORD_EFFECT, " effect=1" },     { RECORD_FAILED, " failed=1" },
		{ RECORD_BULK, " bulk=1" },         { RECORD_NESTED, " nested=1" },
		{ RECORD_IDENTITY, " identity=1" }, { RECORD_PART, " part=1" },
	};
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (flags & keys[i].flag)
			fputs(keys[i].key, out);
}

static void put_extension(FILE *out, const struct record *x)
{
	fprintf(out,
		" ext_size=%" PRIu32 " ext_id=%" PRIu32 " ext_address=0x%" PRIx64
		" ext_origin=%" PRIu32 " ext_task=%" PRIu32,
		x->size, x->id, x->address, x->origin, x->task);
}

static void put_record(FILE *out, const struct definitions *d, uint64_t base_ns,
		       const struct record *r)
{
	put_place(out, d, base_ns + r->time, r);
	put_fields(out, r);
	put_origin_keys(out, d, r);
	fprintf(out, " task=%" PRIu32, r->task);
	if (r->id)
		fprintf(out, " id=%" PRIu32, r->id);
	put_flags(out, r->flags);
	if (r->flags & RECORD_EXTENDED)
		put_extension(out, r + 1);
	putc('\n', out);
}

static int dump_batches(struct trace_cursor *cursor, struct definition_news *news, FILE *out,
			struct error *err)
{
	struct batch batch;
	int result;
	while ((result = cursor->ops->next(cursor, &batch, err)) == 1) {
		if (definition_news_visit(news, cursor->definitions, &put_visitor, out, err) != 0)
			return -1;
		for (uint32_t i = 0; i < batch.count; i++)
			if (batch.records[i].operation != OP_EXTENSION)
				put_record(out, cursor->definitions, batch.base_ns,
					   &batch.records[i]);
		if (ferror(out))
			return error_errno(err, "text output", "cannot write");
	}
	return result;
}

int trace_dump_definitions(const struct definitions *definitions, FILE *out, struct error *err)
{
	struct definition_news *news = definition_news_create();
	if (!news)
		return error_set(err, ERROR_RUN, "no memory for the definitions");
	fputs("# slabyard: trace 1\n", out);
	int result = definition_news_visit(news, definitions, &put_visitor, out, err);
	definition_news_destroy(news);
	return result;
}

int trace_dump(struct trace_cursor *cursor, FILE *out, struct error *err)
{
	struct definition_news *news = definition_news_create();
	if (!news)
		return error_set(err, ERROR_RUN, "%s: out of memory", cursor->name);
	fputs("# slabyard: trace 1\n", out);
	int result = dump_batches(cursor, news, out, err);
	/* What was learnt last, and the definitions of a trace without records. */
	if (result == 0)
		result = definition_news_visit(news, cursor->definitions, &put_visitor, out, err);
	definition_news_destroy(news);
	if (result == 0 && fflush(out) != 0)
		return error_errno(err, "text output", "cannot write");
	return result;
}
