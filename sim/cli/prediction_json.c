/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <string.h>

#include "base/json.h"
#include "cli/prediction.h"

static void write_i64(struct json *j, const char *key, int64_t value)
{
	char text[32];
	snprintf(text, sizeof(text), "%" PRId64, value);
	json_raw_member(j, key, text);
}

static void write_values(struct json *j, const struct prediction_value *v, bool known)
{
	if (!known) {
		json_raw_member(j, "predicted", "null");
		return;
	}
	write_i64(j, "predicted", v->growth);
	if (v->has_band)
		json_u64_member(j, "band", v->band);
	else
		json_raw_member(j, "band", "null");
	if (!v->has_range)
		return;
	write_i64(j, "perturbed_low", v->low);
	write_i64(j, "perturbed_high", v->high);
}

static void write_figure(struct json *j, const char *key, const struct prediction *p,
			 enum prediction_figure figure, size_t mark, bool known)
{
	struct prediction_value v = prediction_value(p, figure, mark);

	json_key(j, key);
	json_open(j, '{');
	write_values(j, &v, known);
	json_close(j, '}');
}

static void write_orders(struct json *j, const struct prediction *p, size_t at, bool known)
{
	json_key(j, "orders");
	json_open(j, '[');
	for (unsigned order = 0; order < SLABYARD_ORDERS_MAX; order++) {
		const struct slabyard_requests *r = &p->summary->marks[at].requests[order];
		struct prediction_value v = prediction_order(p, order, at);
		if (!r->allocs && !r->recorded_allocs)
			continue;
		json_next(j);
		json_open(j, '{');
		json_u64_member(j, "order", order);
		write_values(j, &v, known);
		json_u64_member(j, "recorded", r->recorded_allocs);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void write_caches(struct json *j, const struct prediction *p, size_t at)
{
	const struct slabyard_mark *mark = &p->summary->marks[at];

	json_key(j, "caches");
	json_open(j, '[');
	for (size_t i = 0; i < mark->cache_count; i++) {
		const struct slabyard_mark_cache *cache = &mark->caches[i];
		struct prediction_value v = prediction_cache(p, cache->name, at);
		json_next(j);
		json_open(j, '{');
		json_member(j, "cache", cache->name);
		json_u64_member(j, "slabs", cache->slabs);
		json_u64_member(j, "pages", cache->pages);
		json_u64_member(j, "objects", cache->objects);
		json_u64_member(j, "live_objects", cache->live_objects);
		write_values(j, &v, true);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void write_mark(struct json *j, const struct prediction *p, size_t i)
{
	const struct slabyard_mark *mark = &p->summary->marks[i];
	bool known = !prediction_is_past(p, mark);

	json_next(j);
	json_open(j, '{');
	if (mark->number == SLABYARD_MARK_END)
		json_member(j, "mark", "end");
	else
		write_i64(j, "mark", mark->number);
	json_u64_member(j, "record", mark->record);
	json_u64_member(j, "time_ns", mark->time_ns);
	json_raw_member(j, "known", known ? "true" : "false");
	write_figure(j, "slab_pages", p, PREDICTION_PAGES, i, known);
	write_figure(j, "slabs", p, PREDICTION_SLABS, i, known);
	write_figure(j, "requests", p, PREDICTION_REQUESTS, i, known);
	write_figure(j, "free_pages", p, PREDICTION_FREE, i, known);
	write_i64(j, "recorded_slab_pages", prediction_recorded_pages(p, i));
	json_u64_member(j, "recorded_requests", prediction_recorded_requests(p, i));
	write_orders(j, p, i, known);
	if (known)
		write_caches(j, p, i);
	json_close(j, '}');
}

static void write_bands(struct json *j, const struct prediction *p)
{
	if (p->unknown[0]) {
		json_raw_member(j, "bands_from", "null");
		json_member(j, "no_bands_because", p->unknown);
		return;
	}
	json_key(j, "bands_from");
	json_open(j, '[');
	for (size_t i = 0; i < p->bands.script_count; i++) {
		json_next(j);
		json_string(j, p->bands.scripts[i]);
	}
	json_close(j, ']');
	json_f64_member(j, "start_slab_pages_off", p->bands.start_share[PREDICTION_PAGES]);
	json_f64_member(j, "start_slabs_off", p->bands.start_share[PREDICTION_SLABS]);
}

static void write_horizon(struct json *j, const struct slabyard_summary *s)
{
	if (!s->horizon_record) {
		json_raw_member(j, "horizon_record", "null");
		return;
	}
	json_u64_member(j, "horizon_record", s->horizon_record);
	json_member(j, "horizon_reason", s->horizon_reason);
}

void prediction_print_json(FILE *out, const struct prediction *p)
{
	struct json j = { .out = out };

	json_open(&j, '{');
	json_member(&j, "trace", p->trace);
	json_u64_member(&j, "records", p->records);
	json_member(&j, "from", p->summary->recorded_policy);
	json_member(&j, "to", p->to);
	json_member(&j, "start", p->start);
	json_member(&j, "caches_map", p->caches);
	json_member(&j, "kind", p->kernel_driven ? "kernel" : "processes");
	json_f64_member(&j, "busiest_task", p->busiest);
	write_bands(&j, p);
	write_horizon(&j, p->summary);
	json_u64_member(&j, "start_slab_pages", p->summary->marks[0].slab_pages);
	json_u64_member(&j, "perturbed_runs", p->perturbed_count);
	json_member(&j, "perturb", prediction_perturb);
	json_key(&j, "marks");
	json_open(&j, '[');
	for (size_t i = PREDICTION_FIRST_MARK; i < p->summary->mark_count; i++)
		write_mark(&j, p, i);
	json_close(&j, ']');
	json_close(&j, '}');
	fputc('\n', out);
}
