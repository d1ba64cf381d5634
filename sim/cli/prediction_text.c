/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/paths.h"
#include "cli/prediction.h"
#include "cli/text_table.h"

enum { CELL = 64, COLUMNS = 8 };

static void print_start(FILE *out, const struct prediction *p)
{
	if (!p->start[0])
		fputs("a fresh machine", out);
	else if (strncmp(p->start, "census:", 7) == 0)
		fprintf(out, "a census of %s", path_base(p->start));
	else
		fputs(path_base(p->start), out);
}

static void print_bands(FILE *out, const struct prediction *p)
{
	if (p->unknown[0]) {
		fprintf(out, "bands          none: %s\n", p->unknown);
		return;
	}
	fprintf(out, "bands          of %zu recordings like it, none of which was further off (",
		p->bands.script_count);
	for (size_t i = 0; i < p->bands.script_count; i++)
		fprintf(out, "%s%s", i ? ", " : "", p->bands.scripts[i]);
	fputs(")\n", out);
	size_t last = p->summary->mark_count - 1;
	uint64_t grown =
		(uint64_t)llabs((long long)prediction_value(p, PREDICTION_PAGES, last).growth);
	if (grown > p->bands.largest[PREDICTION_PAGES])
		fprintf(out,
			"               slab grows by %" PRIu64 " pages here, by %" PRIu64
			" at most in these: beyond, a band is a guess\n",
			grown, p->bands.largest[PREDICTION_PAGES]);
}

static void print_head(FILE *out, const struct prediction *p)
{
	const struct slabyard_summary *s = p->summary;

	fprintf(out, "trace          %s: %" PRIu64 " records, recorded under %s\n", p->trace,
		p->records, s->recorded_policy[0] ? s->recorded_policy : "an unknown allocator");
	fprintf(out, "predicted      under %s, from ", p->to);
	print_start(out, p);
	fputc('\n', out);
	fprintf(out, "like           %s: one task made %.0f%% of the records\n",
		p->kernel_driven ? "a kernel-driven script" : "processes side by side",
		100 * p->busiest);
	print_bands(out, p);
	if (s->horizon_record)
		fprintf(out,
			"horizon        record %" PRIu64
			": %s; what processes had done after that is not known\n",
			s->horizon_record, s->horizon_reason);
	else
		fputs("horizon        none: processes would have noticed no difference\n", out);
}

/* --- values --- */

static void write_value(char *cell, const struct prediction_value *v)
{
	if (v->has_band)
		snprintf(cell, CELL, "%+" PRId64 " \302\261%" PRIu64, v->growth, v->band);
	else
		snprintf(cell, CELL, "%+" PRId64, v->growth);
}

static void write_count(char *cell, const struct prediction_value *v)
{
	if (v->has_band)
		snprintf(cell, CELL, "%" PRId64 " \302\261%" PRIu64, v->growth, v->band);
	else
		snprintf(cell, CELL, "%" PRId64, v->growth);
}

static void write_range(char *cell, const struct prediction_value *v)
{
	if (v->has_range)
		snprintf(cell, CELL, "%+" PRId64 " to %+" PRId64, v->low, v->high);
	else
		snprintf(cell, CELL, "-");
}

static void write_mark(char *cell, int64_t number)
{
	if (number == SLABYARD_MARK_END)
		snprintf(cell, CELL, "end");
	else
		snprintf(cell, CELL, "%" PRId64, number);
}

/* One row; false when memory is out: the table is shorter then. */
static bool add_cells(struct text_table *table, char (*cells)[CELL])
{
	const char *row[COLUMNS];
	for (size_t i = 0; i < table->columns; i++)
		row[i] = cells[i];
	return text_table_add(table, row) == 0;
}

static int finish(struct text_table *table, FILE *out, bool good)
{
	if (good)
		text_table_print(table, 0, out);
	text_table_free(table);
	return good ? 0 : -1;
}

/* --- tables --- */

static bool add_mark(struct text_table *table, const struct prediction *p, size_t i)
{
	const struct slabyard_mark *mark = &p->summary->marks[i];
	char cells[COLUMNS][CELL] = { "", "", "not known", "-", "-", "-", "-", "-" };

	write_mark(cells[0], mark->number);
	snprintf(cells[1], CELL, "%" PRIu64, mark->record);
	if (prediction_is_past(p, mark))
		return add_cells(table, cells);
	struct prediction_value pages = prediction_value(p, PREDICTION_PAGES, i);
	struct prediction_value slabs = prediction_value(p, PREDICTION_SLABS, i);
	struct prediction_value requests = prediction_value(p, PREDICTION_REQUESTS, i);
	struct prediction_value unused = prediction_value(p, PREDICTION_FREE, i);
	write_value(cells[2], &pages);
	write_range(cells[3], &pages);
	snprintf(cells[4], CELL, "%+" PRId64, prediction_recorded_pages(p, i));
	write_value(cells[5], &slabs);
	write_count(cells[6], &requests);
	write_value(cells[7], &unused);
	return add_cells(table, cells);
}

static int print_marks(FILE *out, const struct prediction *p)
{
	struct text_table table = { .columns = 8 };
	char head[COLUMNS][CELL] = { "mark",     "record", "slab's pages", "perturbed",
				     "recorded", "slabs",  "requests",     "free pages" };
	bool good = add_cells(&table, head);

	for (size_t i = PREDICTION_FIRST_MARK; good && i < p->summary->mark_count; i++)
		good = add_mark(&table, p, i);
	fprintf(out, "\nmore than at the start, where slab held %" PRIu64 " pages in ",
		p->summary->marks[0].slab_pages);
	uint64_t slabs = 0;
	for (size_t i = 0; i < p->summary->marks[0].cache_count; i++)
		slabs += p->summary->marks[0].caches[i].slabs;
	fprintf(out, "%" PRIu64 " slabs", slabs);
	if (!p->unknown[0] && p->bands.start_share[PREDICTION_PAGES] > 0)
		fprintf(out, " (\302\261%.1f%%, \302\261%.1f%%)",
			100 * p->bands.start_share[PREDICTION_PAGES],
			100 * p->bands.start_share[PREDICTION_SLABS]);
	fputs(":\n", out);
	return finish(&table, out, good);
}

static int print_orders(FILE *out, const struct prediction *p, size_t at)
{
	struct text_table table = { .columns = 3 };
	const struct slabyard_mark *mark = &p->summary->marks[at];
	char cells[COLUMNS][CELL] = { "order", "requests", "recorded" };
	bool good = add_cells(&table, cells);

	for (unsigned order = 0; good && order < SLABYARD_ORDERS_MAX; order++) {
		const struct slabyard_requests *r = &mark->requests[order];
		struct prediction_value v = prediction_order(p, order, at);
		if (!r->allocs && !r->recorded_allocs)
			continue;
		snprintf(cells[0], CELL, "%u", order);
		write_count(cells[1], &v);
		snprintf(cells[2], CELL, "%" PRIu64, r->recorded_allocs);
		good = add_cells(&table, cells);
	}
	return finish(&table, out, good);
}

static bool add_cache(struct text_table *table, const struct prediction *p, size_t at,
		      const char *name, const struct slabyard_mark_cache *now)
{
	struct prediction_value v = prediction_cache(p, name, at);
	char cells[COLUMNS][CELL];

	if (!v.growth)
		return true;
	snprintf(cells[0], CELL, "%s", name);
	snprintf(cells[1], CELL, "%" PRIu64, now ? now->slabs : 0);
	write_value(cells[2], &v);
	write_range(cells[3], &v);
	snprintf(cells[4], CELL, now && now->objects ? "%" PRIu64 " of %" PRIu64 : "-",
		 now ? now->live_objects : 0, now ? now->objects : 0);
	return add_cells(table, cells);
}

static bool has_cache(const struct slabyard_mark *mark, const char *name)
{
	for (size_t i = 0; i < mark->cache_count; i++)
		if (strcmp(mark->caches[i].name, name) == 0)
			return true;
	return false;
}

static int print_caches(FILE *out, const struct prediction *p, size_t at)
{
	struct text_table table = { .columns = 5 };
	const struct slabyard_mark *now = &p->summary->marks[at], *start = &p->summary->marks[0];
	char head[COLUMNS][CELL] = { "cache", "slabs", "grown", "perturbed", "objects in use" };
	if (strcmp(p->to, "slob") == 0)
		strcpy(head[0], "list");
	bool good = add_cells(&table, head);

	for (size_t i = 0; good && i < now->cache_count; i++)
		good = add_cache(&table, p, at, now->caches[i].name, &now->caches[i]);
	for (size_t i = 0; good && i < start->cache_count; i++)
		if (!has_cache(now, start->caches[i].name))
			good = add_cache(&table, p, at, start->caches[i].name, NULL);
	return finish(&table, out, good);
}

int prediction_print_text(FILE *out, const struct prediction *p, size_t at)
{
	char where[CELL];

	print_head(out, p);
	if (print_marks(out, p) != 0)
		return -1;
	if (prediction_is_past(p, &p->summary->marks[at]))
		return 0;
	write_mark(where, p->summary->marks[at].number);
	fprintf(out, "\npages that slab asked for, by order, %s%s:\n",
		p->summary->marks[at].number < 0 ? "up to the " : "up to mark ", where);
	if (print_orders(out, p, at) != 0)
		return -1;
	fprintf(out, "\nwhat changed, by cache, %s%s:\n",
		p->summary->marks[at].number < 0 ? "at the " : "at mark ", where);
	return print_caches(out, p, at);
}
