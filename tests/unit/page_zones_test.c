/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Zones and nodes of fresh machines, and where requests go. What real machines had is from Debian
 * 12's kernel 6.1.0-56-amd64 under QEMU (/proc/zoneinfo), and for 32 bits from Linux 6.1.192 with
 * HIGHMEM4G, which printed its free lists at the end of memblock_free_all() too.
 */
#include <stdio.h>

#include "../conformance/page_fixture.h"

#include "machine/hardware.h"

enum {
	MIB = 1 << 20 >> PAGE_SHIFT,
	USER = GFP_MASK_HIGHUSER_MOVABLE,
	KERNEL = GFP_MASK_KERNEL,
	HIGHUSER = GFP_MASK_HIGHUSER,
};

struct machine {
	struct fixture *f;
	struct topology topology;
	struct page_state state;
};

/* A machine as its options describe it; page options are set before it is started. */
static struct machine *machine_on(struct page_machine page, struct machine_params params)
{
	struct machine *m = calloc(1, sizeof(*m));
	struct error err = { 0 };

	assert_non_null(m);
	page.memory_bytes = params.memory_bytes;
	page.cpus = (uint32_t)params.cpus;
	page.nodes = (uint32_t)params.nodes;
	page.topology = &m->topology;
	params.node_memory = params.node_memory ? params.node_memory : "";
	params.node_cpus = params.node_cpus ? params.node_cpus : "";
	params.node_distances = params.node_distances ? params.node_distances : "";
	if (hardware_topology(&m->topology, &params, &page, false, &err))
		fail_msg("%s", err.message);
	page.reserved_bytes = hardware_boot_bytes(&m->topology, &page);
	m->f = fixture_new(page_policy_of(policy_find(&page_policies, "buddy")), page);
	return m;
}

static void machine_start(struct machine *m)
{
	struct error err = { 0 };

	fixture_start(m->f);
	fixture_check(m->f);
	assert_int_equal(m->f->policy->dump(m->f->state, &m->state, &err), 0);
}

static void machine_end(struct machine *m)
{
	fixture_check(m->f);
	page_state_free(&m->state);
	fixture_destroy(m->f);
	free(m);
}

/* As Debian 12's kernel is built, or with the classic 896 MiB of low memory. */
static struct machine *machine_new(struct machine_params params)
{
	struct page_machine page = { .orders = 11,
				     .pageblock_order = 9,
				     .kernel_bytes = 45272 << 10 };

	params.lowmem_bytes = 896ull << 20;
	return machine_on(page, params);
}

/* The zone that a frame lies in, as "1 Normal". */
static const char *zone_of(const struct machine *m, pfn_t pfn)
{
	static char name[ZONE_NAME_MAX + 16];

	assert_false(pfn_is_none(pfn));
	for (size_t i = 0; i < m->state.zone_count; i++) {
		const struct zone_state *z = &m->state.zones[i];
		if (pfn.v - z->start_pfn >= z->spanned)
			continue;
		snprintf(name, sizeof(name), "%u %s", z->node, z->name);
		return name;
	}
	fail_msg("frame %u lies in no zone", pfn.v);
	return NULL;
}

static pfn_t alloc_on(const struct machine *m, uint32_t cpu, int16_t node, uint32_t gfp,
		      unsigned order)
{
	struct request r = fixture_request(cpu, gfp, order);

	r.node = node;
	return m->f->policy->alloc(m->f->state, &r);
}

static const char *zone_for(const struct machine *m, uint32_t cpu, uint32_t gfp)
{
	return zone_of(m, alloc_on(m, cpu, -1, gfp, 0));
}

/* Takes all that such a request can have, a large block at a time. */
static void exhaust(const struct machine *m, uint32_t cpu, int16_t node, uint32_t gfp)
{
	for (unsigned order = 11; order-- > 0;) {
		while (!pfn_is_none(alloc_on(m, cpu, node, gfp | GFP_BIT_NORETRY, order)))
			;
	}
}

/* --- sizes --- */

struct zone_figures {
	const char *name;
	uint32_t node, start, spanned, present, managed, min, high, batch, threshold;
	uint64_t reserve[3];
};

/* What boot takes is known to some pages in 10,000; watermarks are a root of it. */
static void near(uint64_t simulated, uint64_t real)
{
	uint64_t slack = real / 250 + 1;

	assert_in_range(simulated, real - (real < slack ? real : slack), real + slack);
}

static void looks_like(const struct machine *m, const struct zone_figures *real, size_t count)
{
	assert_int_equal(m->state.zone_count, count);
	for (size_t i = 0; i < count; i++) {
		const struct zone_state *z = &m->state.zones[i];
		assert_string_equal(z->name, real[i].name);
		assert_int_equal(z->node, real[i].node);
		assert_int_equal(z->start_pfn, real[i].start);
		assert_int_equal(z->spanned, real[i].spanned);
		assert_int_equal(z->present, real[i].present);
		near(z->managed, real[i].managed);
		near(z->watermark_min, real[i].min);
		near((uint64_t)z->pcp[0].high, real[i].high);
		assert_int_equal(z->pcp[0].batch, real[i].batch);
		assert_int_equal(z->pcp[0].vmdiff_threshold, real[i].threshold);
		for (size_t type = 0; type < 3; type++)
			near(z->lowmem_reserve[type], real[i].reserve[type]);
	}
}

#define LOOKS_LIKE(machine, real) looks_like(machine, real, sizeof(real) / sizeof((real)[0]))

/* Freed after watermarks were computed: the kernel's init sections and gaps, and the initramfs. */
#define KERNEL_INIT               "8008KiB"
#define KERNEL_INIT_AND_INITRAMFS "9948KiB"

static void a_small_pc(void **unused)
{
	static const struct zone_figures real[] = {
		{ "DMA", 0, 1, 4095, 3998, 3840, 34, 42, 1, 2, { 0, 181, 181 } },
		{ "DMA32", 0, 4096, 61408, 61408, 48848, 413, 516, 15, 4, { 0 } },
	};
	struct machine *m = machine_new(
		(struct machine_params){ .memory_bytes = 256ull << 20, .cpus = 1, .nodes = 1 });

	(void)unused;
	fixture_set(m->f, "initmem_bytes", KERNEL_INIT_AND_INITRAMFS);
	machine_start(m);
	LOOKS_LIKE(m, real);
	machine_end(m);
}

static void a_pc_of_1_gib_with_huge_pages(void **unused)
{
	static const struct zone_figures real[] = {
		{ "DMA", 0, 1, 4095, 3998, 3840, 177, 221, 1, 2, { 0, 935, 935 } },
		{ "DMA32", 0, 4096, 258016, 258016, 242096, 11086, 13857, 63, 8, { 0 } },
	};
	struct machine *m = machine_new(
		(struct machine_params){ .memory_bytes = 1ull << 30, .cpus = 1, .nodes = 1 });

	(void)unused;
	fixture_set(m->f, "initmem_bytes", KERNEL_INIT_AND_INITRAMFS);
	machine_start(m);
	LOOKS_LIKE(m, real);
	machine_end(m);
}

/* Devices have the addresses from 3 to 4 GiB, which DMA32 spans. */
static void a_pc_of_4_gib_with_a_hole(void **unused)
{
	static const struct zone_figures real[] = {
		{ "DMA", 0, 1, 4095, 3998, 3840, 64, 40, 1, 4, { 0, 2937, 3890 } },
		{ "DMA32", 0, 4096, 1044480, 782304, 754602, 12710, 7943, 63, 24, { 0, 0, 952 } },
		{ "Normal", 0, 1048576, 262144, 262144, 243845, 4120, 2575, 63, 16, { 0 } },
	};
	struct machine *m = machine_new(
		(struct machine_params){ .memory_bytes = 4ull << 30, .cpus = 2, .nodes = 1 });
	uint64_t pageblocks = 0;
	static struct page_counts counts;

	(void)unused;
	fixture_set(m->f, "initmem_bytes", KERNEL_INIT_AND_INITRAMFS);
	machine_start(m);
	LOOKS_LIKE(m, real);
	m->f->policy->counts(m->f->state, &counts);
	for (unsigned type = 0; type < MIGRATE_TYPES; type++)
		pageblocks += counts.zones[1].pageblocks[type];
	assert_int_equal(pageblocks, 1528); /* none in the hole */
	machine_end(m);
}

static void a_machine_of_two_nodes(void **unused)
{
	static const struct zone_figures real[] = {
		{ "DMA", 0, 1, 4095, 3998, 3840, 129, 80, 1, 6, { 0, 1443, 1443 } },
		{ "DMA32", 0, 4096, 389120, 389120, 371487, 12444, 7777, 63, 30, { 0 } },
		{ "DMA32", 1, 393216, 131040, 131040, 128811, 4322, 2701, 31, 18, { 0 } },
	};
	struct machine *m = machine_new((struct machine_params){ .memory_bytes = 2ull << 30,
								 .cpus = 4,
								 .nodes = 2,
								 .node_memory = "1536MiB,512MiB" });

	(void)unused;
	fixture_set(m->f, "initmem_bytes", KERNEL_INIT); /* the initramfs lay in node 1 */
	machine_start(m);
	LOOKS_LIKE(m, real);
	machine_end(m);
}

/* --- IA32 --- */

static struct machine *ia32_of(uint64_t memory_bytes)
{
	struct machine *m = machine_new((struct machine_params){
		.arch = ARCH_IA32, .memory_bytes = memory_bytes, .cpus = 1, .nodes = 1 });

	machine_start(m);
	return m;
}

/* The blocks of a list, head first, as decimal numbers. */
static void list_is(const struct pfn_list *list, const char *real)
{
	for (size_t i = 0; i < list->count; i++) {
		char *end = NULL;
		assert_int_equal(list->pfn[i], strtoul(real, &end, 10));
		real = end;
	}
	assert_string_equal(real, "");
}

static void descends(const struct pfn_list *list, uint32_t first, uint32_t last)
{
	assert_int_equal(list->count, (first - last) / 1024 + 1);
	for (size_t i = 0; i < list->count; i++)
		assert_int_equal(list->pfn[i], first - 1024 * i);
}

/*
 * The pageblock that begins at frame 1 stays unmovable. The one amid which low memory ends is
 * movable in both its zones here; a kernel with flat memory has bits of it for each, and leaves
 * the two frames in HighMem unmovable.
 */
static void lists_look_like(const struct zone_state *zones)
{
	static const char *const single[10] = { [1] = " 225278", [5] = " 524224", [6] = " 524160",
						[7] = " 524032", [8] = " 523776", [9] = " 523264" };
	const struct zone_state *high = &zones[2];

	list_is(&zones[0].free[8][MIGRATE_UNMOVABLE], " 256");
	list_is(&zones[0].free[9][MIGRATE_UNMOVABLE], " 512");
	list_is(&zones[0].free[10][MIGRATE_MOVABLE], " 1024 2048 3072");
	for (size_t order = 0; order < 10; order++)
		list_is(&high->free[order][MIGRATE_MOVABLE], single[order] ? single[order] : "");
	descends(&high->free[10][MIGRATE_MOVABLE], 522240, 225280);
}

static void a_pc_of_32_bits(void **unused)
{
	static const struct zone_figures real[] = {
		{ "DMA", 0, 1, 4095, 3998, 3840, 190, 237, 1, 2, { 0, 841, 2009 } },
		{ "Normal", 0, 4096, 221182, 221182, 215535, 10707, 13383, 63, 8, { 0, 0, 9343 } },
		{ "HighMem", 0, 225278, 298978, 298978, 298978, 128, 3841, 63, 10, { 0 } },
	};
	struct page_machine page = { .orders = 11,
				     .pageblock_order = 10,
				     .kernel_bytes = 5340 << 10 };
	struct machine *m = machine_on(page, (struct machine_params){ .arch = ARCH_IA32,
								      .memory_bytes = 2ull << 30,
								      .lowmem_bytes = 0x36ffe000,
								      .cpus = 1,
								      .nodes = 1 });

	(void)unused;
	machine_start(m);
	LOOKS_LIKE(m, real);
	lists_look_like(m->state.zones);
	machine_end(m);
}

static void ia32_has_three_zones(void **unused)
{
	struct machine *m = ia32_of(2ull << 30);
	static const char *const names[] = { "DMA", "Normal", "HighMem" };
	static const uint32_t starts[] = { 1, 16 * MIB, 896 * MIB };
	const struct zone_state *high = &m->state.zones[2];

	(void)unused;
	assert_int_equal(m->state.zone_count, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_string_equal(m->state.zones[i].name, names[i]);
		assert_int_equal(m->state.zones[i].start_pfn, starts[i]);
	}
	/* high memory is all managed, and keeps no more than 128 pages for who cannot wait */
	assert_int_equal(high->present, high->managed);
	assert_int_equal(high->watermark_min, 128);
	/* Normal keeps some of itself for those who cannot have high memory */
	assert_int_equal(m->state.zones[1].lowmem_reserve[2], high->managed / 32);
	assert_int_equal(m->state.zones[0].lowmem_reserve[1], m->state.zones[1].managed / 256);
	machine_end(m);
}

static void ia32_kernel_memory_is_mapped_directly(void **unused)
{
	struct machine *m = ia32_of(2ull << 30);

	(void)unused;
	assert_string_equal(zone_for(m, 0, USER), "0 HighMem");
	assert_string_equal(zone_for(m, 0, HIGHUSER), "0 HighMem");
	assert_string_equal(zone_for(m, 0, KERNEL | GFP_BIT_HIGHMEM), "0 HighMem"); /* vmalloc */
	assert_string_equal(zone_for(m, 0, KERNEL), "0 Normal");
	assert_string_equal(zone_for(m, 0, KERNEL | GFP_BIT_RECLAIMABLE), "0 Normal");
	assert_string_equal(zone_for(m, 0, KERNEL | GFP_BIT_DMA32), "0 Normal");
	assert_string_equal(zone_for(m, 0, KERNEL | GFP_BIT_DMA), "0 DMA");
	/* movable, but the kernel wants to see it */
	assert_string_equal(zone_for(m, 0, KERNEL | GFP_BIT_MOVABLE), "0 Normal");
	machine_end(m);
}

/* A state of little memory has nothing that tells its architecture from the other. */
static void a_state_is_of_the_machines_architecture(void **unused)
{
	struct machine *from = ia32_of(512ull << 20), *m = ia32_of(512ull << 20);
	struct error err = { 0 };
	uint64_t before;

	(void)unused;
	assert_int_equal(from->state.zone_count, 2);
	assert_int_equal(m->f->policy->load(m->f->state, &from->state, &err), 0);
	before = m->f->work.vm_event[VM_pgalloc_normal];
	assert_string_equal(zone_for(m, 0, KERNEL), "0 Normal");
	assert_int_equal(m->f->work.vm_event[VM_pgalloc_normal], before + 1);
	machine_end(m);
	machine_end(from);
}

static void a_zone_of_another_architecture_is_refused(void **unused)
{
	struct machine *pc = machine_new(
		(struct machine_params){ .memory_bytes = 2ull << 30, .cpus = 1, .nodes = 1 });
	struct machine *ia32 = ia32_of(2ull << 30);
	struct error err = { 0 };

	(void)unused;
	machine_start(pc);
	assert_int_equal(pc->f->policy->load(pc->f->state, &ia32->state, &err), -1);
	assert_string_equal(err.message, "page.buddy: the state's zone HighMem is one of ia32, but "
					 "machine.arch is x86-64");
	assert_int_equal(ia32->f->policy->load(ia32->f->state, &pc->state, &err), -1);
	assert_string_equal(err.message, "page.buddy: the state's zone DMA32 is one of x86-64, but "
					 "machine.arch is ia32");
	machine_end(ia32);
	machine_end(pc);
}

/* Boot frees high memory page by page, so that the last block stands first. */
static void ia32_high_memory_is_had_from_the_top(void **unused)
{
	struct machine *m = ia32_of(1ull << 30);
	uint32_t end = m->state.zones[2].start_pfn + m->state.zones[2].spanned;
	pfn_t first, second;

	(void)unused;
	exhaust(m, 0, -1, KERNEL); /* none of it from high memory */
	assert_int_equal(zone_of(m, alloc_on(m, 0, -1, USER, 9))[2], 'H');
	first = alloc_on(m, 0, -1, USER, 10);
	second = alloc_on(m, 0, -1, USER, 10);
	assert_true(first.v > second.v);
	assert_int_equal(first.v & ~1023u, ((end & ~1023u) - 2048));
	machine_end(m);
}

static void ia32_user_memory_falls_back_to_low_memory(void **unused)
{
	struct machine *m = ia32_of(1ull << 30);
	uint32_t start = m->state.zones[2].start_pfn;
	pfn_t pfn;

	(void)unused;
	do
		pfn = alloc_on(m, 0, -1, USER, 10);
	while (pfn.v >= start);
	assert_string_equal(zone_of(m, pfn), "0 Normal");
	machine_end(m);
}

/* Directly mapped memory may end amid a pageblock (0x377fe on many machines). */
static void zones_may_share_a_pageblock(void **unused)
{
	struct machine *m = machine_new((struct machine_params){
		.arch = ARCH_IA32, .memory_bytes = 1ull << 30, .cpus = 1, .nodes = 1 });

	(void)unused;
	m->topology.lowmem_bytes = 0x377feull << PAGE_SHIFT;
	machine_start(m);
	assert_int_equal(m->state.zones[2].start_pfn, 0x377fe);
	exhaust(m, 0, -1, KERNEL);
	fixture_check(m->f);
	exhaust(m, 0, -1, USER);
	machine_end(m);
}

/* --- nodes --- */

static struct machine *nodes_of(uint64_t nodes, const char *distances, const char *cpus)
{
	struct machine *m = machine_new((struct machine_params){ .memory_bytes = nodes << 30,
								 .cpus = 4,
								 .nodes = nodes,
								 .node_cpus = cpus,
								 .node_distances = distances });

	machine_start(m);
	return m;
}

static void memory_is_had_from_the_cpus_node(void **unused)
{
	struct machine *m = nodes_of(2, "", "");

	(void)unused;
	assert_string_equal(zone_for(m, 0, KERNEL), "0 DMA32");
	assert_string_equal(zone_for(m, 1, USER), "0 DMA32");
	assert_string_equal(zone_for(m, 2, KERNEL), "1 DMA32");
	assert_string_equal(zone_for(m, 3, USER), "1 DMA32");
	assert_string_equal(zone_of(m, alloc_on(m, 3, 0, KERNEL, 0)), "0 DMA32");
	machine_end(m);
}

static void a_node_without_memory_is_helped_by_the_nearest(void **unused)
{
	struct machine *m = nodes_of(3, "10,30,20;30,10,12;20,12,10", "2,1,1");

	(void)unused;
	exhaust(m, 0, 0, USER | GFP_BIT_THISNODE);
	assert_string_equal(zone_of(m, alloc_on(m, 0, 0, USER, 10)), "2 DMA32");
	assert_true(pfn_is_none(alloc_on(m, 0, 0, USER | GFP_BIT_THISNODE, 10)));
	exhaust(m, 0, 2, USER | GFP_BIT_THISNODE);
	assert_string_equal(zone_of(m, alloc_on(m, 0, 0, USER, 10)), "1 DMA32");
	machine_end(m);
}

/* Of nodes that are as far away the next one is asked first, and each is first for one other. */
static void equal_nodes_take_turns(void **unused)
{
	static const char *const helper[] = { "1 DMA32", "2 DMA32", "0 DMA32" };

	(void)unused;
	for (int16_t node = 0; node < 3; node++) {
		struct machine *m = nodes_of(3, "", "2,1,1");
		exhaust(m, 0, node, USER | GFP_BIT_THISNODE);
		assert_string_equal(zone_of(m, alloc_on(m, 0, node, USER, 10)), helper[node]);
		machine_end(m);
	}
}

static void blocks_do_not_merge_across_nodes(void **unused)
{
	struct machine *m = nodes_of(2, "", "");
	uint32_t border = m->state.zones[2].start_pfn;

	(void)unused;
	for (size_t i = 0; i < m->state.zone_count; i++) {
		const struct zone_state *z = &m->state.zones[i];
		for (unsigned order = 0; order < 11; order++) {
			const struct pfn_list *list = &z->free[order][MIGRATE_MOVABLE];
			for (size_t k = 0; k < list->count; k++)
				assert_true((list->pfn[k] < border) ==
					    (list->pfn[k] + (1u << order) <= border));
		}
	}
	exhaust(m, 0, -1, USER);
	machine_end(m);
}

static void bulk_calls_do_not_leave_the_node(void **unused)
{
	struct machine *m = nodes_of(2, "", "");
	struct request r = fixture_request(0, KERNEL, 0);
	pfn_t pages[64];

	(void)unused;
	r.flags = REQUEST_BULK;
	assert_int_equal(m->f->policy->alloc_bulk(m->f->state, &r, 64, pages), 64);
	assert_string_equal(zone_of(m, pages[63]), "0 DMA32");
	exhaust(m, 0, 0, KERNEL | GFP_BIT_THISNODE);
	/* one page, as alloc_pages() would have it */
	assert_int_equal(m->f->policy->alloc_bulk(m->f->state, &r, 64, pages), 1);
	assert_string_equal(zone_of(m, pages[0]), "1 DMA32");
	machine_end(m);
}

/* --- ZONE_MOVABLE --- */

static const struct zone_state *movable_zone(const struct machine *m, uint32_t node)
{
	for (size_t i = 0; i < m->state.zone_count; i++) {
		const struct zone_state *z = &m->state.zones[i];
		if (z->node == node && strcmp(z->name, "Movable") == 0)
			return z;
	}
	return NULL;
}

static void movablecore_is_for_what_can_be_moved(void **unused)
{
	struct machine *m = machine_new(
		(struct machine_params){ .memory_bytes = 1ull << 30, .cpus = 1, .nodes = 1 });
	const struct zone_state *z;

	(void)unused;
	fixture_set(m->f, "movablecore", "256MiB");
	machine_start(m);
	z = movable_zone(m, 0);
	assert_non_null(z);
	/* at the end, in whole blocks of the largest order; firmware's 32 frames are beyond */
	assert_int_equal(z->start_pfn, 768 * MIB);
	assert_int_equal(z->spanned, 256 * MIB - 32);
	assert_string_equal(zone_for(m, 0, USER), "0 Movable");
	assert_string_equal(zone_for(m, 0, HIGHUSER), "0 DMA32");
	assert_string_equal(zone_for(m, 0, KERNEL), "0 DMA32");
	exhaust(m, 0, -1, KERNEL);
	assert_string_equal(zone_for(m, 0, USER), "0 Movable");
	machine_end(m);
}

static void kernelcore_is_shared_out_to_nodes(void **unused)
{
	struct machine *m = machine_new((struct machine_params){
		.memory_bytes = 3ull << 30, .cpus = 4, .nodes = 2, .node_memory = "2GiB,1GiB" });

	(void)unused;
	fixture_set(m->f, "kernelcore", "1GiB");
	machine_start(m);
	/* half a GiB each; what lies below 16 MiB counts */
	assert_int_equal(movable_zone(m, 0)->start_pfn, 516 * MIB);
	assert_int_equal(movable_zone(m, 1)->start_pfn, (2048 + 512) * MIB);
	machine_end(m);
}

static void movable_node_keeps_kernel_memory_on_the_first(void **unused)
{
	struct machine *m = machine_new(
		(struct machine_params){ .memory_bytes = 2ull << 30, .cpus = 4, .nodes = 2 });

	(void)unused;
	fixture_set(m->f, "movable_node", "true");
	machine_start(m);
	assert_null(movable_zone(m, 0));
	assert_non_null(movable_zone(m, 1));
	assert_string_equal(zone_for(m, 3, USER), "1 Movable");
	assert_string_equal(zone_for(m, 3, KERNEL), "0 DMA32");
	machine_end(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_small_pc),
		cmocka_unit_test(a_pc_of_1_gib_with_huge_pages),
		cmocka_unit_test(a_pc_of_4_gib_with_a_hole),
		cmocka_unit_test(a_machine_of_two_nodes),
		cmocka_unit_test(a_pc_of_32_bits),
		cmocka_unit_test(ia32_has_three_zones),
		cmocka_unit_test(ia32_kernel_memory_is_mapped_directly),
		cmocka_unit_test(a_state_is_of_the_machines_architecture),
		cmocka_unit_test(a_zone_of_another_architecture_is_refused),
		cmocka_unit_test(ia32_high_memory_is_had_from_the_top),
		cmocka_unit_test(ia32_user_memory_falls_back_to_low_memory),
		cmocka_unit_test(zones_may_share_a_pageblock),
		cmocka_unit_test(memory_is_had_from_the_cpus_node),
		cmocka_unit_test(a_node_without_memory_is_helped_by_the_nearest),
		cmocka_unit_test(equal_nodes_take_turns),
		cmocka_unit_test(blocks_do_not_merge_across_nodes),
		cmocka_unit_test(bulk_calls_do_not_leave_the_node),
		cmocka_unit_test(movablecore_is_for_what_can_be_moved),
		cmocka_unit_test(kernelcore_is_shared_out_to_nodes),
		cmocka_unit_test(movable_node_keeps_kernel_memory_on_the_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
