/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/sampler.h"

#include <stdlib.h>

#include "machine/machine.h"
#include "machine/physical_map.h"
#include "machine/process_series.h"
#include "machine/series.h"

struct sampler {
	struct series_set *series;
	struct physical_map *map;
	struct process_series *processes;
	uint64_t every_records, every_time_ns;
	uint64_t next_record;
	uint64_t samples;
	uint64_t last_record;
	bool any;
	bool widens; /* nobody said how far apart samples are */
};

static void set_period(struct sampler *sampler, const struct machine *m)
{
	const struct sample_params *p = m->sample_params;
	sampler->every_records = m->run->sample_every ? m->run->sample_every : p->every_records;
	sampler->every_time_ns = p->every_time_ns;
	sampler->widens = sample_by_default(p, m->run->sample_every);
	if (p->every_time_ns && !m->run->sample_every && p->every_records == SAMPLE_EVERY_RECORDS)
		sampler->every_records = SAMPLE_EVERY_RECORDS_MAX;
}

static uint64_t samples_kept(const struct sampler *sampler, const struct sample_params *p)
{
	bool close = sampler->widens && sampler->every_records < SAMPLE_EVERY_RECORDS_MAX;
	return close && p->keep > SAMPLE_KEEP_BELOW_MAX ? SAMPLE_KEEP_BELOW_MAX : p->keep;
}

struct sampler *sampler_create(struct machine *m, struct error *err)
{
	struct sampler *sampler = calloc(1, sizeof(*sampler));
	if (!sampler) {
		error_set(err, ERROR_RUN, "no memory for sampling");
		return NULL;
	}
	sampler->series = series_open(m, err);
	if (!sampler->series || physical_map_open(m, &sampler->map, err) != 0 ||
	    process_series_open(m, &sampler->processes, err) != 0) {
		sampler_destroy(sampler);
		return NULL;
	}
	set_period(sampler, m);
	return sampler;
}

void sampler_destroy(struct sampler *sampler)
{
	if (!sampler)
		return;
	series_close(sampler->series);
	physical_map_close(sampler->map);
	process_series_close(sampler->processes);
	free(sampler);
}

static void schedule_record(struct sampler *sampler, uint64_t record)
{
	sampler->next_record = UINT64_MAX;
	if (sampler->every_records)
		sampler->next_record =
			(record / sampler->every_records + 1) * sampler->every_records;
}

static int schedule_time(struct sampler *sampler, struct machine *m, uint64_t now_ns,
			 struct error *err)
{
	if (!sampler->every_time_ns)
		return 0;
	struct event event = { .time_ns = now_ns + sampler->every_time_ns, .class = EVENT_SAMPLE };
	if (event_heap_push(m->events, event, err) != 0)
		return -1;
	machine_note_next_event(m);
	return 0;
}

static int thin(struct sampler *sampler, struct machine *m, struct error *err)
{
	sampler->samples = (sampler->samples + 1) / 2;
	sampler->every_records *= 2;
	sampler->every_time_ns *= 2;
	if (process_series_thin(sampler->processes, m, err) != 0)
		return -1;
	return series_thin_all(sampler->series, m, err);
}

static int take(struct sampler *sampler, struct machine *m, uint64_t time_ns, bool last,
		struct error *err)
{
	if (series_row(sampler->series, m, time_ns, machine_record(m), err) != 0 ||
	    process_series_row(sampler->processes, m, time_ns, machine_record(m), err) != 0 ||
	    physical_map_sample(sampler->map, m, time_ns, last, err) != 0)
		return -1;
	sampler->any = true;
	sampler->last_record = machine_record(m);
	if (++sampler->samples > samples_kept(sampler, m->sample_params))
		return thin(sampler, m, err);
	return 0;
}

uint64_t sampler_next_record(const struct sampler *sampler)
{
	return sampler->next_record;
}

int sampler_by_record(struct sampler *sampler, struct machine *m, struct error *err)
{
	int result = take(sampler, m, m->time_ns, false, err);
	schedule_record(sampler, machine_record(m));
	return result;
}

int sampler_by_time(struct sampler *sampler, struct machine *m, uint64_t now_ns, struct error *err)
{
	if (take(sampler, m, now_ns, false, err) != 0)
		return -1;
	return schedule_time(sampler, m, now_ns, err);
}

int sampler_begin(struct sampler *sampler, struct machine *m, struct error *err)
{
	schedule_record(sampler, machine_record(m));
	if (take(sampler, m, m->time_ns, false, err) != 0)
		return -1;
	return schedule_time(sampler, m, m->time_ns, err);
}

int sampler_end(struct sampler *sampler, struct machine *m, struct error *err)
{
	bool taken = sampler->any && sampler->last_record == machine_record(m);
	if (!taken && take(sampler, m, m->time_ns, true, err) != 0)
		return -1;
	return series_finish(sampler->series, m, err);
}
