/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * "MARK n" and "LAB ..." lines: what recording kernels print for things that stock tracepoints do
 * not show. Each becomes an event of the grammar with its own name and keys.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/definitions.h"
#include "import/grammar.h"
#include "import/text.h"

enum { MARKER_TEXT_MAX = 256 };

static const struct {
	const char *marker; /* behind "LAB " */
	const char *event;
} lab_events[] = {
	{ "bulk_alloc", "alloc_pages_bulk_begin" },
	{ "bulk_end", "alloc_pages_bulk_end" },
	{ "isolate", "isolate_free_page" },
	{ "capture", "compact_capture" },
	{ "compact_head", "compact_head" },
	{ "compact_tail", "compact_tail" },
	{ "reserve_highatomic", "reserve_highatomic" },
	{ "unreserve_highatomic", "unreserve_highatomic" },
	{ "pcp_free_trylock_failed", "pcp_free_trylock_failed" },
	{ "pcp_alloc_trylock_failed", "pcp_alloc_trylock_failed" },
	{ "va_purge", "va_purge" },
	{ "slob_kfree", "slob_kfree" },
	{ "slob_rcu_free", "slob_rcu_free" },
};

static int apply(struct decoder *d, const struct line_head *head, const char *name,
		 const char *arguments, struct import_event *event, struct error *err)
{
	fields_parse(arguments, &d->fields);
	const struct event_rule *rule = grammar_find(name, strlen(name));
	return grammar_apply(d, rule, head, event, err) ? -1 : 1;
}

static int mark(struct decoder *d, const struct line_head *head, const char *text,
		struct import_event *event, struct error *err)
{
	uint64_t number;
	char arguments[MARKER_TEXT_MAX];
	if (!text_decimal(text, &number))
		return 0;
	snprintf(arguments, sizeof(arguments), "number=%llu", (unsigned long long)number);
	return apply(d, head, "mark", arguments, event, err);
}

/* "a-b align=n range=c-d purged=n": only the range's first address is an address to begin with. */
static int va(struct decoder *d, const struct line_head *head, const char *name, const char *text,
	      struct import_event *event, struct error *err)
{
	char arguments[MARKER_TEXT_MAX];
	uint64_t start, end, range_start = 0, range_end = 0, align = 0;
	text = text_skip_blanks(text);
	const char *dash = text_hex(text, &start);
	if (!dash || *dash != '-' || !text_hex(dash + 1, &end) || end < start)
		return 0;
	const char *range = text_value(text, "range");
	dash = range ? text_hex(range, &range_start) : NULL;
	if (dash && *dash == '-')
		text_hex(dash + 1, &range_end);
	const char *alignment = text_value(text, "align");
	if (alignment)
		text_decimal(alignment, &align);
	snprintf(arguments, sizeof(arguments),
		 "va_start=0x%llx size=%llu align=%llu vstart=0x%llx vend=0x%llx",
		 (unsigned long long)start, (unsigned long long)(end - start),
		 (unsigned long long)align, (unsigned long long)range_start,
		 (unsigned long long)range_end);
	return apply(d, head, name, arguments, event, err);
}

/* The letters of "op c NAME SIZE ALIGN FLAGS". */
static unsigned cache_flags_of(const char *letters, bool *constructor)
{
	unsigned flags = 0;
	for (; *letters != '\0' && *letters != ' '; letters++) {
		flags |= *letters == 'H' ? CACHE_HWCACHE_ALIGN : 0u;
		flags |= *letters == 'R' ? CACHE_TYPESAFE_BY_RCU : 0u;
		flags |= *letters == 'A' ? CACHE_RECLAIM_ACCOUNT : 0u;
		*constructor |= *letters == 'C';
	}
	return flags;
}

static int cache_create(struct decoder *d, const struct line_head *head, const char *text,
			struct import_event *event, struct error *err)
{
	char arguments[MARKER_TEXT_MAX];
	uint64_t size, align;
	const char *name_end = text_word_end(text);
	const char *p = text_decimal(text_skip_blanks(name_end), &size);
	p = p ? text_decimal(text_skip_blanks(p), &align) : NULL;
	if (!p)
		return 0;
	bool constructor = false;
	unsigned flags = cache_flags_of(text_skip_blanks(p), &constructor);
	snprintf(arguments, sizeof(arguments),
		 "name=%.*s object_size=%llu align=%llu slab_flags=0x%x constructor=%d untraced=1",
		 (int)(name_end - text), text, (unsigned long long)size, (unsigned long long)align,
		 flags, constructor);
	return apply(d, head, "kmem_cache_create", arguments, event, err);
}

/* Operations of the driver that have no event of their own. */
static int driver_operation(struct decoder *d, const struct line_head *head, const char *text,
			    struct import_event *event, struct error *err)
{
	char arguments[MARKER_TEXT_MAX];
	char operation = *text;
	text = text_skip_blanks(operation == '\0' ? text : text + 1);
	if (operation == 'b')
		return apply(d, head, "rcu_barrier", "", event, err);
	if (operation == 'c')
		return cache_create(d, head, text, event, err);
	if (operation != 'd' && operation != 's')
		return 0;
	snprintf(arguments, sizeof(arguments), "name=%.*s untraced=1",
		 (int)(text_word_end(text) - text), text);
	return apply(d, head, operation == 'd' ? "kmem_cache_destroy" : "kmem_cache_shrink",
		     arguments, event, err);
}

static bool word_is(const char *text, size_t length, const char *word)
{
	return strlen(word) == length && memcmp(text, word, length) == 0;
}

static int lab(struct decoder *d, const struct line_head *head, const char *text,
	       struct import_event *event, struct error *err)
{
	size_t length = (size_t)(text_word_end(text) - text);
	const char *rest = text_skip_blanks(text + length);
	for (size_t i = 0; i < sizeof(lab_events) / sizeof(lab_events[0]); i++) {
		if (word_is(text, length, lab_events[i].marker))
			return apply(d, head, lab_events[i].event, rest, event, err);
	}
	if (word_is(text, length, "va_alloc"))
		return va(d, head, "va_alloc", rest, event, err);
	if (word_is(text, length, "va_lazyfree"))
		return va(d, head, "va_lazyfree", rest, event, err);
	if (word_is(text, length, "op"))
		return driver_operation(d, head, rest, event, err);
	if (word_is(text, length, "cache_reap"))
		return apply(d, head, *rest == 'b' ? "cache_reap_begin" : "cache_reap_end", "",
			     event, err);
	return 0;
}

int marker_parse(struct decoder *d, const struct line_head *head, struct import_event *event,
		 struct error *err)
{
	const char *text = head->arguments;
	/* trace-cmd and perf put the printing function's name before the text. */
	const char *behind = text_word_end(text);
	if (behind > text && behind[-1] == ':')
		text = text_skip_blanks(behind);
	if (text_starts_with(text, "MARK "))
		return mark(d, head, text_skip_blanks(text + 5), event, err);
	if (text_starts_with(text, "LAB "))
		return lab(d, head, text_skip_blanks(text + 4), event, err);
	return 0;
}
