/* SPDX-License-Identifier: GPL-3.0-or-later */
/* /proc/meminfo, as meminfo_proc_show() of fs/proc/meminfo.c writes it. */
#include <inttypes.h>
#include <string.h>

#include "core/ids.h"
#include "results/proc.h"

enum { KIB_PAGE_SHIFT = PAGE_SHIFT - 10 };

static void write_kib(FILE *out, const char *name, uint64_t kib)
{
	char with_colon[32];

	snprintf(with_colon, sizeof(with_colon), "%s:", name);
	fprintf(out, "%-15s %8" PRIu64 " kB\n", with_colon, kib);
}

static void write_pages(FILE *out, const char *name, uint64_t pages)
{
	write_kib(out, name, pages << KIB_PAGE_SHIFT);
}

static void write_zeroes(FILE *out, const char *const *names)
{
	for (; *names; names++)
		write_pages(out, *names, 0);
}

/* What is counted as available of pages that can be reclaimed: half of them, or all but so many. */
static uint64_t available(uint64_t pages, uint64_t kept)
{
	return pages - (pages / 2 < kept ? pages / 2 : kept);
}

/* si_mem_available() */
static uint64_t mem_available(const struct proc_counts *counts)
{
	uint64_t low = 0, reserve = counts->pages->total_reserve_pages;
	uint64_t pages = proc_zone_sum(counts, PROC_ZONE_nr_free_pages);

	for (size_t i = 0; i < counts->pages->zone_count; i++)
		low += counts->pages->zones[i].watermark_low +
		       counts->pages->zones[i].watermark_boost;
	pages += available(proc_node_sum(counts, PROC_NODE_nr_inactive_file), low);
	pages += available(proc_node_sum(counts, PROC_NODE_nr_slab_reclaimable), low);
	return pages > reserve ? pages - reserve : 0;
}

static void write_high_and_low(FILE *out, const struct proc_counts *counts)
{
	uint64_t total[2] = { 0 }, free_pages[2] = { 0 };

	for (size_t i = 0; i < counts->pages->zone_count; i++) {
		const struct zone_state *zone = &counts->pages->zones[i];
		bool high =
			strcmp(zone->name, "HighMem") == 0 || strcmp(zone->name, "Movable") == 0;
		total[high] += zone->managed;
		free_pages[high] += proc_zone_field(zone, PROC_ZONE_nr_free_pages);
	}
	write_pages(out, "HighTotal", total[1]);
	write_pages(out, "HighFree", free_pages[1]);
	write_pages(out, "LowTotal", total[0]);
	write_pages(out, "LowFree", free_pages[0]);
}

static void write_lists(FILE *out, const struct proc_counts *counts)
{
	uint64_t file = proc_node_sum(counts, PROC_NODE_nr_inactive_file);

	write_pages(out, "Buffers", 0);
	write_pages(out, "Cached", proc_node_sum(counts, PROC_NODE_nr_file_pages));
	write_pages(out, "SwapCached", 0);
	write_pages(out, "Active", 0);
	write_pages(out, "Inactive", file);
	write_pages(out, "Active(anon)", 0);
	write_pages(out, "Inactive(anon)", 0);
	write_pages(out, "Active(file)", 0);
	write_pages(out, "Inactive(file)", file);
	write_pages(out, "Unevictable", 0);
	write_pages(out, "Mlocked", 0);
}

static void write_memory(FILE *out, const struct proc_counts *counts)
{
	write_pages(out, "MemTotal", counts->pages->total_ram_pages);
	write_pages(out, "MemFree", proc_zone_sum(counts, PROC_ZONE_nr_free_pages));
	write_pages(out, "MemAvailable", mem_available(counts));
	write_lists(out, counts);
	if (proc_is_built(counts->pages, BUILD_HIGHMEM))
		write_high_and_low(out, counts);
	write_pages(out, "SwapTotal", 0);
	write_pages(out, "SwapFree", 0);
}

static void write_uses(FILE *out, const struct proc_counts *counts)
{
	uint64_t reclaimable = proc_node_sum(counts, PROC_NODE_nr_slab_reclaimable);
	uint64_t unreclaimable = proc_node_sum(counts, PROC_NODE_nr_slab_unreclaimable);

	write_pages(out, "Dirty", 0);
	write_pages(out, "Writeback", 0);
	write_pages(out, "AnonPages", proc_node_sum(counts, PROC_NODE_nr_anon_pages));
	write_pages(out, "Mapped", 0);
	write_pages(out, "Shmem", 0);
	write_pages(out, "KReclaimable", reclaimable);
	write_pages(out, "Slab", reclaimable + unreclaimable);
	write_pages(out, "SReclaimable", reclaimable);
	write_pages(out, "SUnreclaim", unreclaimable);
	write_kib(out, "KernelStack", proc_node_sum(counts, PROC_NODE_nr_kernel_stack));
	write_pages(out, "PageTables", proc_node_sum(counts, PROC_NODE_nr_page_table_pages));
}

/* Of huge pages that are set aside there are none. */
static void write_hugetlb(FILE *out, const struct page_state *pages)
{
	static const char *const counts[] = { "HugePages_Total:", "HugePages_Free:",
					      "HugePages_Rsvd:", "HugePages_Surp:" };

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		fprintf(out, "%-19s%5d\n", counts[i], 0);
	write_pages(out, "Hugepagesize", 1ull << pages->pageblock_order);
	write_pages(out, "Hugetlb", 0);
}

void proc_write_meminfo(FILE *out, const struct proc_counts *counts)
{
	static const char *const before_limit[] = { "SecPageTables", "NFS_Unstable", "Bounce",
						    "WritebackTmp", NULL };
	static const char *const huge_pages[] = { "AnonHugePages",  "ShmemHugePages",
						  "ShmemPmdMapped", "FileHugePages",
						  "FilePmdMapped",  NULL };
	const bool highmem = proc_is_built(counts->pages, BUILD_HIGHMEM);
	/* VMALLOC_TOTAL of x86-64 with four levels of page tables, and of IA32 by default */
	const uint64_t vmalloc_kib = highmem ? 122880 : 34359738367;

	write_memory(out, counts);
	write_uses(out, counts);
	write_zeroes(out, before_limit);
	/* vm.overcommit_ratio: half of memory */
	write_pages(out, "CommitLimit", counts->pages->total_ram_pages / 2);
	write_pages(out, "Committed_AS", 0);
	fprintf(out, "VmallocTotal:   %8" PRIu64 " kB\n", vmalloc_kib);
	write_pages(out, "VmallocUsed", 0);
	write_pages(out, "VmallocChunk", 0);
	write_pages(out, "Percpu", 0);
	write_zeroes(out, huge_pages);
	if (proc_is_built(counts->pages, BUILD_CMA)) {
		uint64_t cma = 0;
		for (size_t i = 0; i < counts->pages->zone_count; i++)
			cma += counts->pages->zones[i].cma_pages;
		write_pages(out, "CmaTotal", cma);
		write_pages(out, "CmaFree", proc_zone_sum(counts, PROC_ZONE_nr_free_cma));
	}
	if (proc_is_built(counts->pages, BUILD_HUGETLB))
		write_hugetlb(out, counts->pages);
	write_pages(out, "DirectMap4k", 0);
	write_pages(out, highmem ? "DirectMap4M" : "DirectMap2M", 0);
}
