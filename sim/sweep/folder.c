/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sweep/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/atomic_file.h"
#include "sweep/content_hash.h"

#define MANIFEST "manifest.jsonl"

enum { MANIFEST_BYTES_MAX = 1 << 30 };

static const char *const places[] = { "configs", "traces", "runs", "logs" };

enum { PLACES = sizeof(places) / sizeof(places[0]) };

static int make_folder(const char *path, struct error *err)
{
	if (mkdir(path, 0777) == 0 || errno == EEXIST)
		return 0;
	return error_errno(err, path, "cannot make the folder");
}

int folder_create(struct folder *folder, const char *path, struct error *err)
{
	char place[FOLDER_FILE_BYTES];
	if (make_folder(path, err) != 0 || folder_open(folder, path, err) != 0)
		return -1;
	for (size_t i = 0; i < PLACES; i++) {
		snprintf(place, sizeof(place), "%s/%s", folder->path, places[i]);
		if (make_folder(place, err) != 0)
			return -1;
	}
	return 0;
}

int folder_open(struct folder *folder, const char *path, struct error *err)
{
	*folder = (struct folder){ .name = path, .lock = -1 };
	char *absolute = realpath(path, NULL);
	if (!absolute)
		return error_set(err, ERROR_INPUT, "%.512s: %s", path, strerror(errno));
	bool fits = strlen(absolute) < sizeof(folder->path);
	if (fits)
		memcpy(folder->path, absolute, strlen(absolute) + 1);
	free(absolute);
	return fits ? 0 : error_set(err, ERROR_INPUT, "%.512s: the name is too long", path);
}

int folder_imagine(struct folder *folder, const char *path, struct error *err)
{
	char here[FOLDER_PATH_BYTES];
	if (access(path, F_OK) == 0)
		return folder_open(folder, path, err);
	*folder = (struct folder){ .name = path, .lock = -1 };
	const char *above = path[0] == '/' ? "" : getcwd(here, sizeof(here));
	int length = snprintf(folder->path, sizeof(folder->path), "%s%s%s", above ? above : "",
			      path[0] == '/' ? "" : "/", path);
	if (above && length > 0 && (size_t)length < sizeof(folder->path))
		return 0;
	return error_set(err, ERROR_INPUT, "%.512s: the name is too long", path);
}

void folder_close(struct folder *folder)
{
	if (folder->lock >= 0)
		close(folder->lock);
	folder->lock = -1;
}

static bool is_own_name(const char *name)
{
	size_t length = strcspn(name, "/");
	for (size_t i = 0; i < PLACES; i++)
		if (name[length] && strncmp(places[i], name, length) == 0 && !places[i][length])
			return true;
	return strcmp(name, "lock") == 0 || fnmatch("manifest*.jsonl", name, FNM_PATHNAME) == 0;
}

bool folder_owns(const char *path, const char *file)
{
	char *folder = realpath(path, NULL), *inside = realpath(file, NULL);
	size_t length = folder ? strlen(folder) : 0;
	bool owns = folder && inside && strncmp(folder, inside, length) == 0 &&
		    inside[length] == '/' && is_own_name(inside + length + 1);
	free(folder);
	free(inside);
	return owns;
}

char *folder_file(const struct folder *folder, const char *place, const char *name,
		  const char *ending, char *buffer, size_t size)
{
	snprintf(buffer, size, "%s/%s/%s.%s", folder->path, place, name, ending);
	return buffer;
}

static char *top_file(const struct folder *folder, const char *name, char *buffer, size_t size)
{
	snprintf(buffer, size, "%s/%s", folder->path, name);
	return buffer;
}

/* The runs of a sweep that was killed a moment ago are still on their way out. */
enum { LOCK_TRIES = 20 };
static const struct timespec lock_pause = { .tv_nsec = 100 * 1000 * 1000 };

/* Not closed on exec: runs hold the lock as long as they live, even when who started them died. */
int folder_lock(struct folder *folder, bool shared, struct error *err)
{
	char path[FOLDER_FILE_BYTES];
	top_file(folder, "lock", path, sizeof(path));
	int fd = open(path, O_RDWR | O_CREAT, 0666);
	if (fd < 0)
		return error_errno(err, path, "cannot lock");
	for (int tries = 0; tries < LOCK_TRIES; tries++) {
		if (flock(fd, (shared ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0) {
			folder->lock = fd;
			return 0;
		}
		if (errno != EWOULDBLOCK)
			break;
		int reason = errno;
		nanosleep(&lock_pause, NULL);
		errno = reason;
	}
	int busy = errno == EWOULDBLOCK;
	if (!busy)
		error_errno(err, path, "cannot lock");
	close(fd);
	if (busy)
		error_set(err, ERROR_INPUT, "%.512s: another sweep is at work there", folder->name);
	return -1;
}

bool folder_is_busy(const struct folder *folder)
{
	char path[FOLDER_FILE_BYTES];
	int fd = open(top_file(folder, "lock", path, sizeof(path)), O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	bool busy = flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
	close(fd);
	return busy;
}

bool folder_has_manifest(const struct folder *folder)
{
	char path[FOLDER_FILE_BYTES];
	return access(top_file(folder, MANIFEST, path, sizeof(path)), F_OK) == 0;
}

/* The file's bytes, malloc'ed, with a 0 behind them; NULL with *err. */
static char *read_file(const char *path, size_t *length, struct error *err)
{
	struct stat st;
	FILE *file = fopen(path, "rb");
	char *text = NULL;
	*length = 0;
	if (file && fstat(fileno(file), &st) == 0 && st.st_size < MANIFEST_BYTES_MAX)
		text = malloc((size_t)st.st_size + 1);
	if (text)
		*length = fread(text, 1, (size_t)st.st_size, file);
	if (!text || ferror(file)) {
		error_set(err, ERROR_INPUT, "%.512s: %s", path, strerror(errno));
		free(text);
		text = NULL;
	} else {
		text[*length] = '\0';
	}
	if (file)
		fclose(file);
	return text;
}

struct manifest *folder_read_manifest(const struct folder *folder, struct error *err)
{
	char path[FOLDER_FILE_BYTES];
	size_t length;
	if (!folder_has_manifest(folder)) {
		bool begun = access(top_file(folder, "lock", path, sizeof(path)), F_OK) == 0;
		error_set(err, ERROR_INPUT,
			  begun ? "%.512s: a sweep was begun here, and has not written down its "
				  "runs (no " MANIFEST "): its traces are being read, or one of "
				  "them could not be: sweep the experiment again"
				: "%.512s: holds no sweep (no " MANIFEST ")",
			  folder->name);
		return NULL;
	}
	char *text = read_file(top_file(folder, MANIFEST, path, sizeof(path)), &length, err);
	if (!text)
		return NULL;
	snprintf(path, sizeof(path), "%.2048s/" MANIFEST, folder->name);
	struct manifest *manifest = manifest_parse(path, text, length, err);
	free(text);
	return manifest;
}

static int write_text(const char *path, const char *text, size_t length, struct error *err)
{
	struct atomic_file *file = atomic_file_open(path, err);
	if (!file)
		return -1;
	fwrite(text, 1, length, atomic_file_stream(file));
	return atomic_file_finish(file, err);
}

/* Keeps the manifest that stands there under a name of its own. */
static int set_aside(const struct folder *folder, const char *path, struct error *err)
{
	char aside[FOLDER_FILE_BYTES], name[64];
	struct content_hash *hash = content_hash_create();
	int status = hash ? content_hash_file(hash, path, err)
			  : error_set(err, ERROR_RUN, "out of memory");
	if (status == 0) {
		snprintf(name, sizeof(name), "manifest-%016llx.jsonl",
			 (unsigned long long)content_hash_value(hash));
		if (rename(path, top_file(folder, name, aside, sizeof(aside))) != 0)
			status = error_errno(err, path, "cannot be renamed");
	}
	content_hash_destroy(hash);
	return status;
}

int folder_write_manifest(const struct folder *folder, const struct manifest *manifest,
			  bool *changed, struct error *err)
{
	char path[FOLDER_FILE_BYTES];
	size_t length, old_length = 0;
	char *text = manifest_text(manifest, &length), *old = NULL;
	int status = 0;
	*changed = false;
	top_file(folder, MANIFEST, path, sizeof(path));
	if (!text)
		return error_set(err, ERROR_RUN, "%.512s: out of memory", path);
	if (folder_has_manifest(folder)) {
		old = read_file(path, &old_length, err);
		*changed = old && (old_length != length || memcmp(old, text, length) != 0);
		status = !old ? -1 : *changed ? set_aside(folder, path, err) : 0;
	}
	if (status == 0 && (!old || *changed))
		status = write_text(path, text, length, err);
	free(old);
	free(text);
	return status;
}

char *folder_failure(const struct folder *folder, const struct manifest_run *run, char *buffer,
		     size_t size)
{
	char path[FOLDER_FILE_BYTES];
	folder_file(folder, "runs", run->hash, "failed", path, sizeof(path));
	FILE *file = fopen(path, "r");
	if (!file || !fgets(buffer, (int)size, file))
		buffer[0] = '\0';
	if (file)
		fclose(file);
	buffer[strcspn(buffer, "\n")] = '\0';
	return buffer;
}

int folder_note_failure(const struct folder *folder, const struct manifest_run *run,
			const char *why, struct error *err)
{
	char path[FOLDER_FILE_BYTES];
	folder_file(folder, "runs", run->hash, "failed", path, sizeof(path));
	struct atomic_file *file = atomic_file_open(path, err);
	if (!file)
		return -1;
	fprintf(atomic_file_stream(file), "%s\n", why);
	return atomic_file_finish(file, err);
}

void folder_forget_failure(const struct folder *folder, const struct manifest_run *run)
{
	char path[FOLDER_FILE_BYTES];
	unlink(folder_file(folder, "runs", run->hash, "failed", path, sizeof(path)));
}
