/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "import/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

enum { STREAM_INPUT_SIZE = 1 << 18 };

enum stream_coding { CODING_PLAIN, CODING_ZSTD, CODING_GZIP };

struct stream {
	char *name;
	int fd;
	enum stream_coding coding;
	uint64_t file_size; /* 0: not a regular file */
	uint64_t consumed;
	ZSTD_DStream *zstd;
	z_stream zlib;
	bool zlib_ready;
	bool in_frame; /* the compressed data so far ends inside a frame or member */
	bool ended;
	size_t start, end; /* of the bytes read and not yet decoded */
	unsigned char input[STREAM_INPUT_SIZE];
};

/* A folder opens like a file and fails here: the wrong name, not a failing disk. */
static int stream_cannot_read(const struct stream *s, struct error *err)
{
	bool folder = errno == EISDIR;
	error_errno(err, s->name, "cannot read");
	if (folder && err)
		err->kind = ERROR_INPUT;
	return -1;
}

static ptrdiff_t stream_fill(struct stream *s, struct error *err)
{
	if (s->start == s->end)
		s->start = s->end = 0;
	ptrdiff_t got = read(s->fd, s->input + s->end, sizeof(s->input) - s->end);
	if (got < 0)
		return stream_cannot_read(s, err);
	s->end += (size_t)got;
	s->consumed += (uint64_t)got;
	s->ended = got == 0;
	return got;
}

static bool starts_with(const struct stream *s, const char *magic, size_t length)
{
	return s->end - s->start >= length && memcmp(s->input + s->start, magic, length) == 0;
}

/* Reads until the four bytes that tell the coding are there, as a pipe may give them singly. */
static int stream_recognise(struct stream *s, struct error *err)
{
	while (s->end < 4 && !s->ended) {
		if (stream_fill(s, err) < 0)
			return -1;
	}
	if (starts_with(s, "\x28\xb5\x2f\xfd", 4)) {
		s->coding = CODING_ZSTD;
		s->zstd = ZSTD_createDStream();
		if (!s->zstd)
			return error_set(err, ERROR_RUN, "%s: out of memory", s->name);
	} else if (starts_with(s, "\x1f\x8b", 2)) {
		s->coding = CODING_GZIP;
		if (inflateInit2(&s->zlib, 15 + 16) != Z_OK)
			return error_set(err, ERROR_RUN, "%s: out of memory", s->name);
		s->zlib_ready = true;
	}
	return 0;
}

struct stream *stream_open(const char *path, struct error *err)
{
	bool standard_input = strcmp(path, "-") == 0;
	struct stream *s = calloc(1, sizeof(*s));
	if (s)
		s->name = strdup(standard_input ? "standard input" : path);
	if (!s || !s->name) {
		free(s);
		error_set(err, ERROR_RUN, "%s: out of memory", path);
		return NULL;
	}
	s->fd = standard_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	if (s->fd < 0) {
		/* A name that leads nowhere is the user's mistake, not a failed run. */
		error_errno(err, path, "cannot open");
		if (err)
			err->kind = ERROR_INPUT;
		stream_close(s);
		return NULL;
	}
	struct stat status;
	if (fstat(s->fd, &status) == 0 && S_ISREG(status.st_mode))
		s->file_size = (uint64_t)status.st_size;
	if (stream_recognise(s, err)) {
		stream_close(s);
		return NULL;
	}
	return s;
}

void stream_close(struct stream *s)
{
	if (!s)
		return;
	if (s->fd > STDIN_FILENO)
		close(s->fd);
	if (s->zlib_ready)
		inflateEnd(&s->zlib);
	ZSTD_freeDStream(s->zstd);
	free(s->name);
	free(s);
}

static ptrdiff_t read_plain(struct stream *s, char *buffer, size_t size, struct error *err)
{
	size_t held = s->end - s->start;
	if (held) {
		size_t n = held < size ? held : size;
		memcpy(buffer, s->input + s->start, n);
		s->start += n;
		return (ptrdiff_t)n;
	}
	ptrdiff_t got = read(s->fd, buffer, size);
	if (got < 0)
		return error_errno(err, s->name, "cannot read");
	s->consumed += (uint64_t)got;
	return got;
}

static void no_memory(const struct stream *s, struct error *err)
{
	error_set(err, ERROR_RUN, "%s: out of memory", s->name);
}

static size_t decode_zstd(struct stream *s, char *buffer, size_t size, struct error *err, bool *bad)
{
	ZSTD_inBuffer in = { s->input + s->start, s->end - s->start, 0 };
	ZSTD_outBuffer out = { buffer, size, 0 };
	size_t result = ZSTD_decompressStream(s->zstd, &out, &in);
	s->start += in.pos;
	s->in_frame = result != 0;
	*bad = ZSTD_isError(result);
	if (ZSTD_getErrorCode(result) == ZSTD_error_memory_allocation)
		no_memory(s, err);
	else if (*bad)
		error_set(err, ERROR_INPUT, "%s: damaged zstd data: %s", s->name,
			  ZSTD_getErrorName(result));
	return out.pos;
}

static size_t decode_gzip(struct stream *s, char *buffer, size_t size, struct error *err, bool *bad)
{
	unsigned available = (unsigned)(s->end - s->start);
	unsigned room = size > 1u << 30 ? 1u << 30 : (unsigned)size;
	s->zlib.next_in = s->input + s->start;
	s->zlib.avail_in = available;
	s->zlib.next_out = (unsigned char *)buffer;
	s->zlib.avail_out = room;
	int result = inflate(&s->zlib, Z_NO_FLUSH);
	s->start += available - s->zlib.avail_in;
	s->in_frame = result != Z_STREAM_END;
	*bad = result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR;
	if (result == Z_MEM_ERROR)
		no_memory(s, err);
	else if (*bad)
		error_set(err, ERROR_INPUT, "%s: damaged gzip data: %s", s->name,
			  s->zlib.msg ? s->zlib.msg : "unexpected data");
	/* Several members may follow one another, as `cat a.gz b.gz` makes them. */
	if (result == Z_STREAM_END)
		inflateReset(&s->zlib);
	return room - s->zlib.avail_out;
}

ptrdiff_t stream_read(struct stream *s, char *buffer, size_t size, struct error *err)
{
	if (s->coding == CODING_PLAIN)
		return read_plain(s, buffer, size, err);
	for (;;) {
		if (s->start < s->end || s->in_frame) {
			bool bad;
			size_t got = s->coding == CODING_ZSTD
					     ? decode_zstd(s, buffer, size, err, &bad)
					     : decode_gzip(s, buffer, size, err, &bad);
			if (bad)
				return -1;
			if (got)
				return (ptrdiff_t)got;
			if (s->start < s->end)
				continue;
		}
		if (!s->ended && stream_fill(s, err) < 0)
			return -1;
		if (s->ended && s->in_frame)
			return error_set(err, ERROR_INPUT, "%s: compressed data is cut short",
					 s->name);
		if (s->ended)
			return 0;
	}
}

double stream_progress(const struct stream *s)
{
	if (!s->file_size)
		return -1;
	double done = (double)(s->consumed - (s->end - s->start)) / (double)s->file_size;
	return done > 1 ? 1 : done;
}

const char *stream_name(const struct stream *s)
{
	return s->name;
}
