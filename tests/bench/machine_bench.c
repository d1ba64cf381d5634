/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whole runs as the command line does them: records a second of the machine on generated traces,
 * its ratio to the reader alone on the same trace, and memory. CPU time, best of several runs: what
 * neighbours on the host do counts as little as may be.
 *
 * Usage: machine_bench FOLDER [RECORDS]. Traces are kept in FOLDER. Prints a table, and for each
 * row a line of JSON into FOLDER/machine_bench.json.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "generate/generate.h"
#include "slabyard.h"
#include "trace/syt.h"

enum { REPEATS = 3, SETTINGS_MAX = 4, PATH_SIZE = 512 };

struct trace_recipe {
	const char *name;
	enum generate_mix mix;
	uint64_t order_max;
	uint64_t live, size_max; /* 0: as generated unless told */
};

static const struct trace_recipe recipes[] = {
	{ "kmalloc", GENERATE_KMALLOC, 0, 0, 0 },
	{ "resident", GENERATE_KMALLOC, 0, 128, 1024 }, /* objects come back while still cached */
	{ "runs", GENERATE_RUNS, 0, 0, 0 },
	{ "caches", GENERATE_CACHE, 0, 0, 0 },
	{ "pages-0", GENERATE_PAGES, 0, 0, 0 },
	{ "pages-mixed", GENERATE_PAGES, 9, 0, 0 },
};

struct measured_run {
	const char *name;
	const char *trace;
	bool writes; /* a result file, sampled as by default */
	const char *settings[SETTINGS_MAX];
};

#define ONE_CPU "machine.cpus=1"

/* The generated traces have one CPU, and so has the machine; two pay for locks that may be waited
 * for. */
static const struct measured_run runs[] = {
	{ "engine, runs", "runs", false, { ONE_CPU, "page.policy=null", "slab.policy=null" } },
	{ "engine, random mix",
	  "kmalloc",
	  false,
	  { ONE_CPU, "page.policy=null", "slab.policy=null" } },
	{ "engine, random pages", "pages-0", false, { ONE_CPU, "page.policy=null" } },
	{ "slub, no results", "kmalloc", false, { ONE_CPU } },
	{ "slub, results", "kmalloc", true, { ONE_CPU } },
	{ "null, resident, results",
	  "resident",
	  true,
	  { ONE_CPU, "page.policy=null", "slab.policy=null" } },
	{ "slub, resident, results", "resident", true, { ONE_CPU } },
	{ "slab, resident, results", "resident", true, { ONE_CPU, "slab.policy=slab" } },
	{ "slob, resident, results", "resident", true, { ONE_CPU, "slab.policy=slob" } },
	{ "slab, results", "kmalloc", true, { ONE_CPU, "slab.policy=slab" } },
	{ "slub, results, 2 CPUs", "kmalloc", true, { "machine.cpus=2" } },
	{ "slub, caches, results", "caches", true, { ONE_CPU } },
	{ "slub, runs, results", "runs", true, { ONE_CPU } },
	{ "buddy, no results", "pages-0", false, { ONE_CPU } },
	{ "buddy, results", "pages-0", true, { ONE_CPU } },
	{ "buddy, mixed orders, results", "pages-mixed", true, { ONE_CPU } },
};

struct bench {
	const char *folder;
	uint64_t records;
	FILE *json;
};

static void die(const char *what, const struct error *err)
{
	fprintf(stderr, "machine_bench: %s: %s\n", what, err->message);
	exit(1);
}

static double cpu_seconds(void)
{
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	       1e-6 * (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static void trace_path(const struct bench *b, const char *name, char path[PATH_SIZE])
{
	snprintf(path, PATH_SIZE, "%s/%s-%llu.syt", b->folder, name,
		 (unsigned long long)b->records);
}

static void write_trace(const struct trace_recipe *recipe, uint64_t records, const char *path)
{
	struct error err = { 0 };
	struct generate_params params = { 0 };
	struct syt_writer_options stored = { 0 };
	struct batch batch;

	option_defaults(generate_options, &params);
	params.mix = (int)recipe->mix;
	params.order_max = recipe->order_max;
	params.records = records;
	if (recipe->live)
		params.live = recipe->live;
	if (recipe->size_max)
		params.size_max = recipe->size_max;
	struct trace_cursor *cursor = generate_open(&params, &err);
	struct syt_writer *writer = syt_writer_open(path, &stored, &err);
	if (!cursor || !writer)
		die(path, &err);
	while (cursor->ops->next(cursor, &batch, &err) == 1)
		if (syt_writer_append(writer, cursor->definitions, &batch, &err) != 0)
			die(path, &err);
	if (syt_writer_finish(writer, cursor->definitions, &err) != 0)
		die(path, &err);
	cursor->ops->close(cursor);
}

/* Records a second of the reader with a consumer that looks at each record. */
static double read_once(const char *path)
{
	struct error err = { 0 };
	struct batch batch;
	volatile uint64_t seen = 0;
	uint64_t records = 0, sum = 0;
	double start = cpu_seconds();
	struct trace_cursor *cursor = syt_open(path, &err);

	while (cursor && cursor->ops->next(cursor, &batch, &err) == 1) {
		for (uint32_t i = 0; i < batch.count; i++)
			sum += batch.records[i].operation;
		records += batch.count;
	}
	seen = sum;
	(void)seen;
	if (!cursor || err.kind != ERROR_NONE)
		die(path, &err);
	cursor->ops->close(cursor);
	return (double)records / (cpu_seconds() - start);
}

static double run_once(const struct bench *b, const struct measured_run *run, const char *path,
		       double *list_steps)
{
	struct error err = { 0 };
	char output[PATH_SIZE];
	snprintf(output, sizeof(output), "%s/machine_bench.h5", b->folder);
	struct slabyard_run request = { .trace = path, .output = run->writes ? output : NULL };
	struct config *config = config_create(slabyard_config_schema(), &err);
	double start = cpu_seconds();

	for (int i = 0; config && i < SETTINGS_MAX && run->settings[i]; i++)
		if (config_set(config, run->settings[i], &err) != 0)
			die(run->name, &err);
	struct slabyard_summary *summary = config ? slabyard_run(config, &request, &err) : NULL;
	if (!summary)
		die(run->name, &err);
	double rate = (double)summary->records / (cpu_seconds() - start);
	*list_steps = (double)summary->list_steps / (double)summary->records;
	slabyard_summary_free(summary);
	config_destroy(config);
	return rate;
}

static void report(const struct bench *b, const struct measured_run *run, double rate,
		   double reader, double list_steps)
{
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	printf("%-30s %8.1f %8.1f %8.2f %8.1f %8.1f\n", run->name, rate * 1e-6, 1e9 / rate,
	       rate / reader, (double)usage.ru_maxrss / 1024, list_steps);
	fprintf(b->json,
		"{\"benchmark\": \"machine\", \"run\": \"%s\", \"trace\": \"%s\", \"records\": "
		"%llu, \"records_per_second\": %.0f, \"reader_records_per_second\": %.0f, "
		"\"ratio\": %.3f, \"rss_kib_max\": %ld, \"list_steps_per_record\": %.3f}\n",
		run->name, run->trace, (unsigned long long)b->records, rate, reader, rate / reader,
		usage.ru_maxrss, list_steps);
	fflush(b->json);
	fflush(stdout);
}

static void measure(const struct bench *b, const struct measured_run *run)
{
	char path[PATH_SIZE];
	double rate = 0, reader = 0, steps = 0;

	trace_path(b, run->trace, path);
	for (int i = 0; i < REPEATS; i++) {
		double read = read_once(path), replayed = run_once(b, run, path, &steps);
		reader = read > reader ? read : reader;
		rate = replayed > rate ? replayed : rate;
	}
	report(b, run, rate, reader, steps);
}

/* What writing the result costs, as a share of the run: pairs of runs that differ in nothing else.
 */
static void measure_results_share(const struct bench *b)
{
	struct measured_run with = { "results", "kmalloc", true, { "slab.policy=slub" } };
	struct measured_run without = { "results", "kmalloc", false, { "slab.policy=slub" } };
	double slow = 0, fast = 0, steps;
	char path[PATH_SIZE];

	trace_path(b, with.trace, path);
	for (int i = 0; i < 2 * REPEATS; i++) {
		double one = run_once(b, &with, path, &steps);
		double other = run_once(b, &without, path, &steps);
		slow = one > slow ? one : slow;
		fast = other > fast ? other : fast;
	}
	double share = 1 - slow / fast;
	printf("results' share of a slub run: %.1f%%\n", 100 * share);
	fprintf(b->json,
		"{\"benchmark\": \"machine\", \"run\": \"results' share\", \"share\": %.4f}\n",
		share);
}

/* In a process of its own, so that its peak memory is its own too. */
static bool measure_apart(const struct bench *b, const struct measured_run *run)
{
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		measure(b, run);
		exit(0);
	}
	return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

static void make_traces(const struct bench *b)
{
	for (size_t i = 0; i < sizeof(recipes) / sizeof(recipes[0]); i++) {
		char path[PATH_SIZE];
		trace_path(b, recipes[i].name, path);
		if (access(path, R_OK) != 0)
			write_trace(&recipes[i], b->records, path);
	}
}

int main(int argc, char **argv)
{
	struct bench b = { .records = 20000000 };
	char json[PATH_SIZE];
	bool good = true;

	if (argc < 2) {
		fprintf(stderr, "usage: machine_bench FOLDER [RECORDS]\n");
		return 2;
	}
	b.folder = argv[1];
	if (argc > 2)
		b.records = strtoull(argv[2], NULL, 10);
	snprintf(json, sizeof(json), "%s/machine_bench.json", b.folder);
	b.json = fopen(json, "w");
	if (!b.json) {
		perror(json);
		return 1;
	}
	make_traces(&b);
	printf("%-30s %8s %8s %8s %8s %8s\n", "", "M rec/s", "ns/rec", "/reader", "MiB", "steps");
	fflush(stdout);
	for (size_t i = 0; i < sizeof(runs) / sizeof(runs[0]); i++)
		good = measure_apart(&b, &runs[i]) && good;
	measure_results_share(&b);
	fclose(b.json);
	return good ? 0 : 1;
}
