/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "results/hdf5_copy.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/grow.h"

/* A dataset, and its addresses on both sides: they are what a reference to it holds. */
struct pair {
	char *name; /* in the group */
	haddr_t from, to;
};

/*
 * Attributes are reached by their dataset's name: opening a dataset takes several times as long as
 * all else that is done to it here.
 */
struct pairs {
	struct pair *items;
	size_t count, capacity;
	hid_t from, to; /* the groups */
};

static herr_t add_pair(hid_t group, const char *name, const H5O_info_t *info, void *context)
{
	struct pairs *pairs = context;
	H5O_info_t there;
	(void)group;
	if (info->type != H5O_TYPE_DATASET)
		return 0;
	struct pair *grown =
		grow_array(pairs->items, pairs->count, &pairs->capacity, sizeof(*grown));
	if (!grown)
		return -1;
	pairs->items = grown;
	struct pair *pair = &grown[pairs->count++];
	pair->name = strdup(name);
	if (!pair->name ||
	    H5Oget_info_by_name2(pairs->to, name, &there, H5O_INFO_BASIC, H5P_DEFAULT) < 0)
		return -1;
	pair->from = info->addr;
	pair->to = there.addr;
	return 0;
}

static int compare_pairs(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;
	return x->from < y->from ? -1 : x->from > y->from;
}

static int translate(const struct pairs *pairs, void *reference)
{
	struct pair key;
	memcpy(&key.from, reference, sizeof(key.from));
	const struct pair *found =
		bsearch(&key, pairs->items, pairs->count, sizeof(key), compare_pairs);
	if (!found)
		return -1;
	memcpy(reference, &found->to, sizeof(found->to));
	return 0;
}

/* The attribute on both sides, with its type and how many elements it has. */
struct attribute {
	hid_t from, to, object, type, space; /* object: that `to` is of */
	size_t count, size;
	unsigned char *values;
};

static bool attribute_open(struct attribute *a, const struct pairs *pairs, const char *dataset,
			   const char *name)
{
	a->from = H5Aopen_by_name(pairs->from, dataset, name, H5P_DEFAULT, H5P_DEFAULT);
	a->object = H5Oopen(pairs->to, dataset, H5P_DEFAULT);
	a->to = H5Aopen(a->object, name, H5P_DEFAULT);
	a->type = H5Aget_type(a->from);
	a->space = H5Aget_space(a->from);
	a->count = (size_t)H5Sget_simple_extent_npoints(a->space);
	a->size = H5Tget_size(a->type);
	a->values = calloc(a->count + 1, a->size);
	return a->values && H5Aread(a->from, a->type, a->values) >= 0;
}

static void attribute_close(struct attribute *a)
{
	free(a->values);
	H5Sclose(a->space);
	H5Tclose(a->type);
	H5Aclose(a->to);
	H5Oclose(a->object);
	H5Aclose(a->from);
}

/* An element is a list of references, or begins with one. */
static int translate_values(const struct pairs *pairs, struct attribute *a)
{
	bool lists = H5Tget_class(a->type) == H5T_VLEN;
	for (size_t i = 0; i < a->count; i++) {
		unsigned char *element = a->values + i * a->size;
		hvl_t list = { .len = 1, .p = element };
		if (lists)
			memcpy(&list, element, sizeof(list));
		for (size_t k = 0; k < list.len; k++)
			if (translate(pairs, (hobj_ref_t *)list.p + k) != 0)
				return -1;
	}
	return 0;
}

static int copy_references(const struct pairs *pairs, const char *dataset, const char *name)
{
	struct attribute a;
	int status = attribute_open(&a, pairs, dataset, name) ? translate_values(pairs, &a) : -1;
	if (status == 0 && H5Awrite(a.to, a.type, a.values) < 0)
		status = -1;
	if (a.values)
		H5Dvlen_reclaim(a.type, a.space, H5P_DEFAULT, a.values);
	attribute_close(&a);
	return status;
}

/*
 * The two attributes of the HDF5 Dimension Scale specification: a dataset names its scales, a scale
 * the datasets that it is one of. None is both.
 */
static int copy_scales_of(const struct pairs *pairs, const char *dataset)
{
	static const char *const names[] = { "DIMENSION_LIST", "REFERENCE_LIST" };
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (H5Aexists_by_name(pairs->from, dataset, names[i], H5P_DEFAULT) > 0)
			return copy_references(pairs, dataset, names[i]);
	return 0;
}

static int copy_scales(struct pairs *pairs)
{
	if (H5Ovisit2(pairs->from, H5_INDEX_NAME, H5_ITER_NATIVE, add_pair, pairs, H5O_INFO_BASIC) <
	    0)
		return -1;
	qsort(pairs->items, pairs->count, sizeof(*pairs->items), compare_pairs);
	for (size_t i = 0; i < pairs->count; i++)
		if (copy_scales_of(pairs, pairs->items[i].name) != 0)
			return -1;
	return 0;
}

int hdf5_copy_group(hid_t from, hid_t to, const char *name)
{
	if (H5Ocopy(from, name, to, name, H5P_DEFAULT, H5P_DEFAULT) < 0)
		return -1;
	struct pairs pairs = { .from = H5Gopen2(from, name, H5P_DEFAULT),
			       .to = H5Gopen2(to, name, H5P_DEFAULT) };
	int status = pairs.from < 0 || pairs.to < 0 ? -1 : copy_scales(&pairs);
	for (size_t i = 0; i < pairs.count; i++)
		free(pairs.items[i].name);
	free(pairs.items);
	H5Gclose(pairs.to);
	H5Gclose(pairs.from);
	return status;
}
