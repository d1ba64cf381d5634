/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/top_frame.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/top_player.h"
#include "core/ids.h"

const char top_sort_keys[] = "abclvnopsu";

int top_frame_init(struct top_frame *frame, const struct top_data *data, struct error *err)
{
	*frame = (struct top_frame){
		.data = data,
		.rows = calloc(data->caches + 1, sizeof(*frame->rows)),
		.scratch = calloc(data->caches + 1, sizeof(*frame->scratch)),
	};
	if (frame->rows && frame->scratch)
		return 0;
	return error_set(err, ERROR_RUN, "no memory for the caches");
}

void top_frame_free(struct top_frame *frame)
{
	free(frame->rows);
	free(frame->scratch);
	*frame = (struct top_frame){ 0 };
}

/* True when a stands above b. */
static bool above(const struct top_row *a, const struct top_row *b, char key)
{
	switch (key) {
	case 'a':
		return a->active_objects > b->active_objects;
	case 'b':
		return a->objects_per_slab > b->objects_per_slab;
	case 'c':
		return a->cache_bytes > b->cache_bytes;
	case 'l':
		return a->slabs > b->slabs;
	case 'v':
		return a->active_slabs > b->active_slabs;
	case 'n':
		return strcmp(a->name, b->name) < 0;
	case 'p':
		return a->pages_per_slab > b->pages_per_slab;
	case 's':
		return a->object_size > b->object_size;
	case 'u':
		return a->use > b->use;
	default:
		return a->objects > b->objects;
	}
}

/* Equal rows keep their order, which qsort does not promise: merges runs of doubling length. */
static void sort_rows(struct top_frame *frame, char key)
{
	const size_t count = frame->count;

	for (size_t run = 1; run < count; run *= 2) {
		for (size_t first = 0; first < count; first += 2 * run) {
			const size_t middle = first + run < count ? first + run : count;
			const size_t end = first + 2 * run < count ? first + 2 * run : count;
			size_t left = first, right = middle;

			for (size_t out = first; out < end; out++) {
				const bool take_right =
					left == middle ||
					(right < end &&
					 above(&frame->rows[right], &frame->rows[left], key));
				frame->scratch[out] = frame->rows[take_right ? right++ : left++];
			}
		}
		struct top_row *sorted = frame->scratch;

		frame->scratch = frame->rows;
		frame->rows = sorted;
	}
}

static struct top_row row_of(const struct top_data *d, size_t sample, size_t cache)
{
	struct top_row row = {
		.name = d->names[cache],
		.active_objects = top_value(d, TOP_ACTIVE_OBJECTS, sample, cache),
		.objects = top_value(d, TOP_OBJECTS, sample, cache),
		.object_size = d->object_size[cache],
		.active_slabs = top_value(d, TOP_ACTIVE_SLABS, sample, cache),
		.slabs = top_value(d, TOP_SLABS, sample, cache),
		.objects_per_slab = d->objects_per_slab[cache],
		.pages_per_slab = d->pages_per_slab[cache],
	};

	row.use = row.objects ? 100 * row.active_objects / row.objects : 0;
	row.cache_bytes = row.slabs * row.pages_per_slab << PAGE_SHIFT;
	/* Where caches have no slabs of their own (SLOB). */
	if (!row.objects_per_slab)
		row.cache_bytes = top_value(d, TOP_BYTES_HELD, sample, cache);
	return row;
}

static void add_row(struct top_frame *f, const struct top_row *row)
{
	f->rows[f->count++] = *row;
	f->active_caches += row->objects != 0;
	f->active_slabs += row->active_slabs;
	f->slabs += row->slabs;
	f->active_objects += row->active_objects;
	f->objects += row->objects;
	f->active_bytes += row->active_objects * row->object_size;
	f->object_bytes += row->objects * row->object_size;
	if (f->count == 1 || row->object_size < f->object_size_min)
		f->object_size_min = row->object_size;
	if (row->object_size > f->object_size_max)
		f->object_size_max = row->object_size;
}

void top_frame_fill(struct top_frame *f, size_t sample, char key)
{
	const struct top_data *d = f->data;

	*f = (struct top_frame){
		.data = d, .sample = sample, .rows = f->rows, .scratch = f->scratch
	};
	for (size_t cache = d->caches; cache-- > 0;) {
		if (!top_value(d, TOP_ALIVE, sample, cache))
			continue;
		const struct top_row row = row_of(d, sample, cache);

		add_row(f, &row);
		f->requested_bytes += top_value(d, TOP_BYTES_REQUESTED, sample, cache);
		f->held_bytes += top_value(d, TOP_BYTES_HELD, sample, cache);
	}
	sort_rows(f, key);
}

static double percent(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 0;
}

static double kib(uint64_t bytes)
{
	return (double)bytes / 1024;
}

static void count_line(const char *name, uint64_t active, uint64_t total, char *text, size_t size)
{
	snprintf(text, size, " %-35s: %" PRIu64 " / %" PRIu64 " (%.1f%%)", name, active, total,
		 percent(active, total));
}

static void bytes_line(const char *name, uint64_t part, uint64_t whole, char *text, size_t size)
{
	snprintf(text, size, " %-35s: %.2fK / %.2fK (%.1f%%)", name, kib(part), kib(whole),
		 percent(part, whole));
}

static void time_line(const struct top_frame *f, char *text, size_t size)
{
	const struct top_data *d = f->data;

	snprintf(text, size, " %-35s: %.6f s / %.6f s (%" PRId64 ")%s", "Time / End (record)",
		 (double)d->time_ns[f->sample] / TOP_SECOND_NS,
		 (double)d->time_ns[d->samples - 1] / TOP_SECOND_NS, d->record[f->sample],
		 d->time_ns[f->sample] >= d->horizon_ns ? " past the horizon" : "");
}

void top_frame_header(const struct top_frame *f, int line, char *text, size_t size)
{
	text[0] = '\0';
	switch (line) {
	case 0:
		time_line(f, text, size);
		break;
	case 1:
		bytes_line("Requested / Held (% used)", f->requested_bytes, f->held_bytes, text,
			   size);
		break;
	case 2:
		count_line("Active / Total Objects (% used)", f->active_objects, f->objects, text,
			   size);
		break;
	case 3:
		count_line("Active / Total Slabs (% used)", f->active_slabs, f->slabs, text, size);
		break;
	case 4:
		count_line("Active / Total Caches (% used)", f->active_caches, f->count, text,
			   size);
		break;
	case 5:
		bytes_line("Active / Total Size (% used)", f->active_bytes, f->object_bytes, text,
			   size);
		break;
	case 6:
		snprintf(text, size, " %-35s: %.2fK / %.2fK / %.2fK",
			 "Minimum / Average / Maximum Object", kib(f->object_size_min),
			 kib(f->objects ? f->object_bytes / f->objects : 0),
			 kib(f->object_size_max));
		break;
	case TOP_HEADER_LINES - 1:
		snprintf(text, size, "%6s %6s %4s %8s %6s %8s %10s %-23s", "OBJS", "ACTIVE", "USE",
			 "OBJ SIZE", "SLABS", "OBJ/SLAB", "CACHE SIZE", "NAME");
		break;
	default:
		break;
	}
}

void top_frame_row(const struct top_frame *f, size_t row, char *text, size_t size)
{
	const struct top_row *r = &f->rows[row];

	snprintf(text, size,
		 "%6" PRIu64 " %6" PRIu64 " %3" PRIu64 "%% %7.2fK %6" PRIu64 " %8" PRIu64
		 " %9" PRIu64 "K %-23s",
		 r->objects, r->active_objects, r->use, kib(r->object_size), r->slabs,
		 r->objects_per_slab, r->cache_bytes / 1024, r->name);
}
