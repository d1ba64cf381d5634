/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Traces that are well formed and mean nothing: any operation with any id, size, address and flag.
 * Whatever they say, a run ends with a summary or with a message, never with a crash.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/rng.h"
#include "core/gfp.h"
#include "core/operation.h"
#include "slabyard.h"
#include "trace/syt.h"

enum { RECORDS = 3000, IDS = 40, TASKS = 5, CACHES = 6, ORIGINS = 60, TRACES = 100 };

static const uint64_t page_offset = 0xffff888000000000;

static uint32_t pick_u32(struct rng *rng)
{
	static const uint32_t odd[] = { 0,    1,    2,     3,       9,         10,        11,
					31,   32,   64,    255,     256,       257,       4096,
					8192, 8193, 65536, 1 << 22, INT32_MAX, UINT32_MAX };
	uint32_t small = (uint32_t)rng_below(rng, 12);
	return rng_below(rng, 2) ? small : odd[rng_below(rng, sizeof(odd) / sizeof(odd[0]))];
}

static uint64_t pick_address(struct rng *rng)
{
	switch (rng_below(rng, 5)) {
	case 0:
		return pick_u32(rng);
	case 1:
		return rng_below(rng, 1 << 15);
	case 2:
		return page_offset + 8 * rng_below(rng, 1 << 20);
	case 3:
		return UINT64_MAX - rng_below(rng, 3);
	default:
		return (uint64_t)rng_u32(rng) << 32 | rng_u32(rng);
	}
}

static void define(struct definition_table *table, struct rng *rng)
{
	char name[32];
	bool odd = rng_below(rng, 4) == 0;
	for (uint32_t i = 0; i < TASKS; i++)
		definition_add_task(table, &(struct task_def){ .tid = i, .comm = "t" }, NULL);
	for (uint32_t i = 0; i < CACHES; i++) {
		snprintf(name, sizeof(name), "cache-%u", (unsigned)rng_below(rng, 4));
		definition_add_cache(
			table,
			&(struct cache_def){ .name = name,
					     .object_size = odd ? pick_u32(rng) : 8 + 40 * i,
					     .size = pick_u32(rng),
					     .align = odd ? pick_u32(rng) : 1u << i,
					     .flags = rng_u32(rng),
					     .useroffset = pick_u32(rng),
					     .constructor = rng_below(rng, 2),
					     .complete = rng_below(rng, 2) },
			NULL);
	}
	for (uint32_t i = 0; i < ORIGINS; i++)
		definition_add_origin(
			table,
			&(struct origin_def){ .call_site = "f+0x1",
					      .cache = { (uint32_t)rng_below(rng, CACHES) },
					      .gfp = rng_u32(rng) & rng_u32(rng),
					      .bytes_alloc = pick_u32(rng),
					      .align = pick_u32(rng),
					      .node = (int16_t)pick_u32(rng),
					      .order = (uint8_t)pick_u32(rng),
					      .migratetype = (uint8_t)pick_u32(rng) },
			NULL);
	for (unsigned space = SPACE_NONE + 1; space < SPACE_COUNT; space++)
		definition_raise_id_max(table, space, IDS);
	if (rng_below(rng, 2))
		definition_set_meta(table, "page_offset", "ffff888000000000", NULL);
}

static struct record pick_record(struct rng *rng)
{
	static const uint8_t replayed[] = { OP_KMALLOC,          OP_KFREE,
					    OP_KMEM_CACHE_ALLOC, OP_KMEM_CACHE_FREE,
					    OP_MM_PAGE_ALLOC,    OP_MM_PAGE_FREE };
	static const uint8_t of_processes[] = {
		OP_MALLOC, OP_CALLOC, OP_REALLOC, OP_MEMALIGN, OP_FREE, OP_FREE,     OP_PAGE_WRITE,
		OP_FORK,   OP_MMAP,   OP_MUNMAP,  OP_BRK,      OP_EXIT, OP_MLOCKALL, OP_THREAD_EXIT
	};
	bool any = rng_below(rng, 4) == 0;
	uint8_t operation = any ? (uint8_t)(1 + rng_below(rng, OPERATION_COUNT - 1))
				: replayed[rng_below(rng, sizeof(replayed))];
	if (rng_below(rng, 3) == 0)
		operation = of_processes[rng_below(rng, sizeof(of_processes))];
	if (operation == OP_PROCESS_START && rng_below(rng, 50))
		operation = OP_THREAD_START;
	return (struct record){
		.operation = operation,
		.flags = rng_below(rng, 2) ? 0
					   : (uint8_t)(rng_u32(rng) & ~(unsigned)RECORD_EXTENDED),
		.cpu_detail = (uint16_t)(rng_below(rng, 2) ? rng_below(rng, 4) : rng_u32(rng)),
		.task = (uint32_t)rng_below(rng, TASKS),
		.origin = (uint32_t)(1 + rng_below(rng, ORIGINS)),
		.id = (uint32_t)rng_below(rng, IDS + 1),
		.size = pick_u32(rng),
		.address = pick_address(rng),
	};
}

/* An extension's words mean nothing by themselves: no table has to hold them. */
static uint32_t pick_records(struct rng *rng, struct record *records)
{
	uint32_t time = 0, count = 0;
	while (count + 2 < RECORDS) {
		struct record *r = &records[count++];
		*r = pick_record(rng);
		time += (uint32_t)rng_below(rng, rng_below(rng, 50) ? 500 : 1 << 22);
		r->time = time;
		if (rng_below(rng, 20))
			continue;
		r->flags = (uint8_t)(r->flags | RECORD_EXTENDED);
		records[count++] = (struct record){ .operation = OP_EXTENSION,
						    .time = time,
						    .cpu_detail = UINT16_MAX,
						    .task = rng_u32(rng),
						    .origin = rng_u32(rng),
						    .id = rng_u32(rng),
						    .size = rng_u32(rng),
						    .address = pick_address(rng) };
	}
	return count;
}

static void write_trace(const char *path, struct rng *rng)
{
	static struct record records[RECORDS];
	struct error err = { 0 };
	struct definition_table *table = definition_table_create();
	define(table, rng);
	const struct syt_writer_options options = { 0 };
	struct syt_writer *writer = syt_writer_open(path, &options, &err);
	struct batch batch = { .records = records, .base_ns = rng_u32(rng) };
	batch.count = pick_records(rng, records);
	if (!writer || syt_writer_append(writer, definition_table_view(table), &batch, &err) != 0 ||
	    syt_writer_finish(writer, definition_table_view(table), &err) != 0)
		fail_msg("%s", err.message);
	definition_table_destroy(table);
}

static struct config *pick_config(struct rng *rng)
{
	static const char *const settings[] = {
		"machine.cpus=1",          "machine.cpus=7",
		"page.policy=null",        "slab.policy=null",
		"machine.memory=1GiB",     "machine.pageblock_order=10",
		"slab.slub.merge=false",   "slab.slub.cpu_partial=false",
		"slab.slub.rcu_delay=1ns", "sample.every_time=10us",
		"sample.keep=7",           "slab.slub.min_objects=4",
		"libc.policy=bump",        "trim.policy=decay",
		"trim.decay.time=1us",     "process.mlockall=true",
		"libc.policy=null",        "libc.ptmalloc.M_MMAP_THRESHOLD=0",
	};
	struct error err = { 0 };
	struct config *config = config_create(slabyard_config_schema(), &err);
	assert_int_equal(config_set(config, "machine.memory=16MiB", &err), 0);
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		if (rng_below(rng, 4) == 0 && config_set(config, settings[i], &err) != 0)
			fail_msg("%s", err.message);
	return config;
}

static void any_trace_ends(void **state)
{
	(void)state;
	char path[] = "/tmp/slabyard-hostile-XXXXXX";
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	close(fd);
	static const char *const assists[] = { "none", "all", "resync" };
	uint64_t summaries = 0, executed = 0;
	for (uint64_t seed = 1; seed <= TRACES; seed++) {
		struct rng *rng = rng_create(seed, "test.hostile");
		struct error err = { 0 };
		write_trace(path, rng);
		struct slabyard_run run = { .trace = path,
					    .level = (enum slabyard_level)rng_below(rng, 4),
					    .timing = (enum slabyard_timing)rng_below(rng, 2),
					    .assist = assists[rng_below(rng, 3)],
					    .sample_every = 1 + rng_below(rng, 1000) };
		struct config *config = pick_config(rng);
		struct slabyard_summary *summary = slabyard_run(config, &run, &err);
		if (!summary)
			assert_true(err.message[0] != '\0');
		if (summary) {
			summaries++;
			executed += summary->executed;
		}
		slabyard_summary_free(summary);
		config_destroy(config);
		rng_destroy(rng);
	}
	unlink(path);
	assert_true(summaries > TRACES / 2);
	assert_true(executed > summaries * RECORDS / 10);
}

/* The clocks of CPUs and locks count picoseconds in 64 bits: what they cannot tell is refused. */
static void a_year_is_too_long(void **state)
{
	(void)state;
	char path[] = "/tmp/slabyard-hostile-XXXXXX";
	static const char text[] =
		"a-1 [000] 1.000000: mm_page_alloc: pfn=0x100 order=0 gfp_flags=GFP_KERNEL\n"
		"a-1 [000] 31536000.000000: mm_page_free: pfn=0x100 order=0\n";
	struct error err = { 0 };
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	struct config *config = config_create(slabyard_config_schema(), &err);
	const struct slabyard_run run = { .trace = path };
	assert_null(slabyard_run(config, &run, &err));
	assert_int_equal(err.kind, ERROR_INPUT);
	assert_non_null(strstr(err.message, "record 2: more than 106 days after the first one"));
	config_destroy(config);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(any_trace_ends),
					    cmocka_unit_test(a_year_is_too_long) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
