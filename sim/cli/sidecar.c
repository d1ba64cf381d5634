/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/sidecar.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include "base/atomic_file.h"

static void print_string(FILE *out, const char *text)
{
	fputc('"', out);
	for (const unsigned char *at = (const unsigned char *)text; *at; at++) {
		if (*at == '"' || *at == '\\')
			fprintf(out, "\\%c", *at);
		else if (*at < 0x20)
			fprintf(out, "\\u%04x", *at);
		else
			fputc(*at, out);
	}
	fputc('"', out);
}

static void print_command(FILE *out, int argc, char **argv)
{
	fputs("  \"command\": [\"slabyard\"", out);
	for (int i = 0; i < argc; i++) {
		fputs(", ", out);
		print_string(out, argv[i]);
	}
	fputs("],\n", out);
}

static void print_member(FILE *out, const char *name, const char *value)
{
	fprintf(out, "  \"%s\": ", name);
	print_string(out, value);
	fputs(",\n", out);
}

static void print_members(FILE *out, const struct slabyard_summary *summary, int argc, char **argv)
{
	struct utsname host;
	char date[64] = "";
	time_t now = time(NULL);
	struct tm utc;
	if (gmtime_r(&now, &utc))
		strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%SZ", &utc);
	fputs("{\n", out);
	print_member(out, "version", slabyard_version());
	print_command(out, argc, argv);
	print_member(out, "date", date);
	if (uname(&host) == 0) {
		print_member(out, "host", host.nodename);
		print_member(out, "kernel", host.release);
	}
	print_member(out, "compiler", __VERSION__);
	fprintf(out, "  \"wall_seconds\": %.6f\n}\n", summary->wall_seconds);
}

int sidecar_write(const struct slabyard_run *run, const struct slabyard_summary *summary, int argc,
		  char **argv, struct error *err)
{
	char *path;
	if (asprintf(&path, "%s.run.json", run->output) < 0)
		return error_set(err, ERROR_RUN, "%s: no memory", run->output);
	struct atomic_file *file = atomic_file_open(path, err);
	free(path);
	if (!file)
		return -1;
	print_members(atomic_file_stream(file), summary, argc, argv);
	return atomic_file_finish(file, err);
}
