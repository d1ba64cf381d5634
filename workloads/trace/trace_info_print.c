/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <stdlib.h>

#include "base/units.h"
#include "trace/trace_info.h"

enum { TOP_ROWS = 20, HUMAN_MAX = 32 };

/* A row of a table sorted by its count. */
struct ranked {
	uint64_t count;
	uint32_t index;
};

static int compare_ranked(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;
	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	return (x->index > y->index) - (x->index < y->index);
}

static void print_head(FILE *out, const struct trace_info *info, const struct trace_cursor *cursor)
{
	const struct definitions *d = cursor->definitions;
	double span_s = (double)(info->last_ns - info->first_ns) * 1e-9;
	uint32_t complete = 0;
	for (uint32_t i = 0; i < d->cache_count; i++)
		complete += d->caches[i].complete;
	fprintf(out, "trace      %s (%s%s)\n", cursor->name, cursor->format,
		info->complete ? "" : ", without its end: the recorder was stopped");
	fprintf(out, "records    %" PRIu64 "\n", info->records);
	fprintf(out, "span       %.9f s, from %.9f s\n", span_s, (double)info->first_ns * 1e-9);
	fprintf(out, "CPUs       %" PRIu32 "\n", info->cpus);
	fprintf(out, "tasks      %" PRIu32 "\n", d->task_count);
	fprintf(out, "caches     %" PRIu32 ", %" PRIu32 " with all parameters known\n",
		d->cache_count, complete);
	fprintf(out, "origins    %" PRIu32 "\n", d->origin_count);
	fprintf(out, "hash       %016" PRIx64 "\n", info->hash);
	for (uint32_t i = 0; i < d->meta_count; i++)
		fprintf(out, "%-10s %s\n", d->meta[i].key, d->meta[i].value);
}

static void print_operations(FILE *out, const struct trace_info *info)
{
	fprintf(out, "\n%-36s %14s %8s\n", "operation", "records", "share");
	for (unsigned op = 0; op < OPERATION_COUNT; op++)
		if (info->operations[op])
			fprintf(out, "%-36s %14" PRIu64 " %7.2f%%\n", operation_table[op].name,
				info->operations[op],
				100 * (double)info->operations[op] / (double)info->records);
}

static void print_space(FILE *out, const char *name, const struct trace_info_space *s)
{
	char requested[HUMAN_MAX], held[HUMAN_MAX];
	if (s->allocated + s->freed + s->failed == 0)
		return;
	units_human_size((double)s->requested_bytes_max, requested, sizeof(requested));
	units_human_size((double)s->held_bytes_max, held, sizeof(held));
	fprintf(out,
		"%-10s %12" PRIu64 " %10" PRIu64 " %8" PRIu64 " %12" PRIu64 " %10" PRIu64
		" %10" PRIu64 " %10" PRIu64 " %11s %11s\n",
		name, s->allocated, s->effects, s->failed, s->freed, s->older, s->live, s->live_max,
		requested, held);
}

static void print_spaces(FILE *out, const struct trace_info *info)
{
	static const char *const names[SPACE_COUNT] = {
		[SPACE_PAGE] = "pages", [SPACE_OBJECT] = "objects", [SPACE_VMAP] = "vmalloc",
		[SPACE_HEAP] = "heap",  [SPACE_MAP] = "mappings",
	};
	fprintf(out, "\n%-10s %12s %10s %8s %12s %10s %10s %10s %11s %11s\n", "", "allocated",
		"as effect", "failed", "freed", "older", "live", "peak live", "peak asked",
		"peak held");
	for (unsigned space = SPACE_NONE + 1; space < SPACE_COUNT; space++)
		print_space(out, names[space], &info->spaces[space]);
}

/* The indices with the largest counts first; *rows is how many to show. NULL: nothing to rank. */
static struct ranked *rank(uint32_t count, uint64_t (*value)(const struct trace_info *, uint32_t),
			   const struct trace_info *info, uint32_t *rows)
{
	struct ranked *ranked = calloc(count ? count : 1, sizeof(*ranked));
	*rows = 0;
	if (!ranked)
		return NULL;
	for (uint32_t i = 0; i < count; i++)
		if (value(info, i))
			ranked[(*rows)++] = (struct ranked){ value(info, i), i };
	qsort(ranked, *rows, sizeof(*ranked), compare_ranked);
	return ranked;
}

static void print_rest(FILE *out, uint32_t rows)
{
	if (rows > TOP_ROWS)
		fprintf(out, "and %" PRIu32 " more\n", rows - TOP_ROWS);
}

static uint64_t task_records(const struct trace_info *info, uint32_t index)
{
	return info->tasks[index].records;
}

static void print_tasks(FILE *out, const struct trace_info *info, const struct definitions *d)
{
	uint32_t rows;
	struct ranked *ranked = rank(d->task_count, task_records, info, &rows);
	if (rows)
		fprintf(out, "\n%-20s %10s %10s %14s\n", "task", "tid", "tgid", "records");
	for (uint32_t i = 0; i < rows && i < TOP_ROWS; i++) {
		const struct task_def *task = &d->tasks[ranked[i].index];
		fprintf(out, "%-20s %10" PRIu32 " %10" PRIu32 " %14" PRIu64 "\n", task->comm,
			task->tid, task->tgid, ranked[i].count);
	}
	print_rest(out, rows);
	free(ranked);
}

static uint64_t cache_allocations(const struct trace_info *info, uint32_t index)
{
	return info->caches[index].allocated;
}

static void print_caches(FILE *out, const struct trace_info *info, const struct definitions *d)
{
	uint32_t rows;
	struct ranked *ranked = rank(d->cache_count, cache_allocations, info, &rows);
	if (rows)
		fprintf(out, "\n%-36s %10s %8s %14s %10s\n", "cache", "objsize", "size",
			"allocated", "peak live");
	for (uint32_t i = 0; i < rows && i < TOP_ROWS; i++) {
		const struct cache_def *cache = &d->caches[ranked[i].index];
		fprintf(out, "%-36s %10" PRIu32 " %8" PRIu32 " %14" PRIu64 " %10" PRIu64 "\n",
			cache->name, cache->object_size, cache->size, ranked[i].count,
			info->caches[ranked[i].index].live_max);
	}
	print_rest(out, rows);
	free(ranked);
}

void trace_info_print(FILE *out, const struct trace_info *info, const struct trace_cursor *cursor)
{
	print_head(out, info, cursor);
	print_operations(out, info);
	print_spaces(out, info);
	print_tasks(out, info, cursor->definitions);
	print_caches(out, info, cursor->definitions);
}
