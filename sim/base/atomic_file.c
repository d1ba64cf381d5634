/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/atomic_file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct atomic_file {
	char *path;
	char *temporary; /* NULL: written directly */
	FILE *stream;
};

static void release(struct atomic_file *file)
{
	free(file->path);
	free(file->temporary);
	free(file);
}

static int is_direct(const char *path)
{
	struct stat info;
	return strcmp(path, "-") == 0 || (stat(path, &info) == 0 && !S_ISREG(info.st_mode));
}

static FILE *open_direct(const char *path)
{
	if (strcmp(path, "-") != 0)
		return fopen(path, "w");
	int fd = dup(STDOUT_FILENO);
	return fd >= 0 ? fdopen(fd, "w") : NULL;
}

static FILE *open_temporary(struct atomic_file *file)
{
	if (asprintf(&file->temporary, "%s.tmp.%ld", file->path, (long)getpid()) < 0) {
		file->temporary = NULL;
		return NULL;
	}
	return fopen(file->temporary, "w");
}

struct atomic_file *atomic_file_open(const char *path, struct error *err)
{
	struct atomic_file *file = calloc(1, sizeof(*file));
	if (file)
		file->path = strdup(path);
	if (!file || !file->path) {
		free(file);
		error_set(err, ERROR_RUN, "%s: no memory", path);
		return NULL;
	}
	file->stream = is_direct(path) ? open_direct(path) : open_temporary(file);
	if (!file->stream) {
		error_errno(err, path, "cannot write");
		release(file);
		return NULL;
	}
	return file;
}

FILE *atomic_file_stream(struct atomic_file *file)
{
	return file->stream;
}

const char *atomic_file_temporary(const struct atomic_file *file)
{
	return file->temporary;
}

/* The rename itself must survive a power cut. */
static int sync_folder(const char *path)
{
	char *copy = strdup(path);
	int fd = copy ? open(dirname(copy), O_RDONLY | O_DIRECTORY) : -1;
	free(copy);
	if (fd < 0)
		return -1;
	int result = fsync(fd);
	close(fd);
	return result;
}

static int close_stream(struct atomic_file *file)
{
	FILE *stream = file->stream;
	file->stream = NULL;
	int bad = ferror(stream) || fflush(stream) != 0;
	if (!bad && file->temporary)
		bad = fsync(fileno(stream)) != 0;
	int number = errno;
	bad |= fclose(stream) != 0;
	if (bad && number)
		errno = number;
	return bad ? -1 : 0;
}

int atomic_file_finish(struct atomic_file *file, struct error *err)
{
	int result = close_stream(file);
	if (result == 0 && file->temporary) {
		result = rename(file->temporary, file->path);
		if (result == 0)
			result = sync_folder(file->path);
	}
	if (result != 0) {
		error_errno(err, file->path, "cannot write");
		if (file->temporary)
			unlink(file->temporary);
	}
	release(file);
	return result;
}

void atomic_file_abandon(struct atomic_file *file)
{
	fclose(file->stream);
	if (file->temporary)
		unlink(file->temporary);
	release(file);
}
