/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/page_events.h"

#include "core/gfp.h"
#include "machine/machine.h"

static const uint64_t rows_max = 1 << 20;

static const struct result_column extfrag_columns[] = {
	{ .name = "record", .unit = "1", .long_name = "record of the trace", .type = RESULT_U64 },
	{ .name = "time_ns", .unit = "ns", .long_name = "simulated time", .type = RESULT_U64 },
	{ .name = "pfn",
	  .unit = "1",
	  .long_name = "first page of the block taken",
	  .type = RESULT_U64 },
	{ .name = "alloc_order",
	  .unit = "order",
	  .long_name = "order asked for",
	  .type = RESULT_U64 },
	{ .name = "fallback_order",
	  .unit = "order",
	  .long_name = "order of the block taken",
	  .type = RESULT_U64 },
	{ .name = "alloc_migratetype",
	  .unit = "",
	  .long_name = "migratetype asked for",
	  .type = RESULT_TEXT },
	{ .name = "fallback_migratetype",
	  .unit = "",
	  .long_name = "migratetype taken from",
	  .type = RESULT_TEXT },
	{ .name = "fragmenting",
	  .unit = "",
	  .long_name = "1: the block is less than a pageblock",
	  .type = RESULT_U64 },
	{ .name = "change_ownership",
	  .unit = "",
	  .long_name = "1: the pageblock is of the type asked for from now on",
	  .type = RESULT_U64 },
};

static const struct result_column compaction_columns[] = {
	{ .name = "record", .unit = "1", .long_name = "record of the trace", .type = RESULT_U64 },
	{ .name = "time_ns", .unit = "ns", .long_name = "simulated time", .type = RESULT_U64 },
	{ .name = "zone", .unit = "", .long_name = "zone compacted", .type = RESULT_TEXT },
	{ .name = "mode",
	  .unit = "",
	  .long_name = "by whom (direct, kcompactd), and whether it may wait (async, sync)",
	  .type = RESULT_TEXT },
	{ .name = "order",
	  .unit = "order",
	  .long_name = "order wanted; -1: for no request",
	  .type = RESULT_I32 },
	{ .name = "result", .unit = "", .long_name = "what it came to", .type = RESULT_TEXT },
	{ .name = "migrate_scanned",
	  .unit = "pages",
	  .long_name = "looked at for moving",
	  .type = RESULT_U64 },
	{ .name = "free_scanned",
	  .unit = "pages",
	  .long_name = "looked at for room",
	  .type = RESULT_U64 },
	{ .name = "isolated",
	  .unit = "pages",
	  .long_name = "taken off their lists",
	  .type = RESULT_U64 },
	{ .name = "migrated", .unit = "pages", .long_name = "moved", .type = RESULT_U64 },
	{ .name = "migrate_pfn",
	  .unit = "1",
	  .long_name = "where the migration scanner stopped",
	  .type = RESULT_U64 },
	{ .name = "free_pfn",
	  .unit = "1",
	  .long_name = "where the free scanner stopped",
	  .type = RESULT_U64 },
};

static void extfrag(void *context, const struct extfrag_event *event)
{
	struct machine *m = context;
	struct page_events *e = &m->page_events;
	uint64_t record = machine_record(m), pfn = event->pfn.v;
	uint64_t order = event->alloc_order, fallback = event->fallback_order;
	uint64_t fragmenting = event->fragmenting, owns = event->change_ownership;

	if (e->extfrag_rows++ >= rows_max)
		return;
	const void *const values[] = {
		&record,
		&m->time_ns,
		&pfn,
		&order,
		&fallback,
		migratetype_names[event->alloc_migratetype],
		migratetype_names[event->fallback_migratetype],
		&fragmenting,
		&owns,
	};
	events_append(m, e->extfrag, values);
}

static const char *mode_name(const struct compaction_event *event)
{
	if (event->direct)
		return event->sync ? "direct, sync" : "direct, async";
	return event->sync ? "kcompactd, sync" : "kcompactd, async";
}

static void compaction(void *context, const struct compaction_event *event)
{
	struct machine *m = context;
	struct page_events *e = &m->page_events;
	uint64_t record = machine_record(m);
	uint64_t migrate_pfn = event->migrate_pfn.v, free_pfn = event->free_pfn.v;

	horizon_simulated(m, HORIZON_COMPACTION);
	if (e->compaction_rows++ >= rows_max)
		return;
	const void *const values[] = {
		&record,
		&m->time_ns,
		event->zone,
		mode_name(event),
		&event->order,
		event->result,
		&event->migrate_scanned,
		&event->free_scanned,
		&event->isolated,
		&event->migrated,
		&migrate_pfn,
		&free_pfn,
	};
	events_append(m, e->compaction, values);
}

static void kswapd_woken(void *context)
{
	horizon_simulated(context, HORIZON_KSWAPD);
}

static void direct_reclaimed(void *context, uint64_t pages)
{
	if (pages)
		horizon_simulated(context, HORIZON_RECLAIM);
}

int page_events_open(struct machine *m, struct error *err)
{
	struct page_events *e = &m->page_events;
	const size_t extfrag_count = sizeof(extfrag_columns) / sizeof(extfrag_columns[0]);
	const size_t compaction_count = sizeof(compaction_columns) / sizeof(compaction_columns[0]);

	e->extfrag =
		m->sink_ops->table(m->sink, "/events/extfrag", extfrag_columns, extfrag_count, err);
	if (!e->extfrag)
		return -1;
	e->compaction = m->sink_ops->table(m->sink, "/events/compaction", compaction_columns,
					   compaction_count, err);
	e->observer = (struct page_observer){
		.extfrag = extfrag,
		.compaction = compaction,
		.kswapd_woken = kswapd_woken,
		.direct_reclaimed = direct_reclaimed,
		.context = m,
	};
	m->services.observer = &e->observer;
	return e->compaction ? 0 : -1;
}
