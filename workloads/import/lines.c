/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "import/lines.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "import/stream.h"

enum { LINES_BUFFER = 1 << 20, LINES_PEEK = 1 << 16 };

struct lines {
	struct stream *stream;
	char *buffer; /* capacity + 1 bytes: a last line without "\n" is terminated too */
	size_t capacity;
	size_t start, end; /* of the bytes not yet handed out */
	size_t searched;   /* bytes from start on that hold no newline */
	uint64_t number;
	bool ended;
};

struct lines *lines_open(const char *path, struct error *err)
{
	struct lines *l = calloc(1, sizeof(*l));
	if (l) {
		l->capacity = LINES_BUFFER;
		l->buffer = malloc(l->capacity + 1);
	}
	if (!l || !l->buffer) {
		free(l);
		error_set(err, ERROR_RUN, "%s: out of memory", path);
		return NULL;
	}
	l->stream = stream_open(path, err);
	if (!l->stream) {
		lines_close(l);
		return NULL;
	}
	return l;
}

void lines_close(struct lines *l)
{
	if (!l)
		return;
	stream_close(l->stream);
	free(l->buffer);
	free(l);
}

static int lines_grow(struct lines *l, struct error *err)
{
	if (l->capacity >= LINES_LENGTH_MAX)
		return error_at_record(err, lines_name(l), "line", l->number + 1,
				       "is longer than %d MiB: this is no text",
				       LINES_LENGTH_MAX >> 20);
	char *larger = realloc(l->buffer, 2 * l->capacity + 1);
	if (!larger)
		return error_set(err, ERROR_RUN, "%s: out of memory", lines_name(l));
	l->buffer = larger;
	l->capacity *= 2;
	return 0;
}

/* Moves what is left to the front and reads behind it. */
static int lines_fill(struct lines *l, struct error *err)
{
	memmove(l->buffer, l->buffer + l->start, l->end - l->start);
	l->end -= l->start;
	l->start = 0;
	if (l->end == l->capacity && lines_grow(l, err))
		return -1;
	ptrdiff_t got = stream_read(l->stream, l->buffer + l->end, l->capacity - l->end, err);
	if (got < 0)
		return -1;
	l->end += (size_t)got;
	l->ended = got == 0;
	return 0;
}

static int lines_take(struct lines *l, size_t length, size_t consumed, char **line, size_t *out)
{
	*line = l->buffer + l->start;
	if (length && (*line)[length - 1] == '\r')
		length--;
	(*line)[length] = '\0';
	*out = length;
	l->start += consumed;
	l->searched = 0;
	l->number++;
	return 1;
}

int lines_next(struct lines *l, char **line, size_t *length, struct error *err)
{
	for (;;) {
		char *from = l->buffer + l->start + l->searched;
		char *newline = memchr(from, '\n', l->end - l->start - l->searched);
		if (newline) {
			size_t n = (size_t)(newline - (l->buffer + l->start));
			return lines_take(l, n, n + 1, line, length);
		}
		l->searched = l->end - l->start;
		if (l->ended && !l->searched)
			return 0;
		if (l->ended)
			return lines_take(l, l->searched, l->searched, line, length);
		if (lines_fill(l, err))
			return -1;
	}
}

ptrdiff_t lines_peek(struct lines *l, const char **bytes, struct error *err)
{
	while (!l->ended && l->end - l->start < LINES_PEEK) {
		if (lines_fill(l, err))
			return -1;
	}
	*bytes = l->buffer + l->start;
	size_t held = l->end - l->start;
	return (ptrdiff_t)(held < LINES_PEEK ? held : LINES_PEEK);
}

ptrdiff_t lines_read(struct lines *l, void *bytes, size_t size, struct error *err)
{
	if (l->start == l->end && !l->ended && lines_fill(l, err))
		return -1;
	size_t held = l->end - l->start;
	size_t n = held < size ? held : size;
	memcpy(bytes, l->buffer + l->start, n);
	l->start += n;
	return (ptrdiff_t)n;
}

uint64_t lines_number(const struct lines *l)
{
	return l->number;
}

double lines_progress(const struct lines *l)
{
	return stream_progress(l->stream);
}

const char *lines_name(const struct lines *l)
{
	return stream_name(l->stream);
}
