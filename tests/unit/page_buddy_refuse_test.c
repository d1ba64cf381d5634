/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Machines and states that the page allocator refuses, and what it says of them. */
#include "../conformance/page_fixture.h"

enum { MEMORY = 64 << 20, MEMORY_FRAMES = MEMORY >> PAGE_SHIFT, DMA_FRAMES = 4096 };

static void refused(struct page_machine machine, const char *message)
{
	struct fixture *f =
		fixture_new(page_policy_of(policy_find(&page_policies, "buddy")), machine);
	struct error err = { 0 };

	assert_null(f->policy->create(&f->machine, f->params, &f->services, &err));
	assert_string_equal(err.message, message);
	arena_destroy(f->arena);
	free(f->params);
	free(f);
}

static void impossible_machines_are_refused(void **unused)
{
	struct page_machine m = fixture_machine(MEMORY, 1);

	(void)unused;
	m.nodes = NODES_MAX + 1;
	refused(m, "page.buddy: nodes must be between 1 and 16");
	m = fixture_machine(1 << 20, 1);
	refused(m, "page.buddy: memory must be more than 2MiB and at most 8TiB");
	m = fixture_machine(MEMORY, 1);
	m.reserved_bytes = MEMORY;
	refused(m, "page.buddy: 16384 reserved pages leave nothing of 16416 to manage");
	m = fixture_machine(MEMORY, 1);
	m.pageblock_order = 11;
	refused(m, "page.buddy: pageblock_order must be below orders, 11");
	m = fixture_machine(MEMORY, 1);
	m.orders = 0;
	refused(m, "page.buddy: orders must be between 1 and 20");
	m.orders = 21;
	refused(m, "page.buddy: orders must be between 1 and 20");
}

/* The state of a fresh machine with one block more on a free list. */
static void refused_with(unsigned order, uint32_t pfn, const char *message)
{
	struct fixture *f = fixture_new(page_policy_of(policy_find(&page_policies, "buddy")),
					fixture_machine(MEMORY, 1));
	struct page_state state = { 0 };
	struct error err = { 0 };

	fixture_start(f);
	assert_int_equal(f->policy->dump(f->state, &state, &err), 0);
	assert_int_equal(pfn_list_add(&state.zones[1].free[order][0], pfn), 0);
	assert_int_equal(f->policy->load(f->state, &state, &err), -1);
	assert_string_equal(err.message, message);
	page_state_free(&state);
	fixture_destroy(f);
}

static void states_that_contradict_themselves_are_refused(void **unused)
{
	(void)unused;
	refused_with(3, DMA_FRAMES,
		     "page.buddy: state of zone DMA32: free block is in use or listed twice at "
		     "frame 4096");
	/* the first listed of these two lies in the other, at its first frame or behind that */
	refused_with(3, DMA_FRAMES + 8,
		     "page.buddy: state of zone DMA32: free block is in use or listed twice at "
		     "frame 4096");
	refused_with(10, DMA_FRAMES,
		     "page.buddy: state of zone DMA32: free block is in use or listed twice at "
		     "frame 4096");
	refused_with(3, MEMORY_FRAMES,
		     "page.buddy: state of zone DMA32: impossible free block at frame 16384");
}

/* A per-cpu list holds a frame of a free block. */
static void a_page_on_two_lists_is_refused(void **unused)
{
	struct fixture *f = fixture_new(page_policy_of(policy_find(&page_policies, "buddy")),
					fixture_machine(MEMORY, 1));
	struct page_state state = { 0 };
	struct error err = { 0 };

	(void)unused;
	fixture_start(f);
	assert_int_equal(f->policy->dump(f->state, &state, &err), 0);
	assert_int_equal(pfn_list_add(&state.zones[1].pcp[0].lists[0], DMA_FRAMES + 5), 0);
	state.zones[1].pcp[0].count = 1;
	assert_int_equal(f->policy->load(f->state, &state, &err), -1);
	assert_string_equal(err.message, "page.buddy: state of zone DMA32: free block is in use or "
					 "listed twice at frame 4101");
	page_state_free(&state);
	fixture_destroy(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(impossible_machines_are_refused),
		cmocka_unit_test(states_that_contradict_themselves_are_refused),
		cmocka_unit_test(a_page_on_two_lists_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
