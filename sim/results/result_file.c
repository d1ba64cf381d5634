/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "results/result_file.h"

#include <hdf5.h>
#include <stdlib.h>
#include <string.h>

#include "results/hdf5_input.h"
#include "results/hdf5_quiet.h"
#include "results/read_value.h"

struct result_file {
	char *path;
	hid_t file;
	struct hdf5_quiet quiet; /* while the file is open */
};

static int no_memory(const struct result_file *f, struct error *err)
{
	return error_set(err, ERROR_RUN, "%s: no memory to read it", f->path);
}

/* `what` the file's attribute says that it is. */
static int check_format(const struct result_file *f, const char *what, struct error *err)
{
	char *format = read_attribute_text(f->file, "format");
	bool ours = format && !strcmp(format, what);

	free(format);
	return ours ? 0 : error_set(err, ERROR_INPUT, "%s: an HDF5 file, but no %s", f->path, what);
}

static struct result_file *open_format(const char *path, const char *what, struct error *err)
{
	struct result_file *f = calloc(1, sizeof(*f));

	if (!f || !(f->path = strdup(path))) {
		free(f);
		error_set(err, ERROR_RUN, "%s: no memory to read it", path);
		return NULL;
	}
	f->quiet = hdf5_quiet_begin();
	f->file = hdf5_open_to_read(path, err);
	if (f->file >= 0 && check_format(f, what, err) == 0)
		return f;
	result_file_close(f);
	return NULL;
}

struct result_file *result_file_open(const char *path, struct error *err)
{
	return open_format(path, "slabyard result", err);
}

struct result_file *result_file_open_merged(const char *path, struct error *err)
{
	return open_format(path, "slabyard sweep", err);
}

void result_file_close(struct result_file *f)
{
	if (!f)
		return;
	if (f->file >= 0)
		H5Fclose(f->file);
	hdf5_quiet_end(&f->quiet);
	free(f->path);
	free(f);
}

const char *result_file_path(const struct result_file *f)
{
	return f->path;
}

/* Every group on the way must be there before the next may be asked for. */
bool result_file_has(const struct result_file *f, const char *path)
{
	char *part = strdup(path);
	bool there = part != NULL;

	for (char *slash = part ? strchr(part + 1, '/') : NULL; there && slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		there = H5Lexists(f->file, part, H5P_DEFAULT) > 0;
		*slash = '/';
	}
	there = there && H5Lexists(f->file, path, H5P_DEFAULT) > 0;
	free(part);
	return there;
}

bool result_attribute_u64(const struct result_file *f, const char *object, const char *name,
			  uint64_t *value)
{
	hid_t attribute = result_file_has(f, object)
				  ? H5Aopen_by_name(f->file, object, name, H5P_DEFAULT, H5P_DEFAULT)
				  : H5I_INVALID_HID;
	bool read = attribute >= 0 && H5Aread(attribute, H5T_NATIVE_UINT64, value) >= 0;

	if (attribute >= 0)
		H5Aclose(attribute);
	return read;
}

char *result_attribute_text(const struct result_file *f, const char *object, const char *name)
{
	hid_t id = result_file_has(f, object) ? H5Oopen(f->file, object, H5P_DEFAULT)
					      : H5I_INVALID_HID;
	char *text = id < 0 ? NULL : read_attribute_text(id, name);

	if (id >= 0)
		H5Oclose(id);
	return text;
}

/* --- datasets --- */

/* Lengths of the dataset's axes; returns their number, negative when there is no such dataset. */
static int open_dataset(const struct result_file *f, const char *path, hid_t *dataset,
			hsize_t dims[H5S_MAX_RANK])
{
	*dataset =
		result_file_has(f, path) ? H5Dopen2(f->file, path, H5P_DEFAULT) : H5I_INVALID_HID;
	if (*dataset < 0)
		return -1;
	hid_t space = H5Dget_space(*dataset);
	int rank = H5Sget_simple_extent_dims(space, dims, NULL);
	H5Sclose(space);
	return rank;
}

static hid_t text_type(void)
{
	hid_t type = H5Tcopy(H5T_C_S1);

	H5Tset_size(type, H5T_VARIABLE);
	H5Tset_cset(type, H5T_CSET_UTF8);
	return type;
}

/* One member of a compound, of that type in memory. */
static hid_t member_type(const char *column, hid_t type)
{
	hid_t member = H5Tcreate(H5T_COMPOUND, H5Tget_size(type));

	H5Tinsert(member, column, 0, type);
	return member;
}

static bool has_column(hid_t dataset, const char *column)
{
	hid_t type = H5Dget_type(dataset);
	bool there = H5Tget_class(type) == H5T_COMPOUND && H5Tget_member_index(type, column) >= 0;

	H5Tclose(type);
	return there;
}

static int read_column(const struct result_file *f, const char *table, const char *column,
		       hid_t type, void **values, size_t *rows, struct error *err)
{
	hsize_t dims[H5S_MAX_RANK];
	hid_t dataset;
	int rank = open_dataset(f, table, &dataset, dims), result = -1;

	*values = NULL;
	*rows = 0;
	if (rank == 1 && has_column(dataset, column)) {
		hid_t member = member_type(column, type);
		*rows = (size_t)dims[0];
		*values = calloc(*rows + 1, H5Tget_size(type));
		result = !*values ? no_memory(f, err)
			 : H5Dread(dataset, member, H5S_ALL, H5S_ALL, H5P_DEFAULT, *values) < 0
				 ? error_set(err, ERROR_INPUT, "%s: %s is damaged", f->path, table)
				 : 0;
		H5Tclose(member);
	} else {
		error_set(err, ERROR_INPUT, "%s: has no column %s in %s", f->path, column, table);
	}
	if (dataset >= 0)
		H5Dclose(dataset);
	if (result != 0) {
		free(*values);
		*values = NULL;
	}
	return result;
}

int result_column_u64(const struct result_file *f, const char *table, const char *column,
		      uint64_t **values, size_t *rows, struct error *err)
{
	void *read;
	int result = read_column(f, table, column, H5T_NATIVE_UINT64, &read, rows, err);

	*values = read;
	return result;
}

int result_column_i64(const struct result_file *f, const char *table, const char *column,
		      int64_t **values, size_t *rows, struct error *err)
{
	void *read;
	int result = read_column(f, table, column, H5T_NATIVE_INT64, &read, rows, err);

	*values = read;
	return result;
}

/* Texts come from the library's own allocator; an empty one may be NULL. */
static int own_texts(const struct result_file *f, char **values, size_t count, struct error *err)
{
	bool kept = true;

	for (size_t i = 0; i < count; i++) {
		char *copy = strdup(values[i] ? values[i] : "");
		kept = kept && copy;
		if (values[i])
			H5free_memory(values[i]);
		values[i] = copy;
	}
	return kept ? 0 : no_memory(f, err);
}

int result_column_text(const struct result_file *f, const char *table, const char *column,
		       char ***values, size_t *rows, struct error *err)
{
	void *read;
	hid_t type = text_type();
	int result = read_column(f, table, column, type, &read, rows, err);

	H5Tclose(type);
	*values = read;
	return result == 0 ? own_texts(f, *values, *rows, err) : -1;
}

static int read_array(const struct result_file *f, const char *path, hid_t type,
		      struct result_array *array, void **values, struct error *err)
{
	hsize_t dims[H5S_MAX_RANK];
	hid_t dataset;
	int rank = open_dataset(f, path, &dataset, dims), result;
	size_t count = 1;

	*values = NULL;
	if (rank < 0)
		return error_set(err, ERROR_INPUT, "%s: has no %s", f->path, path);
	array->rank = (size_t)rank;
	for (int i = 0; i < rank && i < RESULT_RANK_MAX; i++)
		count *= array->dims[i] = (size_t)dims[i];
	*values = rank <= RESULT_RANK_MAX ? calloc(count + 1, H5Tget_size(type)) : NULL;
	if (!*values)
		result = no_memory(f, err);
	else if (H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, *values) < 0)
		result = error_set(err, ERROR_INPUT, "%s: %s is damaged", f->path, path);
	else
		result = 0;
	H5Dclose(dataset);
	if (result != 0) {
		free(*values);
		*values = NULL;
	}
	return result;
}

int result_array_read(const struct result_file *f, const char *path, struct result_array *array,
		      struct error *err)
{
	void *values;
	int result = read_array(f, path, H5T_NATIVE_INT64, array, &values, err);

	array->values = values;
	return result;
}

int result_texts_read(const struct result_file *f, const char *path, char ***values, size_t *count,
		      struct error *err)
{
	struct result_array shape;
	void *read;
	hid_t type = text_type();
	int result = read_array(f, path, type, &shape, &read, err);

	H5Tclose(type);
	*values = read;
	*count = result == 0 && shape.rank == 1 ? shape.dims[0] : 0;
	if (result == 0)
		result = own_texts(f, *values, *count, err);
	return result;
}

void result_texts_free(char **values, size_t count)
{
	for (size_t i = 0; values && i < count; i++)
		free(values[i]);
	free(values);
}
