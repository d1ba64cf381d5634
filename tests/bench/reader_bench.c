/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The trace reader alone: records per second of CPU time, from the page cache into a consumer that
 * touches each record. Beside it stands a scan of the same bytes without any check, which is what
 * the machine's memory and page faults allow. Usage: reader_bench [RECORDS [DIRECTORY]]; prints a
 * table, then one line of JSON.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "generate/generate.h"
#include "trace/syt.h"

enum { RUNS = 7 };

struct measured {
	const char *name;
	double best, median; /* records per second */
};

static double cpu_s(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void die(const char *what, const struct error *err)
{
	fprintf(stderr, "reader_bench: %s: %s\n", what, err->message);
	exit(1);
}

static void write_trace(const char *path, uint64_t records, int level)
{
	struct error err = { 0 };
	struct generate_params params = { 0 };
	struct syt_writer_options options = { .compression_level = level };
	struct batch batch;
	option_defaults(generate_options, &params);
	params.records = records;
	params.cpus = 4;
	struct trace_cursor *cursor = generate_open(&params, &err);
	struct syt_writer *writer = syt_writer_open(path, &options, &err);
	if (!cursor || !writer)
		die(path, &err);
	while (cursor->ops->next(cursor, &batch, &err) == 1)
		if (syt_writer_append(writer, cursor->definitions, &batch, &err) != 0)
			die(path, &err);
	if (syt_writer_finish(writer, cursor->definitions, &err) != 0)
		die(path, &err);
	cursor->ops->close(cursor);
}

/* The consumer; its sum is printed so that it can't be left out. */
static uint64_t consume(const struct record *records, uint64_t count)
{
	uint64_t sum = 0;
	for (uint64_t i = 0; i < count; i++)
		sum += records[i].operation;
	return sum;
}

static uint64_t read_with_reader(const char *path)
{
	struct error err = { 0 };
	struct batch batch;
	uint64_t sum = 0;
	struct trace_cursor *cursor = syt_open(path, &err);
	if (!cursor)
		die(path, &err);
	int result;
	while ((result = cursor->ops->next(cursor, &batch, &err)) == 1)
		sum += consume(batch.records, batch.count);
	if (result != 0)
		die(path, &err);
	cursor->ops->close(cursor);
	return sum;
}

/* What the machine can do: the file's bytes taken for records, with neither checks nor blocks. */
static uint64_t scan(const char *path)
{
	struct stat st;
	int fd = open(path, O_RDONLY);
	if (fd < 0 || fstat(fd, &st) != 0)
		exit(1);
	void *map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED)
		exit(1);
	madvise(map, (size_t)st.st_size, MADV_SEQUENTIAL);
	uint64_t sum = consume(map, (uint64_t)st.st_size / sizeof(struct record));
	munmap(map, (size_t)st.st_size);
	close(fd);
	return sum;
}

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static struct measured measure(const char *name, const char *path, uint64_t records,
			       uint64_t (*run)(const char *path))
{
	double rates[RUNS];
	uint64_t sum = run(path); /* brings the file into the page cache */
	for (unsigned i = 0; i < RUNS; i++) {
		double start = cpu_s();
		sum += run(path);
		rates[i] = (double)records / (cpu_s() - start);
	}
	qsort(rates, RUNS, sizeof(rates[0]), compare_doubles);
	struct measured m = { name, rates[RUNS - 1], rates[RUNS / 2] };
	printf("%-28s %8.1f M/s best %8.1f M/s median   (sum %llu)\n", name, m.best * 1e-6,
	       m.median * 1e-6, (unsigned long long)sum);
	return m;
}

static void print_json(const struct measured *all, size_t count, uint64_t records)
{
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	printf("peak resident %ld KiB\n", usage.ru_maxrss);
	printf("{\"benchmark\": \"reader\", \"records\": %llu, \"rss_kib_max\": %ld",
	       (unsigned long long)records, usage.ru_maxrss);
	for (size_t i = 0; i < count; i++)
		printf(", \"%s\": {\"best\": %.0f, \"median\": %.0f}", all[i].name, all[i].best,
		       all[i].median);
	printf("}\n");
}

int main(int argc, char **argv)
{
	uint64_t records = argc > 1 ? strtoull(argv[1], NULL, 10) : 20000000;
	const char *directory = argc > 2 ? argv[2] : "/tmp";
	char stored[512], packed[512];
	snprintf(stored, sizeof(stored), "%s/reader_bench.%ld.syt", directory, (long)getpid());
	snprintf(packed, sizeof(packed), "%s/reader_bench.%ld.zst.syt", directory, (long)getpid());
	write_trace(stored, records, 0);
	write_trace(packed, records, 1);
	struct measured all[] = {
		measure("reader", stored, records, read_with_reader),
		measure("reader, zstd level 1", packed, records, read_with_reader),
		measure("scan without checks", stored, records, scan),
	};
	print_json(all, sizeof(all) / sizeof(all[0]), records);
	unlink(stored);
	unlink(packed);
	return 0;
}
