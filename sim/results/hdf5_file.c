/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The file from its temporary name to its final one, and what went wrong on the way. */
#include "results/hdf5_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "results/hdf5_transfer.h"

enum { FORMAT_VERSION = 1, DEFLATE_DEFAULT = 1 };

struct hdf5_reason {
	int number;
	char text[256];
};

/*
 * Called from the innermost error outwards. The file driver keeps the system's error only inside
 * its description.
 */
static herr_t find_reason(unsigned depth, const H5E_error2_t *error, void *context)
{
	struct hdf5_reason *reason = context;
	if (depth == 0 && error->desc)
		snprintf(reason->text, sizeof(reason->text), "%s", error->desc);
	const char *number = error->desc ? strstr(error->desc, "errno = ") : NULL;
	if (number)
		reason->number = (int)strtol(number + strlen("errno = "), NULL, 10);
	return 0;
}

int hdf5_failed(const struct hdf5_file *file, const char *what, struct error *err)
{
	struct hdf5_reason reason = { .text = "unknown reason" };
	H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, find_reason, &reason);
	/* what the system refuses is refused to the file, whatever came to be written then */
	if (reason.number)
		return error_set(err, ERROR_RUN, "%s: cannot write results: %s", file->path,
				 strerror(reason.number));
	return error_set(err, ERROR_RUN, "%s: cannot write %s: %s", file->path, what, reason.text);
}

int hdf5_no_memory(const struct hdf5_file *file, struct error *err)
{
	return error_set(err, ERROR_RUN, "%s: cannot write results: out of memory", file->path);
}

/*
 * Renaming over a device or a folder would do harm or fail, and only after the run. The temporary
 * file is made first without HDF5, which would hide why it cannot be.
 */
static int make_temporary(const struct hdf5_file *file, struct error *err)
{
	struct stat status;
	if (!stat(file->path, &status) && !S_ISREG(status.st_mode))
		return error_set(err, ERROR_RUN, "%s: cannot write results: not a regular file",
				 file->path);
	int fd = open(file->temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0)
		return error_errno(err, file->path, "cannot write results");
	close(fd);
	return 0;
}

static hid_t file_access(void)
{
	hid_t list = H5Pcreate(H5P_FILE_ACCESS);
	H5Pset_libver_bounds(list, H5F_LIBVER_V110, H5F_LIBVER_V110);
	H5Pset_fclose_degree(list, H5F_CLOSE_STRONG);
	/* Nobody else knows the temporary name, and some network file systems have no locks. */
	H5Pset_file_locking(list, false, true);
	return list;
}

static hid_t object_creation(hid_t class)
{
	hid_t list = H5Pcreate(class);
	H5Pset_obj_track_times(list, false);
	H5Pset_attr_phase_change(list, HDF5_ATTRIBUTES_COMPACT_MAX, 0);
	return list;
}

static int create_file(struct hdf5_file *file, struct error *err)
{
	hid_t access = file_access();
	hid_t create = object_creation(H5P_FILE_CREATE);
	file->file = H5Fcreate(file->temporary, H5F_ACC_TRUNC, create, access);
	int result = file->file < 0 ? hdf5_failed(file, "results", err) : 0;
	H5Pclose(create);
	H5Pclose(access);
	if (result)
		return result;
	file->group_create = object_creation(H5P_GROUP_CREATE);
	file->dataset_create = object_creation(H5P_DATASET_CREATE);
	file->compact_create = H5Pcopy(file->dataset_create);
	H5Pset_layout(file->compact_create, H5D_COMPACT);
	file->transfer = hdf5_transfer(sizeof(uint64_t));
	file->scalar = H5Screate(H5S_SCALAR);
	file->text_type = H5Tcopy(H5T_C_S1);
	H5Tset_size(file->text_type, H5T_VARIABLE);
	H5Tset_cset(file->text_type, H5T_CSET_UTF8);
	return hdf5_scale_types(file) ? hdf5_failed(file, "results", err) : 0;
}

static void file_free(struct hdf5_file *file)
{
	hdf5_free_series(file);
	hdf5_free_tables(file);
	hdf5_free_attributes(file);
	hdf5_quiet_end(&file->quiet);
	free(file->temporary);
	free(file->path);
	free(file);
}

static struct hdf5_file *file_allocate(const char *path, const struct hdf5_params *params)
{
	struct hdf5_file *file = calloc(1, sizeof(*file));
	if (!file)
		return NULL;
	file->file = file->group_create = file->dataset_create = file->compact_create =
		file->transfer = file->scalar = file->text_type = file->scale_list_type =
			file->scale_use_type = H5I_INVALID_HID;
	file->deflate = params ? (unsigned)params->deflate : DEFLATE_DEFAULT;
	file->format = "slabyard result";
	file->quiet = hdf5_quiet_begin();
	file->path = strdup(path);
	if (asprintf(&file->temporary, "%s.partial-%ld", path, (long)getpid()) < 0)
		file->temporary = NULL;
	if (file->path && file->temporary)
		return file;
	file_free(file);
	return NULL;
}

void *hdf5_open(const char *path, const void *params, struct error *err)
{
	/* HDF5 would try once more at exit to write what a full disk refused. */
	H5dont_atexit();
	struct hdf5_file *file = file_allocate(path, params);
	if (!file) {
		error_set(err, ERROR_RUN, "%s: cannot write results: out of memory", path);
		return NULL;
	}
	if (make_temporary(file, err)) {
		file_free(file);
		return NULL;
	}
	if (create_file(file, err)) {
		unlink(file->temporary);
		file_free(file);
		return NULL;
	}
	return file;
}

static int close_file(struct hdf5_file *file, struct error *err)
{
	H5Pclose(file->group_create);
	H5Pclose(file->dataset_create);
	H5Pclose(file->compact_create);
	H5Pclose(file->transfer);
	H5Sclose(file->scalar);
	H5Tclose(file->text_type);
	H5Tclose(file->scale_list_type);
	H5Tclose(file->scale_use_type);
	herr_t flushed = H5Fflush(file->file, H5F_SCOPE_LOCAL);
	int result = flushed < 0 ? hdf5_failed(file, "results", err) : 0;
	if (H5Fclose(file->file) < 0 && !result)
		result = hdf5_failed(file, "results", err);
	return result;
}

static int sync_path(const struct hdf5_file *file, const char *path, int flags, struct error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | flags);
	if (fd < 0)
		return error_errno(err, file->path, "cannot write results");
	int result = fsync(fd) ? error_errno(err, file->path, "cannot write results") : 0;
	close(fd);
	return result;
}

static int sync_folder(const struct hdf5_file *file, struct error *err)
{
	const char *slash = strrchr(file->path, '/');
	if (!slash)
		return sync_path(file, ".", O_DIRECTORY, err);
	size_t length = slash == file->path ? 1 : (size_t)(slash - file->path);
	char *folder = strndup(file->path, length);
	if (!folder)
		return hdf5_no_memory(file, err);
	int result = sync_path(file, folder, O_DIRECTORY, err);
	free(folder);
	return result;
}

/* The status comes last: a file without it was not written whole. */
static int write_contents(struct hdf5_file *file, struct error *err)
{
	const uint64_t version = FORMAT_VERSION;
	if (hdf5_write_series(file, err) || hdf5_write_tables(file, err))
		return -1;
	if (hdf5_keep_attribute(file, "/", "format", RESULT_TEXT, file->format, err) ||
	    hdf5_keep_attribute(file, "/", "format_version", RESULT_U64, &version, err) ||
	    hdf5_keep_attribute(file, "/", "status", RESULT_TEXT, "complete", err))
		return -1;
	return hdf5_write_attributes(file, err);
}

int hdf5_finish(void *sink, struct error *err)
{
	struct hdf5_file *file = sink;
	int result = write_contents(file, err);
	if (close_file(file, result ? NULL : err))
		result = -1;
	if (!result)
		result = sync_path(file, file->temporary, 0, err);
	if (!result && rename(file->temporary, file->path))
		result = error_errno(err, file->path, "cannot write results");
	if (result)
		unlink(file->temporary);
	else
		result = sync_folder(file, err);
	file_free(file);
	return result;
}

void hdf5_abandon(void *sink)
{
	struct hdf5_file *file = sink;
	close_file(file, NULL);
	unlink(file->temporary);
	file_free(file);
}
