/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Text import alone: events per second of CPU time and peak memory, from the page cache into
 * records that nobody looks at. A bundled recording is repeated until it has LINES lines, plain and
 * zstd-compressed. Usage: import_bench [LINES [DIRECTORY]]; prints a table, then one line of JSON.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#include <zstd.h>

#include "import/import.h"
#include "import/lines.h"

enum { RUNS = 5, PATH_SIZE = 512 };

#define RECORDING SLABYARD_SOURCE_DIR "/workloads/samples/user-sh-slub/trace.txt.zst"

struct measured {
	const char *name;
	double best; /* events per second */
	uint64_t events;
	double bytes_per_line;
};

static double cpu_s(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void die(const char *what, const struct error *err)
{
	fprintf(stderr, "import_bench: %s: %s\n", what, err->message);
	exit(1);
}

static uint64_t copy_recording(FILE *out, uint64_t lines_left)
{
	struct error err = { 0 };
	struct lines *lines = lines_open(RECORDING, &err);
	uint64_t copied = 0;
	char *line;
	size_t length;
	if (!lines)
		die(RECORDING, &err);
	while (copied < lines_left && lines_next(lines, &line, &length, &err) == 1) {
		fprintf(out, "%s\n", line);
		copied++;
	}
	lines_close(lines);
	return copied;
}

static uint64_t write_plain(const char *path, uint64_t lines)
{
	FILE *out = fopen(path, "w");
	struct error err = { 0 };
	if (!out) {
		error_errno(&err, path, "cannot write");
		die("input", &err);
	}
	for (uint64_t done = 0; done < lines;)
		done += copy_recording(out, lines - done);
	uint64_t bytes = (uint64_t)ftell(out);
	fclose(out);
	return bytes;
}

static void write_zstd(const char *plain, const char *packed, size_t bytes)
{
	char *text = malloc(bytes);
	size_t room = ZSTD_compressBound(bytes);
	char *to = malloc(room);
	FILE *in = fopen(plain, "r"), *out = fopen(packed, "w");
	if (!text || !to || !in || !out || fread(text, 1, bytes, in) != bytes)
		exit(1);
	fwrite(to, 1, ZSTD_compress(to, room, text, bytes, 3), out);
	fclose(in);
	fclose(out);
	free(text);
	free(to);
}

static uint64_t import_all(const char *path)
{
	struct error err = { 0 };
	struct batch batch;
	struct import_report report;
	struct trace_cursor *cursor = import_open(path, NULL, &report, &err);
	int more = cursor ? 1 : -1;
	while (more == 1)
		more = cursor->ops->next(cursor, &batch, &err);
	if (more < 0)
		die(path, &err);
	uint64_t events = report.events;
	cursor->ops->close(cursor);
	return events;
}

static struct measured measure(const char *name, const char *path, double bytes_per_line)
{
	struct measured m = { .name = name, .bytes_per_line = bytes_per_line };
	for (int run = 0; run < RUNS; run++) {
		double start = cpu_s();
		m.events = import_all(path);
		double rate = (double)m.events / (cpu_s() - start);
		m.best = rate > m.best ? rate : m.best;
	}
	return m;
}

static long peak_kib(void)
{
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss;
}

static void print(const struct measured *m, size_t count, long peak)
{
	printf("%-8s %12s %14s %12s\n", "input", "events", "M events/s", "bytes/line");
	for (size_t i = 0; i < count; i++)
		printf("%-8s %12llu %14.2f %12.1f\n", m[i].name, (unsigned long long)m[i].events,
		       m[i].best * 1e-6, m[i].bytes_per_line);
	printf("peak memory %ld KiB\n{\"bench\":\"import\"", peak);
	for (size_t i = 0; i < count; i++)
		printf(",\"%s_events_per_s\":%.0f", m[i].name, m[i].best);
	printf(",\"peak_kib\":%ld}\n", peak);
}

int main(int argc, char **argv)
{
	uint64_t lines = argc > 1 ? strtoull(argv[1], NULL, 10) : 2000000;
	const char *directory = argc > 2 ? argv[2] : "/tmp";
	char plain[PATH_SIZE], packed[PATH_SIZE];
	struct measured results[2];
	snprintf(plain, sizeof(plain), "%s/import_bench.%d.txt", directory, (int)getpid());
	snprintf(packed, sizeof(packed), "%s/import_bench.%d.txt.zst", directory, (int)getpid());
	uint64_t bytes = write_plain(plain, lines);
	double bytes_per_line = (double)bytes / (double)lines;
	results[0] = measure("plain", plain, bytes_per_line);
	long peak = peak_kib(); /* before the whole text is held to be compressed */
	write_zstd(plain, packed, bytes);
	results[1] = measure("zstd", packed, bytes_per_line);
	unlink(plain);
	unlink(packed);
	print(results, 2, peak);
	return 0;
}
