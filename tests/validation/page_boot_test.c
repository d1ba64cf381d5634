/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A fresh machine against real ones of 192, 256 and 768 MiB as they were recorded: zones,
 * watermarks, reserves, per-cpu sizes and counter thresholds follow from the managed memory and
 * from how much of it boot had not freed yet.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "recording.h"

#include "base/arena.h"
#include "core/option.h"
#include "import/import.h"
#include "page/page.h"

enum {
	/* init sections and initramfs of the recorded kernel that had huge pages */
	INITMEM_PAGES = 1886,
	KERNEL_PAGES = 3613, /* its image, without what boot frees */
};

struct boot {
	struct arena *arena;
	struct work work;
	struct op_clock clock;
	struct services services;
	struct page_state fresh;
};

/*
 * The computed min_free_kbytes is the root of 16 times the managed KiB at that moment: the least
 * amount that gives the recorded value.
 */
static uint64_t initmem_pages(const struct page_state *real, bool khugepaged)
{
	uint64_t square = real->min_free_kbytes * real->min_free_kbytes;

	return khugepaged ? INITMEM_PAGES : real->total_ram_pages - (square + 63) / 64;
}

static void set(void *params, const char *name, const char *value)
{
	struct error err = { 0 };
	const struct policy_info *info = policy_find(&page_policies, "buddy");

	assert_int_equal(option_parse(option_find(info->options, name), value, params, &err), 0);
}

/* A machine of so many MiB that manages as much as the recorded one. */
static struct page_machine machine_like(const struct page_state *real)
{
	const struct zone_state *last = &real->zones[real->zone_count - 1];
	uint64_t mib = (last->start_pfn + last->spanned + 255) / 256;
	uint64_t frames = mib * 256, managed = 0;

	for (size_t i = 0; i < real->zone_count; i++)
		managed += real->zones[i].managed;
	return (struct page_machine){
		.memory_bytes = frames << PAGE_SHIFT,
		.cpus = real->cpus,
		.nodes = 1,
		.orders = 11,
		.pageblock_order = real->pageblock_order,
		.reserved_bytes = (frames - managed) << PAGE_SHIFT,
		.kernel_bytes = KERNEL_PAGES << PAGE_SHIFT,
	};
}

static void boot_like(struct boot *boot, const struct page_state *real, bool khugepaged)
{
	const struct page_policy *buddy = page_policy_of(policy_find(&page_policies, "buddy"));
	struct page_machine machine = machine_like(real);
	struct error err = { 0 };
	void *params = calloc(1, buddy->info.params_size);
	char bytes[32];
	void *state;

	*boot = (struct boot){ .arena = arena_create((size_t)1 << 34, &err) };
	assert_non_null(params);
	assert_non_null(boot->arena);
	boot->clock.work = &boot->work;
	boot->services = (struct services){ .arena = boot->arena,
					    .work = &boot->work,
					    .clock = &boot->clock,
					    .cpus = real->cpus,
					    .nodes = 1 };
	option_defaults(buddy->info.options, params);
	snprintf(bytes, sizeof(bytes), "%lluB",
		 (unsigned long long)initmem_pages(real, khugepaged) << PAGE_SHIFT);
	set(params, "initmem_bytes", bytes);
	set(params, "khugepaged", khugepaged ? "true" : "false");
	state = buddy->create(&machine, params, &boot->services, &err);
	if (!state)
		fail_msg("%s", err.message);
	assert_true(buddy->check(state, &err));
	assert_int_equal(buddy->dump(state, &boot->fresh, &err), 0);
	free(params);
}

static void boot_end(struct boot *boot)
{
	page_state_free(&boot->fresh);
	arena_destroy(boot->arena);
}

static void compare_zone(const struct zone_state *fresh, const struct zone_state *real)
{
	assert_string_equal(fresh->name, real->name);
	assert_int_equal(fresh->index, real->index);
	assert_int_equal(fresh->start_pfn, real->start_pfn);
	assert_int_equal(fresh->spanned, real->spanned);
	assert_int_equal(fresh->present, real->present);
	assert_int_equal(fresh->managed, real->managed);
	assert_int_equal(fresh->watermark_min, real->watermark_min);
	assert_int_equal(fresh->watermark_low, real->watermark_low);
	assert_int_equal(fresh->watermark_high, real->watermark_high);
	assert_int_equal(fresh->watermark_promo, real->watermark_promo);
	assert_int_equal(fresh->lowmem_reserve_count, real->lowmem_reserve_count);
	for (uint32_t i = 0; i < real->lowmem_reserve_count; i++)
		assert_int_equal(fresh->lowmem_reserve[i], real->lowmem_reserve[i]);
	assert_int_equal(fresh->pcp_count, real->pcp_count);
	for (size_t i = 0; i < real->pcp_count; i++) {
		assert_int_equal(fresh->pcp[i].high, real->pcp[i].high);
		assert_int_equal(fresh->pcp[i].batch, real->pcp[i].batch);
		assert_int_equal(fresh->pcp[i].vmdiff_threshold, real->pcp[i].vmdiff_threshold);
	}
}

static void boots_as(const char *name, bool khugepaged)
{
	struct recording recording;
	struct page_state real = { 0 };
	struct boot boot;
	struct error err = { 0 };
	char path[2 * RECORDING_PATH_MAX];

	assert_true(recording_open(&recording, name));
	snprintf(path, sizeof(path), "%s/mmstate-0.txt.zst", recording.folder);
	if (mmstate_read(path, &real, NULL, &err))
		fail_msg("%s", err.message);
	boot_like(&boot, &real, khugepaged);
	assert_int_equal(boot.fresh.min_free_kbytes, real.min_free_kbytes);
	assert_int_equal(boot.fresh.total_reserve_pages, real.total_reserve_pages);
	assert_int_equal(boot.fresh.zone_count, real.zone_count);
	for (size_t i = 0; i < real.zone_count; i++)
		compare_zone(&boot.fresh.zones[i], &real.zones[i]);
	page_state_free(&real);
	boot_end(&boot);
	recording_close(&recording);
}

static void boots_with_192_mib(void **unused)
{
	(void)unused;
	boots_as("oom-equal-slub", false);
}

static void boots_with_256_mib(void **unused)
{
	(void)unused;
	boots_as("pages-slub", false);
	boots_as("kmix-slab", false);
}

static void boots_with_two_cpus(void **unused)
{
	(void)unused;
	boots_as("user-mix-slub-smp2", false);
}

static void boots_with_768_mib_and_huge_pages(void **unused)
{
	(void)unused;
	boots_as("thp-slub", true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(boots_with_192_mib),
		cmocka_unit_test(boots_with_256_mib),
		cmocka_unit_test(boots_with_two_cpus),
		cmocka_unit_test(boots_with_768_mib_and_huge_pages),
	};

	if (!recording_exists("pages-slub")) {
		printf("skipped: no recordings in " SLABYARD_SHARED_DIR "/data/kernel\n");
		return RECORDING_SKIPPED;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
