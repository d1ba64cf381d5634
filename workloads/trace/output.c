/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trace/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_direct(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && !S_ISREG(st.st_mode);
}

static int open_temporary(struct output_file *file, const char *path, struct error *err)
{
	if (asprintf(&file->temporary, "%s.tmp.%ld", path, (long)getpid()) < 0) {
		file->temporary = NULL;
		return error_set(err, ERROR_RUN, "%s: out of memory", path);
	}
	file->fd = open(file->temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (file->fd < 0) {
		error_errno(err, path, "cannot create");
		free(file->temporary);
		file->temporary = NULL;
		return -1;
	}
	return 0;
}

static int open_descriptor(struct output_file *file, const char *path, struct error *err)
{
	if (strcmp(path, "-") != 0 && !is_direct(path))
		return open_temporary(file, path, err);
	file->fd = strcmp(path, "-") == 0 ? fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)
					  : open(path, O_WRONLY | O_CLOEXEC);
	return file->fd < 0 ? error_errno(err, file->name, "cannot open for writing") : 0;
}

int output_open(struct output_file *file, const char *path, struct error *err)
{
	*file = (struct output_file){ .fd = -1 };
	file->name = strdup(strcmp(path, "-") == 0 ? "standard output" : path);
	if (!file->name)
		return error_set(err, ERROR_RUN, "%s: out of memory", path);
	if (open_descriptor(file, path, err) != 0) {
		free(file->name);
		file->name = NULL;
		return -1;
	}
	return 0;
}

int output_write(struct output_file *file, const void *bytes, size_t size, struct error *err)
{
	const char *at = bytes;
	while (size > 0) {
		ssize_t written = write(file->fd, at, size);
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return error_errno(err, file->name, "cannot write");
		at += written;
		size -= (size_t)written;
	}
	return 0;
}

static void output_clear(struct output_file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	free(file->name);
	free(file->temporary);
	*file = (struct output_file){ .fd = -1 };
}

static int rename_whole(struct output_file *file, struct error *err)
{
	if (fsync(file->fd) != 0)
		return error_errno(err, file->name, "cannot write");
	if (rename(file->temporary, file->name) != 0)
		return error_errno(err, file->name, "cannot rename the finished file");
	return 0;
}

int output_commit(struct output_file *file, struct error *err)
{
	int result = file->temporary ? rename_whole(file, err) : 0;
	if (result != 0)
		unlink(file->temporary);
	if (close(file->fd) != 0 && result == 0)
		result = error_errno(err, file->name, "cannot write");
	file->fd = -1;
	output_clear(file);
	return result;
}

void output_abandon(struct output_file *file)
{
	if (file->temporary)
		unlink(file->temporary);
	output_clear(file);
}
