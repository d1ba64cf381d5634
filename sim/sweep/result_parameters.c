/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sweep/result_parameters.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/grow.h"
#include "results/result_file.h"

/* Where a path stands among the items. */
struct path_place {
	const char *path;
	size_t at;
};

static int compare_places(const void *a, const void *b)
{
	const struct path_place *x = a, *y = b;
	return strcmp(x->path, y->path);
}

static int no_memory(struct error *err)
{
	return error_set(err, ERROR_RUN, "out of memory for the comparison");
}

int result_parameters_create(struct result_parameters *p, size_t results, struct error *err)
{
	*p = (struct result_parameters){ .most = results,
					 .lines = calloc(results + 1, sizeof(*p->lines)),
					 .line_counts =
						 calloc(results + 1, sizeof(*p->line_counts)) };
	return p->lines && p->line_counts ? 0 : no_memory(err);
}

void result_parameters_free(struct result_parameters *p)
{
	while (p->by_path) {
		struct path_place *place = *(struct path_place **)p->by_path;
		tdelete(place, &p->by_path, compare_places);
		free(place);
	}
	for (size_t i = 0; i < p->count; i++)
		free(p->items[i].values);
	for (size_t i = 0; i < p->results; i++)
		result_texts_free(p->lines[i], p->line_counts[i]);
	free(p->items);
	free(p->lines);
	free(p->line_counts);
	*p = (struct result_parameters){ 0 };
}

static struct result_parameter *add_item(struct result_parameters *p, const char *path)
{
	struct result_parameter *grown =
		grow_array(p->items, p->count, &p->capacity, sizeof(*grown));
	struct path_place *place = malloc(sizeof(*place));
	const char **values = calloc(p->most + 1, sizeof(*values));
	if (grown)
		p->items = grown;
	if (place)
		*place = (struct path_place){ path, p->count };
	if (!grown || !place || !values || !tsearch(place, &p->by_path, compare_places)) {
		free(place);
		free(values);
		return NULL;
	}
	grown[p->count] = (struct result_parameter){ path, values };
	return &grown[p->count++];
}

static struct result_parameter *item_of(struct result_parameters *p, const char *path)
{
	const struct path_place key = { .path = path };
	struct path_place *const *found = tfind(&key, &p->by_path, compare_places);
	return found ? &p->items[(*found)->at] : add_item(p, path);
}

/* "PATH: VALUE", cut in two where it stands. */
static int take_line(struct result_parameters *p, char *line)
{
	char *end = strstr(line, ": ");
	if (!end)
		return 0;
	*end = 0;
	struct result_parameter *item = item_of(p, line);
	if (!item)
		return -1;
	if (!item->values[p->results])
		item->values[p->results] = end + 2;
	return 0;
}

int result_parameters_read(struct result_parameters *p, const char *result, struct error *err)
{
	struct result_file *file = result_file_open(result, err);
	size_t at = p->results;
	if (!file)
		return -1;
	int status = result_texts_read(file, "/provenance/parameters_used", &p->lines[at],
				       &p->line_counts[at], err);
	result_file_close(file);
	if (status != 0)
		return -1;
	for (size_t i = 0; i < p->line_counts[at] && status == 0; i++)
		if (take_line(p, p->lines[at][i]) != 0)
			status = no_memory(err);
	p->results++;
	return status;
}

const char *result_parameters_value(const struct result_parameter *parameter, size_t result)
{
	return parameter->values[result] ? parameter->values[result] : "";
}

bool result_parameters_varies(const struct result_parameters *p,
			      const struct result_parameter *parameter)
{
	for (size_t i = 1; i < p->results; i++)
		if (strcmp(result_parameters_value(parameter, i),
			   result_parameters_value(parameter, 0)) != 0)
			return true;
	return false;
}
