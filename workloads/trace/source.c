/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trace/source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	SOURCE_WINDOW = 8 << 20, /* of the map, resident at a time */
	SOURCE_AHEAD = 2 << 20,  /* of the map, asked of the host at a time */
	SOURCE_ALIGNMENT = 64,
};

/* 0: mapped, 1: it can't be. */
static int source_map(struct source *s)
{
	struct stat st;
	if (fstat(s->fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size <= 0 ||
	    lseek(s->fd, 0, SEEK_CUR) != 0)
		return 1;
	void *map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, s->fd, 0);
	if (map == MAP_FAILED)
		return 1;
	madvise(map, (size_t)st.st_size, MADV_SEQUENTIAL);
	close(s->fd);
	s->fd = -1;
	s->map = map;
	s->size = (uint64_t)st.st_size;
	return 0;
}

int source_open(struct source *source, int fd, const char *name, struct error *err)
{
	*source = (struct source){ .name = name, .fd = fd };
	if (source_map(source) == 0)
		return 0;
	source->buffer = aligned_alloc(SOURCE_ALIGNMENT, SOURCE_TAKE_MAX);
	if (source->buffer)
		return 0;
	source_close(source);
	return error_set(err, ERROR_RUN, "%s: out of memory", name);
}

void source_close(struct source *source)
{
	if (source->map)
		munmap((void *)(uintptr_t)source->map, source->size);
	if (source->fd >= 0)
		close(source->fd);
	free(source->buffer);
	*source = (struct source){ .fd = -1 };
}

/* What was handed out before this take is given back a window at a time. */
static void release_behind(struct source *s)
{
	if (s->position - s->released < SOURCE_WINDOW)
		return;
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t end = s->position / page * page;
	madvise((void *)(uintptr_t)(s->map + s->released), end - s->released, MADV_DONTNEED);
	s->released = end;
}

/*
 * Has the host map what comes next in large pieces: one call costs less than the faults that it
 * saves, and what is mapped can be fetched early. A host that refuses leaves it to the faults.
 */
static void populate_ahead(struct source *s, size_t bytes)
{
	while (s->populated < s->size && s->populated < s->position + bytes + SOURCE_TAKE_MAX) {
		uint64_t left = s->size - s->populated;
		uint64_t piece = left < SOURCE_AHEAD ? left : SOURCE_AHEAD;

		madvise((void *)(uintptr_t)(s->map + s->populated), piece, MADV_POPULATE_READ);
		s->populated += piece;
	}
}

static void take_mapped(struct source *s, size_t bytes, const void **data, size_t *got)
{
	release_behind(s);
	populate_ahead(s, bytes);
	uint64_t left = s->size - s->position;
	*got = bytes < left ? bytes : (size_t)left;
	*data = s->map + s->position;
	s->position += *got;
}

static int take_read(struct source *s, size_t bytes, const void **data, size_t *got,
		     struct error *err)
{
	size_t have = 0;
	while (have < bytes) {
		ssize_t n = read(s->fd, s->buffer + have, bytes - have);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_errno(err, s->name, "cannot read");
		if (n == 0)
			break;
		have += (size_t)n;
	}
	s->position += have;
	*data = s->buffer;
	*got = have;
	return 0;
}

int source_take(struct source *source, size_t bytes, const void **data, size_t *got,
		struct error *err)
{
	if (!source->map)
		return take_read(source, bytes, data, got, err);
	take_mapped(source, bytes, data, got);
	return 0;
}

const uint8_t *source_ahead(const struct source *source, size_t bytes)
{
	return source->map && source->size - source->position >= bytes
		       ? source->map + source->position
		       : NULL;
}

const void *source_tail(const struct source *source, size_t bytes)
{
	return source->map && source->size >= bytes ? source->map + source->size - bytes : NULL;
}

double source_progress(const struct source *source)
{
	return source->map ? (double)source->position / (double)source->size : -1;
}
