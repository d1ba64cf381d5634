/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Attributes: text is variable-length UTF-8, which every reader takes for a string. */
#include "results/hdf5_file.h"

#include <stdlib.h>
#include <string.h>

static int put(struct hdf5_file *file, hid_t object, const char *name, enum result_type type,
	       const void *value, struct error *err)
{
	hid_t attribute = H5Acreate2(object, name, hdf5_file_type(file, type), file->scalar,
				     H5P_DEFAULT, H5P_DEFAULT);
	int result = 0;
	if (attribute < 0 || H5Awrite(attribute, hdf5_memory_type(file, type), value) < 0)
		result = hdf5_failed(file, name, err);
	H5Aclose(attribute);
	return result;
}

int hdf5_put_text(struct hdf5_file *file, hid_t object, const char *name, const char *value,
		  struct error *err)
{
	return put(file, object, name, RESULT_TEXT, &value, err);
}

static int grow(struct hdf5_file *file, struct error *err)
{
	if (file->attribute_count < file->attribute_capacity)
		return 0;
	size_t capacity = file->attribute_capacity ? 2 * file->attribute_capacity : 64;
	void *grown = realloc(file->attributes, capacity * sizeof(file->attributes[0]));
	if (!grown)
		return hdf5_no_memory(file, err);
	file->attributes = grown;
	file->attribute_capacity = capacity;
	return 0;
}

int hdf5_keep_attribute(struct hdf5_file *file, const char *object, const char *name,
			enum result_type type, const void *value, struct error *err)
{
	if (grow(file, err))
		return -1;
	struct hdf5_attribute *a = &file->attributes[file->attribute_count++];
	*a = (struct hdf5_attribute){ .type = type,
				      .object = strdup(object),
				      .name = strdup(name) };
	if (type == RESULT_TEXT)
		a->text = strdup(value);
	else if (type == RESULT_F64)
		a->f64 = *(const double *)value;
	else
		a->u64 = *(const uint64_t *)value;
	if (!a->object || !a->name || (type == RESULT_TEXT && !a->text))
		return hdf5_no_memory(file, err);
	return 0;
}

/* What stands at the path, or a new group. */
static hid_t open_object(struct hdf5_file *file, const char *path, struct error *err)
{
	const char *name;
	hid_t parent = hdf5_parent(file, path, &name, err);
	if (parent < 0 || !*name)
		return parent;
	hid_t object = H5Lexists(parent, name, H5P_DEFAULT) > 0 ? H5Oopen(parent, name, H5P_DEFAULT)
								: hdf5_group(file, path, err);
	H5Gclose(parent);
	return object;
}

int hdf5_write_attributes(struct hdf5_file *file, struct error *err)
{
	int result = 0;
	for (size_t i = 0; i < file->attribute_count && !result;) {
		const char *path = file->attributes[i].object;
		hid_t object = open_object(file, path, err);
		if (object < 0)
			return -1;
		for (; i < file->attribute_count && !result; i++) {
			const struct hdf5_attribute *a = &file->attributes[i];
			if (strcmp(a->object, path))
				break;
			const void *value =
				a->type == RESULT_TEXT ? (const void *)&a->text : &a->u64;
			/* what was said last counts */
			if (H5Aexists(object, a->name) > 0)
				H5Adelete(object, a->name);
			result = put(file, object, a->name, a->type, value, err);
		}
		H5Oclose(object);
	}
	return result;
}

void hdf5_free_attributes(struct hdf5_file *file)
{
	for (size_t i = 0; i < file->attribute_count; i++) {
		free(file->attributes[i].object);
		free(file->attributes[i].name);
		free(file->attributes[i].text);
	}
	free(file->attributes);
}
