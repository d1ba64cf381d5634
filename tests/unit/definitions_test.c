/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/definitions.h"

/* A table with one entry of each kind, each field with a value of its own. */
static struct definition_table *make_table(void)
{
	struct definition_table *t = definition_table_create();
	const struct task_def task = { .tid = 12, .tgid = 10, .comm = "prog" };
	const struct cache_def cache = { .name = "dentry",
					 .object_size = 192,
					 .size = 192,
					 .align = 8,
					 .flags = CACHE_RECLAIM_ACCOUNT,
					 .complete = true,
					 .named = true };
	const struct origin_def origin = { .call_site = "d_alloc+0x1f",
					   .cache = { 0 },
					   .gfp = 0xcc0,
					   .bytes_alloc = 192,
					   .node = -1 };

	assert_non_null(t);
	assert_int_equal(definition_add_task(t, &task, NULL), 0);
	assert_int_equal(definition_add_cache(t, &cache, NULL), 0);
	assert_int_equal(definition_add_origin(t, &origin, NULL), 1);
	assert_int_equal(definition_set_meta(t, "source", "ftrace", NULL), 0);
	return t;
}

static uint64_t hash_of(const struct definition_table *t)
{
	return definitions_hash(definition_table_view(t));
}

static void a_new_table_knows_only_the_unknown_origin(void **state)
{
	struct definition_table *t = definition_table_create();
	const struct definitions *d = definition_table_view(t);

	(void)state;
	assert_int_equal(d->task_count, 0);
	assert_int_equal(d->cache_count, 0);
	assert_int_equal(d->meta_count, 0);
	assert_int_equal(d->origin_count, 1);
	assert_string_equal(d->origins[0].call_site, "");
	assert_true(cache_is_none(d->origins[0].cache));
	assert_int_equal(d->origins[0].node, -1);
	definition_table_destroy(t);
	definition_table_destroy(NULL);
}

static void entries_are_kept_as_given(void **state)
{
	struct definition_table *t = make_table();
	const struct definitions *d = definition_table_view(t);

	(void)state;
	assert_int_equal(d->tasks[0].tid, 12);
	assert_int_equal(d->tasks[0].tgid, 10);
	assert_string_equal(d->tasks[0].comm, "prog");
	assert_string_equal(d->caches[0].name, "dentry");
	assert_int_equal(d->caches[0].flags, CACHE_RECLAIM_ACCOUNT);
	assert_string_equal(d->origins[1].call_site, "d_alloc+0x1f");
	assert_int_equal(d->origins[1].gfp, 0xcc0);
	assert_string_equal(definitions_meta(d, "source"), "ftrace");
	assert_null(definitions_meta(d, "allocator"));
	definition_table_destroy(t);
}

static void indices_and_strings_stay_while_the_table_grows(void **state)
{
	struct definition_table *t = definition_table_create();
	const struct definitions *d = definition_table_view(t);
	static char long_name[100000];
	char name[16];

	(void)state;
	memset(long_name, 'x', sizeof(long_name) - 1);
	definition_add_task(t, &(struct task_def){ .comm = "first" }, NULL);
	const char *first = d->tasks[0].comm;
	for (uint32_t i = 1; i < 20000; i++) {
		snprintf(name, sizeof(name), "task%u", i);
		assert_int_equal(definition_add_task(t, &(struct task_def){ i, 0, name }, NULL), i);
	}
	definition_add_task(t, &(struct task_def){ .comm = long_name }, NULL);
	definition_add_task(t, &(struct task_def){ .comm = NULL }, NULL);
	assert_int_equal(d->task_count, 20002);
	assert_ptr_equal(d->tasks[0].comm, first);
	assert_string_equal(first, "first");
	assert_string_equal(d->tasks[12345].comm, "task12345");
	assert_int_equal(d->tasks[12345].tid, 12345);
	assert_string_equal(d->tasks[20000].comm, long_name);
	assert_string_equal(d->tasks[20001].comm, "");
	definition_table_destroy(t);
}

static void a_cache_learns_its_name_in_place(void **state)
{
	struct definition_table *t = make_table();
	const struct definitions *d = definition_table_view(t);
	struct cache_def cache = d->caches[0];

	(void)state;
	cache.name = "inode_cache";
	cache.align = 64;
	assert_int_equal(definition_update_cache(t, 0, &cache, NULL), 0);
	assert_int_equal(d->cache_count, 1);
	assert_string_equal(d->caches[0].name, "inode_cache");
	assert_int_equal(d->caches[0].align, 64);
	/* the same name again, from the table's own string */
	cache = d->caches[0];
	cache.size = 600;
	assert_int_equal(definition_update_cache(t, 0, &cache, NULL), 0);
	assert_string_equal(d->caches[0].name, "inode_cache");
	assert_int_equal(d->caches[0].size, 600);
	definition_table_destroy(t);
}

static void meta_is_replaced_by_key(void **state)
{
	struct definition_table *t = make_table();
	const struct definitions *d = definition_table_view(t);

	(void)state;
	definition_set_meta(t, "source", "perf script", NULL);
	definition_set_meta(t, "allocator", "slub", NULL);
	assert_int_equal(d->meta_count, 2);
	assert_string_equal(definitions_meta(d, "source"), "perf script");
	assert_string_equal(definitions_meta(d, "allocator"), "slub");
	definition_table_destroy(t);
}

static void the_largest_id_is_kept_by_space(void **state)
{
	struct definition_table *t = make_table();
	const struct definitions *d = definition_table_view(t);

	(void)state;
	definition_raise_id_max(t, 2, 7);
	definition_raise_id_max(t, 2, 5);
	definition_raise_id_max(t, 3, 1);
	assert_int_equal(d->id_max[2], 7);
	assert_int_equal(d->id_max[3], 1);
	assert_int_equal(d->id_max[1], 0);
	definition_table_destroy(t);
}

static void equal_tables_hash_alike(void **state)
{
	struct definition_table *a = make_table(), *b = make_table();

	(void)state;
	assert_int_equal(hash_of(a), hash_of(b));
	definition_table_destroy(a);
	definition_table_destroy(b);
}

/* Changes one thing about the one entry of each kind. */
static void change(struct definition_table *t, unsigned which)
{
	struct cache_def cache = definition_table_view(t)->caches[0];
	const struct task_def task = { .comm = "" };
	const struct origin_def origin = { .call_site = "" };

	switch (which) {
	case 0:
		definition_add_task(t, &task, NULL);
		return;
	case 1:
		definition_add_origin(t, &origin, NULL);
		return;
	case 2:
		definition_set_meta(t, "source", "ftrace2", NULL);
		return;
	case 3:
		cache.name = "dentr";
		break;
	case 4:
		cache.object_size++;
		break;
	case 5:
		cache.size++;
		break;
	case 6:
		cache.align++;
		break;
	case 7:
		cache.flags++;
		break;
	case 8:
		cache.useroffset++;
		break;
	case 9:
		cache.constructor = !cache.constructor;
		break;
	case 10:
		cache.complete = !cache.complete;
		break;
	case 11:
		cache.named = !cache.named;
		break;
	}
	definition_update_cache(t, 0, &cache, NULL);
}

static void any_change_changes_the_hash(void **state)
{
	enum { CHANGES = 12 };
	uint64_t hashes[CHANGES + 1];

	(void)state;
	for (unsigned which = 0; which <= CHANGES; which++) {
		struct definition_table *t = make_table();
		if (which < CHANGES)
			change(t, which);
		hashes[which] = hash_of(t);
		for (unsigned other = 0; other < which; other++)
			assert_int_not_equal(hashes[which], hashes[other]);
		definition_table_destroy(t);
	}
}

static void every_field_of_an_origin_is_hashed(void **state)
{
	const struct origin_def base = { .call_site = "f+0x1", .cache = { 3 }, .node = -1 };
	struct origin_def origins[] = {
		base, base, base, base, base, base, base, base, base, base
	};
	uint64_t hashes[10];

	(void)state;
	origins[1].call_site = "f+0x2";
	origins[2].cache.v = 4;
	origins[3].gfp = 1;
	origins[4].bytes_alloc = 1;
	origins[5].align = 1;
	origins[6].node = 0;
	origins[7].order = 1;
	origins[8].migratetype = 1;
	origins[9].accounted = true;
	for (unsigned i = 0; i < 10; i++) {
		struct definition_table *t = definition_table_create();
		definition_add_origin(t, &origins[i], NULL);
		hashes[i] = hash_of(t);
		for (unsigned other = 0; other < i; other++)
			assert_int_not_equal(hashes[i], hashes[other]);
		definition_table_destroy(t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_table_knows_only_the_unknown_origin),
		cmocka_unit_test(entries_are_kept_as_given),
		cmocka_unit_test(indices_and_strings_stay_while_the_table_grows),
		cmocka_unit_test(a_cache_learns_its_name_in_place),
		cmocka_unit_test(meta_is_replaced_by_key),
		cmocka_unit_test(the_largest_id_is_kept_by_space),
		cmocka_unit_test(equal_tables_hash_alike),
		cmocka_unit_test(any_change_changes_the_hash),
		cmocka_unit_test(every_field_of_an_origin_is_hashed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
