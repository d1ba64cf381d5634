/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void append_v(struct error *err, const char *format, va_list args)
{
	size_t used = strlen(err->message);
	vsnprintf(err->message + used, sizeof(err->message) - used, format, args);
}

__attribute__((format(printf, 2, 3))) static void append(struct error *err, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	append_v(err, format, args);
	va_end(args);
}

static void begin(struct error *err, enum error_kind kind)
{
	err->kind = kind;
	err->message[0] = '\0';
}

int error_set(struct error *err, enum error_kind kind, const char *format, ...)
{
	if (!err)
		return -1;
	va_list args;
	begin(err, kind);
	va_start(args, format);
	append_v(err, format, args);
	va_end(args);
	return -1;
}

int error_at(struct error *err, const char *file, unsigned long line, unsigned long column,
	     const char *path, const char *format, ...)
{
	if (!err)
		return -1;
	va_list args;
	begin(err, ERROR_INPUT);
	append(err, "%s:%lu:", file, line);
	if (column)
		append(err, "%lu:", column);
	append(err, " ");
	if (path)
		append(err, "%s: ", path);
	va_start(args, format);
	append_v(err, format, args);
	va_end(args);
	return -1;
}

int error_at_record(struct error *err, const char *file, const char *unit, uint64_t number,
		    const char *format, ...)
{
	if (!err)
		return -1;
	va_list args;
	begin(err, ERROR_INPUT);
	append(err, "%s: %s %llu: ", file, unit, (unsigned long long)number);
	va_start(args, format);
	append_v(err, format, args);
	va_end(args);
	return -1;
}

int error_errno(struct error *err, const char *file, const char *format, ...)
{
	int number = errno;
	if (!err)
		return -1;
	va_list args;
	begin(err, ERROR_RUN);
	append(err, "%s: ", file);
	va_start(args, format);
	append_v(err, format, args);
	va_end(args);
	append(err, ": %s", strerror(number));
	return -1;
}
