/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sweep/points.h"

#include <stdlib.h>
#include <string.h>

#include "base/grow.h"

enum { POINTS_MAX = 10000000 };

static int add_path(struct points *p, const char *path)
{
	for (size_t i = 0; i < p->path_count; i++)
		if (strcmp(p->paths[i], path) == 0)
			return 0;
	const char **grown = grow_array(p->paths, p->path_count, &p->path_capacity, sizeof(*grown));
	if (!grown)
		return -1;
	p->paths = grown;
	grown[p->path_count++] = path;
	return 0;
}

static int add_paths(struct points *p, const struct axes *axes)
{
	for (size_t i = 0; i < axes->count; i++)
		for (size_t k = 0; k < axes->items[i].rows[0].count; k++)
			if (add_path(p, axes->items[i].rows[0].items[k].path) != 0)
				return -1;
	return 0;
}

/* How many settings a combination has. */
static size_t width(const struct axes *axes)
{
	size_t settings = 0;
	for (size_t i = 0; i < axes->count; i++)
		settings += axes->items[i].rows[0].count;
	return settings;
}

/* The combination of that number: the last axis turns fastest. */
static int add_combination(struct points *p, const struct axes *axes, size_t number)
{
	struct settings *grown = grow_array(p->items, p->count, &p->capacity, sizeof(*grown));
	if (!grown)
		return -1;
	p->items = grown;
	size_t count = width(axes), at = count;
	struct setting *settings = calloc(count + 1, sizeof(*settings));
	grown[p->count++] = (struct settings){ settings, count, count + 1 };
	if (!settings)
		return -1;
	for (size_t i = axes->count; i-- > 0;) {
		const struct axis *axis = &axes->items[i];
		const struct settings *row = &axis->rows[number % axis->count];
		number /= axis->count;
		at -= row->count;
		memcpy(&settings[at], row->items, row->count * sizeof(*settings));
	}
	return 0;
}

static int add_combinations(struct points *p, const struct experiment *e, const struct axes *axes,
			    struct error *err)
{
	size_t count = 1;
	for (size_t i = 0; i < axes->count; i++) {
		if (count > POINTS_MAX / axes->items[i].count)
			return error_set(err, ERROR_INPUT,
					 "%s: sweeps over more than %d combinations", e->file,
					 POINTS_MAX);
		count *= axes->items[i].count;
	}
	if (add_paths(p, axes) != 0)
		return experiment_no_memory(e, err);
	for (size_t i = 0; i < count; i++)
		if (add_combination(p, axes, i) != 0)
			return experiment_no_memory(e, err);
	return 0;
}

/* With include alone there is nothing to combine. */
int points_expand(struct points *p, const struct experiment *e, struct error *err)
{
	*p = (struct points){ 0 };
	int status = 0;
	if (e->sweep.count || !e->include_count)
		status = add_combinations(p, e, &e->sweep, err);
	for (size_t i = 0; i < e->include_count && status == 0; i++)
		status = add_combinations(p, e, &e->includes[i], err);
	if (status != 0)
		points_free(p);
	return status;
}

void points_free(struct points *p)
{
	for (size_t i = 0; i < p->count; i++)
		settings_free(&p->items[i]);
	free(p->items);
	free(p->paths);
	*p = (struct points){ 0 };
}
