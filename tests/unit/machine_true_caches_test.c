/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Learning which cache a call site allocates from, and telling it of a recording that merged. */
#include "../import_support.h"

#include "machine/true_caches.h"
#include "trace/call_sites.h"
#include "trace/syt.h"

static const char not_merged[] =
	"p-1 1: kmem_cache_alloc: call_site=alloc_file+0x1a/0xa0 name=filp ptr=ffff888000001000 "
	"bytes_req=224 bytes_alloc=256\n"
	"p-1 2: kmem_cache_alloc: call_site=alloc_file+0x1a/0xa0 name=filp ptr=ffff888000001100 "
	"bytes_req=224 bytes_alloc=256\n"
	"p-1 3: kmem_cache_alloc: call_site=driver+0x2/0xa0 name=large ptr=ffff888000002000 "
	"bytes_req=100 bytes_alloc=104\n"
	"p-1 4: kmem_cache_alloc: call_site=driver+0x2/0xa0 name=small ptr=ffff888000003000 "
	"bytes_req=24 bytes_alloc=24\n"
	"p-1 5: kmem_cache_alloc: call_site=create_cache+0x2/0xa0 name=kmem_cache "
	"ptr=ffff888000004000 bytes_req=200 bytes_alloc=256\n"
	"p-1 6: kmem_cache_free: call_site=file_free+0x2/0xa0 name=filp ptr=ffff888000001000\n"
	"p-1 7: kmalloc: call_site=driver+0x8/0xa0 ptr=ffff888000005000 bytes_req=24 "
	"bytes_alloc=32\n";

static struct definition_table *learn(const char *text)
{
	char path[64];
	struct error err = { 0 };
	const struct import_options options = { 0 };
	support_write(text, strlen(text), path);
	struct definition_table *table = definition_table_create();
	struct trace_cursor *cursor = import_open(path, &options, NULL, &err);
	assert_non_null(cursor);
	assert_int_equal(call_sites_learn(table, cursor, &err), 3);
	cursor->ops->close(cursor);
	unlink(path);
	return table;
}

/* Not of kmalloc, and not what the allocator did for itself. */
static void sites_are_learnt_with_their_caches(void **state)
{
	struct definition_table *table = learn(not_merged);
	const struct definitions *d = definition_table_view(table);
	(void)state;
	assert_int_equal(d->site_count, 3);
	assert_int_equal(d->cache_count, 3);
	assert_string_equal(d->sites[0].call_site, "alloc_file+0x1a");
	assert_string_equal(d->caches[d->sites[0].cache.v].name, "filp");
	assert_int_equal(d->sites[0].allocations, 2);
	assert_string_equal(d->sites[1].call_site, d->sites[2].call_site);
	definition_table_destroy(table);
}

static void a_state_completes_what_is_not_merged_in_it(void **state)
{
	struct slab_entry full = { .pfn = 1, .list = SLAB_LIST_FULL, .objects = 2 };
	struct cache_state caches[] = {
		{ .name = (char *)"filp",
		  .object_size = 224,
		  .size = 256,
		  .align = 64,
		  .flags = CACHE_HWCACHE_ALIGN | 0x40000000,
		  .refcount = 1,
		  .slabs = &full,
		  .slab_count = 1 },
		{ .name = (char *)"large", .object_size = 104, .size = 104, .refcount = 3 },
		{ .name = (char *)"kmalloc-64",
		  .object_size = 64,
		  .size = 64,
		  .flags = 0x1000,
		  .refcount = 1 },
		{ .name = (char *)"names_cache",
		  .object_size = 4096,
		  .size = 4096,
		  .constructor = true,
		  .refcount = 1 },
	};
	const struct slab_state told = { .caches = caches, .cache_count = 4 };
	struct definition_table *table = learn(not_merged);
	const struct definitions *d = definition_table_view(table);
	struct error err = { 0 };
	(void)state;
	assert_int_equal(call_sites_complete(table, &told, &err), 3);
	assert_int_equal(d->cache_count, 5);
	assert_true(d->caches[0].complete);
	assert_int_equal(d->caches[0].flags, CACHE_HWCACHE_ALIGN);
	assert_false(d->caches[1].complete);
	assert_int_equal(call_sites_alive(d, 0), 2);
	/* The oldest cache stands last in a state. */
	assert_string_equal(d->caches[3].name, "names_cache");
	/* Never merged: it has a window for copies to user space. */
	assert_int_equal(d->caches[3].flags, CACHE_NO_MERGE);
	assert_int_equal(call_sites_alive(d, 3), 0);
	definition_table_destroy(table);
}

static struct true_caches *open_map(struct definition_table *table)
{
	char path[] = "/tmp/slabyard_map_XXXXXX";
	struct error err = { 0 };
	struct true_caches *caches;
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	FILE *file = fdopen(fd, "w");
	assert_int_equal(trace_dump_definitions(definition_table_view(table), file, &err), 0);
	fclose(file);
	assert_int_equal(true_caches_open(&caches, path, NULL, &err), 0);
	unlink(path);
	return caches;
}

struct expected {
	const char *call_site, *recorded;
	uint32_t object_size, bytes_alloc;
	const char *cache;
	enum true_cache_rule rule;
};

static void merged_caches_are_told_apart(void **state)
{
	static const struct expected expected[] = {
		{ "alloc_file+0x1a", "maple_node", 256, 256, "filp", TRUE_CACHE_BY_SITE },
		{ "driver+0x2", "vm_area", 104, 104, "large", TRUE_CACHE_BY_SITE },
		{ "driver+0x2", "vm_area", 32, 32, "small", TRUE_CACHE_BY_SITE },
		/* The recording does not merge: the larger cache would fill it better. */
		{ "driver+0x2", "small", 24, 128, "small", TRUE_CACHE_BY_SITE },
		/* Another build of the same function. */
		{ "alloc_file.isra.0+0x44", "maple_node", 256, 256, "filp",
		  TRUE_CACHE_BY_FUNCTION },
		{ "elsewhere+0x1", "maple_node", 256, 256, NULL, TRUE_CACHE_UNKNOWN },
		/* No such object fits into what was recorded: it is another function. */
		{ "alloc_file+0x1a", "inode", 64, 64, NULL, TRUE_CACHE_UNKNOWN },
		{ "", "filp", 224, 256, NULL, TRUE_CACHE_UNKNOWN },
	};
	struct definition_table *table = learn(not_merged);
	struct true_caches *caches = open_map(table);
	(void)state;
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		const struct expected *e = &expected[i];
		const struct cache_def recorded = { .name = e->recorded,
						    .object_size = e->object_size };
		const struct origin_def origin = { .call_site = e->call_site,
						   .bytes_alloc = e->bytes_alloc };
		enum true_cache_rule rule;
		cache_id cache = true_caches_of(caches, &origin, &recorded, &rule);
		assert_int_equal(rule, e->rule);
		assert_int_equal(cache_is_none(cache), e->cache == NULL);
		if (e->cache)
			assert_string_equal(true_caches_at(caches, cache.v)->name, e->cache);
	}
	true_caches_close(caches);
	definition_table_destroy(table);
}

/* A map tells of itself: what is learnt from it is what it tells. */
static void a_map_is_a_trace_that_tells(void **state)
{
	struct definition_table *table = learn(not_merged);
	struct true_caches *caches = open_map(table);
	const struct definitions *d = true_caches_definitions(caches);
	(void)state;
	assert_int_equal(d->site_count, 3);
	assert_int_equal(d->sites[0].allocations, 2);
	true_caches_close(caches);
	definition_table_destroy(table);
}

static void a_trace_keeps_the_map_that_it_was_imported_with(void **state)
{
	struct definition_table *table = learn(not_merged);
	const struct import_options options = { .caches = definition_table_view(table) };
	static const char merged[] =
		"p-1 1: kmem_cache_alloc: call_site=alloc_file+0x1a/0xa0 name=maple_node "
		"ptr=ffff888000001000 bytes_req=256 bytes_alloc=256\n";
	struct imported in;
	struct true_caches *caches;
	struct error err = { 0 };
	char path[64];
	(void)state;
	support_write(merged, strlen(merged), path);
	support_import(path, &options, &in);
	const struct definitions *d = in.cursor->definitions;
	assert_int_equal(d->site_count, 3);
	assert_int_equal(true_caches_open(&caches, NULL, d, &err), 0);
	const struct origin_def *origin = &d->origins[in.records[0].origin];
	enum true_cache_rule rule;
	cache_id cache = true_caches_of(caches, origin, &d->caches[origin->cache.v], &rule);
	assert_string_equal(true_caches_at(caches, cache.v)->name, "filp");
	true_caches_close(caches);
	support_close(&in);
	unlink(path);
	definition_table_destroy(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sites_are_learnt_with_their_caches),
		cmocka_unit_test(a_state_completes_what_is_not_merged_in_it),
		cmocka_unit_test(merged_caches_are_told_apart),
		cmocka_unit_test(a_map_is_a_trace_that_tells),
		cmocka_unit_test(a_trace_keeps_the_map_that_it_was_imported_with),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
