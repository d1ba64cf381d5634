/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a slab allocator did for itself while it created a cache is told from callers' requests. */
#include "../import_support.h"

static bool is_own(const struct imported *in, size_t record)
{
	return in->cursor->definitions->origins[in->records[record].origin].own;
}

/* SLUB's: a name (every allocator copies it), the struct, its node, and files in sysfs. */
static const char slub_creates[] =
	"p-1 1: kmalloc: call_site=kmem_cache_create_usercopy+0xd1/0x310 ptr=ffff888000001000 "
	"bytes_req=7 bytes_alloc=8\n"
	"p-1 2: kmem_cache_alloc: call_site=kmem_cache_create_usercopy+0x11c/0x310 "
	"ptr=ffff888000002000 bytes_req=200 bytes_alloc=256\n"
	"p-1 3: kmem_cache_alloc: call_site=__kmem_cache_create+0x13a/0x480 "
	"ptr=ffff888000003000 bytes_req=64 bytes_alloc=64\n"
	"p-1 4: kmem_cache_alloc: call_site=__kernfs_new_node.constprop.0+0x49/0x190 "
	"ptr=ffff888000004000 bytes_req=128 bytes_alloc=128\n"
	"q-2 4: kmem_cache_alloc: call_site=__kernfs_new_node.constprop.0+0x49/0x190 "
	"ptr=ffff888000005000 bytes_req=128 bytes_alloc=128\n"
	"p-1 5: kmalloc: call_site=driver_probe+0x1/0x10 ptr=ffff888000006000 bytes_req=8 "
	"bytes_alloc=8\n"
	"p-1 6: kmem_cache_alloc: call_site=__kernfs_new_node.constprop.0+0x49/0x190 "
	"ptr=ffff888000007000 bytes_req=128 bytes_alloc=128\n";

static void what_stands_inside_a_creation_is_own(void **state)
{
	static const bool own[] = { false, true, true, true, false, false, false };
	struct imported in;
	(void)state;
	support_import_text(slub_creates, &in);
	assert_int_equal(in.count, 7);
	for (size_t i = 0; i < in.count; i++)
		assert_int_equal(is_own(&in, i), own[i]);
	assert_int_equal(in.report.own_traffic, 3);
	assert_string_equal(definitions_meta(in.cursor->definitions, "own_traffic"), "3");
	support_close(&in);
}

static void slabs_node_and_slob_s_struct_are_own(void **state)
{
	struct imported in;
	(void)state;
	support_import_text(
		"p-1 1: kmalloc: call_site=init_cache_node.constprop.0+0x25/0x120 "
		"ptr=ffff888000001000 bytes_req=120 bytes_alloc=128\n"
		"p-1 2: kmem_cache_alloc: call_site=create_cache+0xcc/0x260 ptr=ffff888000002000 "
		"bytes_req=0 bytes_alloc=64\n"
		"p-1 3: kmalloc: call_site=init_cache_nodes+0x25/0x120 ptr=ffff888000003000 "
		"bytes_req=120 bytes_alloc=128\n",
		&in);
	assert_true(is_own(&in, 0));
	assert_true(is_own(&in, 1));
	assert_false(is_own(&in, 2));
	support_close(&in);
}

static void interrupts_do_not_end_a_creation(void **state)
{
	struct imported in;
	(void)state;
	support_import_text(
		"p-1 [000] ..... 1: kmem_cache_alloc: call_site=create_cache+0x1/0x2 "
		"ptr=ffff888000001000 bytes_req=200 bytes_alloc=256\n"
		"p-1 [000] ..s.. 2: kmalloc: call_site=net_rx+0x1/0x2 ptr=ffff888000002000 "
		"bytes_req=8 bytes_alloc=8\n"
		"p-1 [000] ..... 3: kmalloc: call_site=kobject_set_name_vargs+0x1/0x2 "
		"ptr=ffff888000003000 bytes_req=8 bytes_alloc=8\n",
		&in);
	assert_true(is_own(&in, 0));
	assert_false(is_own(&in, 1));
	assert_true(is_own(&in, 2));
	support_close(&in);
}

/* Whoever frees it: the cache's last user, a worker. */
static void frees_of_own_objects_are_own(void **state)
{
	struct imported in;
	(void)state;
	support_import_text(
		"p-1 1: kmem_cache_alloc: call_site=create_cache+0x1/0x2 name=kmem_cache "
		"ptr=ffff888000001000 bytes_req=200 bytes_alloc=256\n"
		"p-1 2: kmem_cache_alloc: call_site=other+0x1/0x2 name=kmem_cache "
		"ptr=ffff888000002000 bytes_req=200 bytes_alloc=256\n"
		"q-2 3: kmem_cache_free: call_site=kobject_put+0x60/0x70 name=kmem_cache "
		"ptr=ffff888000001000\n"
		"q-2 4: kmem_cache_free: call_site=kobject_put+0x60/0x70 name=kmem_cache "
		"ptr=ffff888000002000\n",
		&in);
	assert_true(is_own(&in, 2));
	assert_false(is_own(&in, 3));
	assert_int_equal(in.report.own_traffic, 2);
	support_close(&in);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_stands_inside_a_creation_is_own),
		cmocka_unit_test(slabs_node_and_slob_s_struct_are_own),
		cmocka_unit_test(interrupts_do_not_end_a_creation),
		cmocka_unit_test(frees_of_own_objects_are_own),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
