/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/machine_options.h"

#include <stddef.h>

#include "core/page_state.h"
#include "cost/cost.h"
#include "libc/libc.h"
#include "machine/ageing.h"
#include "page/page.h"
#include "results/sink.h"
#include "slab/slab.h"

/* In the order of enum machine_arch. */
static const char *const arch_names[] = { "x86-64", "ia32", NULL };

#define FIELD(member) offsetof(struct machine_params, member)
static const struct option_spec machine_options[] = {
	{ .name = "arch",
	  .offset = FIELD(arch),
	  .type = OPTION_CHOICE,
	  .default_text = "x86-64",
	  .unit = "",
	  .choices = arch_names,
	  .help = "zones: DMA, DMA32, Normal; or DMA, Normal, HighMem" },
	{ .name = "memory",
	  .offset = FIELD(memory_bytes),
	  .type = OPTION_SIZE,
	  .default_text = "4GiB",
	  .min = 4194304,
	  .max = PAGE_MEMORY_BYTES_MAX,
	  .unit = "bytes",
	  .help = "physical memory" },
	{ .name = "reserved",
	  .offset = FIELD(reserved_bytes),
	  .type = OPTION_SIZE,
	  .default_text = "0B",
	  .min = 0,
	  .max = 1099511627776,
	  .unit = "bytes",
	  .help = "memory that boot keeps from the page allocator, all in all; 0: as much as a "
		  "Debian 12 kernel does" },
	{ .name = "kernel",
	  .offset = FIELD(kernel_bytes),
	  .type = OPTION_SIZE,
	  .default_text = "45272KiB",
	  .min = 0,
	  .max = 1073741824,
	  .unit = "bytes",
	  .help = "the kernel's image at 16MiB, without what boot frees of it; at most a quarter "
		  "of memory" },
	{ .name = "lowmem",
	  .offset = FIELD(lowmem_bytes),
	  .type = OPTION_SIZE,
	  .default_text = "896MiB",
	  .min = 33554432,
	  .max = 3221225472,
	  .unit = "bytes",
	  .help = "ia32: memory that the kernel maps directly, HighMem is above" },
	{ .name = "cpus",
	  .offset = FIELD(cpus),
	  .type = OPTION_UINT,
	  .default_text = "2",
	  .min = 1,
	  .max = 4096,
	  .unit = "",
	  .help = "simulated CPUs" },
	{ .name = "nodes",
	  .offset = FIELD(nodes),
	  .type = OPTION_UINT,
	  .default_text = "1",
	  .min = 1,
	  .max = NODES_MAX,
	  .unit = "",
	  .help = "NUMA nodes" },
	{ .name = "node_memory",
	  .offset = FIELD(node_memory),
	  .type = OPTION_TEXT,
	  .default_text = "",
	  .unit = "",
	  .help = "each node's memory, as 3GiB,1GiB; empty: shared out evenly" },
	{ .name = "node_cpus",
	  .offset = FIELD(node_cpus),
	  .type = OPTION_TEXT,
	  .default_text = "",
	  .unit = "",
	  .help = "how many CPUs each node has, as 2,0; empty: shared out evenly" },
	{ .name = "node_distances",
	  .offset = FIELD(node_distances),
	  .type = OPTION_TEXT,
	  .default_text = "",
	  .unit = "",
	  .help = "from each node to each, as 10,21;21,10; empty: 20 to all others" },
	{ .name = "orders",
	  .offset = FIELD(orders),
	  .type = OPTION_UINT,
	  .default_text = "11",
	  .min = 1,
	  .max = PAGE_ORDERS_MAX,
	  .unit = "",
	  .help = "orders of the page allocator (the kernel's MAX_ORDER)" },
	{ .name = "pageblock_order",
	  .offset = FIELD(pageblock_order),
	  .type = OPTION_UINT,
	  .default_text = "9",
	  .min = 0,
	  .max = PAGE_ORDERS_MAX - 1,
	  .unit = "",
	  .help = "order of a pageblock: 9 with HUGETLB_PAGE, else orders - 1" },
	{ .name = "hz",
	  .offset = FIELD(hz),
	  .type = OPTION_UINT,
	  .default_text = "250",
	  .min = 24,
	  .max = 1000,
	  .unit = "1/s",
	  .help = "CONFIG_HZ: the clock by which SLAB reaps, and memory is compacted with nobody "
		  "asking" },
	{ .name = "root_in_memory",
	  .offset = FIELD(root_in_memory),
	  .type = OPTION_BOOL,
	  .default_text = "true",
	  .unit = "",
	  .help = "file pages of a recorded start state are those of a root file system in memory "
		  "(ramfs), which compaction cannot move" },
	{ .name = "page_cache",
	  .offset = FIELD(page_cache_bytes),
	  .type = OPTION_SIZE,
	  .default_text = "0B",
	  .min = 0,
	  .max = PAGE_MEMORY_BYTES_MAX,
	  .unit = "bytes",
	  .help = "clean page cache at the start, which reclaim gives back, the oldest first; "
		  "less where there is no room for it" },
	{ .name = "slab_cache",
	  .offset = FIELD(slab_cache_bytes),
	  .type = OPTION_SIZE,
	  .default_text = "0B",
	  .min = 0,
	  .max = PAGE_MEMORY_BYTES_MAX,
	  .unit = "bytes",
	  .help = "dentries of 192 bytes at the start, which a shrinker frees when memory is "
		  "short, the oldest first; less where there is no room for them; not at page "
		  "level" },
	OPTION_END,
};
#undef FIELD

static const char *const touches[] = { "auto", "none", "recorded", "all", "header", NULL };

#define FIELD(member) offsetof(struct process_params, member)
static const struct option_spec process_options[] = {
	{ .name = "touch",
	  .offset = FIELD(touch),
	  .type = OPTION_CHOICE,
	  .default_text = "auto",
	  .unit = "",
	  .help = "what a program writes of the blocks that it gets: what the trace records "
		  "(recorded), all bytes besides, the first (header), or nothing at all (none); "
		  "auto: recorded where the trace tells, else all",
	  .choices = touches },
	{ .name = "mlockall",
	  .offset = FIELD(mlockall),
	  .type = OPTION_BOOL,
	  .default_text = "false",
	  .unit = "",
	  .help = "every process begins with mlockall(MCL_CURRENT | MCL_FUTURE)" },
	OPTION_END,
};
#undef FIELD

#define FIELD(member) offsetof(struct sample_params, member)
static const struct option_spec sample_options[] = {
	{ .name = "every_records",
	  .offset = FIELD(every_records),
	  .type = OPTION_UINT,
	  .default_text = "256",
	  .min = 0,
	  .max = 1e15,
	  .unit = "records",
	  .help = "records from one sample to the next; 0: none by count; 256, the default: at "
		  "first, doubled with every 32 samples up to 65536 (at once with every_time)" },
	{ .name = "every_time",
	  .offset = FIELD(every_time_ns),
	  .type = OPTION_DURATION,
	  .default_text = "0ns",
	  .min = 0,
	  .max = 1e18,
	  .unit = "ns",
	  .help = "simulated time from one sample to the next; 0ns: none by time" },
	{ .name = "keep",
	  .offset = FIELD(keep),
	  .type = OPTION_UINT,
	  .default_text = "4096",
	  .min = 2,
	  .max = 1e9,
	  .unit = "samples",
	  .help = "samples kept: beyond it every second one is dropped and the interval doubles" },
	{ .name = "map_keep",
	  .offset = FIELD(map_keep),
	  .type = OPTION_UINT,
	  .default_text = "64",
	  .min = 0,
	  .max = 1e6,
	  .unit = "samples",
	  .help = "samples of the map of physical memory kept, likewise; 0: none" },
	{ .name = "map_pieces",
	  .offset = FIELD(map_pieces),
	  .type = OPTION_UINT,
	  .default_text = "256",
	  .min = 1,
	  .max = 65536,
	  .unit = "pieces",
	  .help = "pieces of memory that the map tells apart" },
	OPTION_END,
};
#undef FIELD

#define FIELD(member) offsetof(struct age_params, member)
static const struct option_spec age_options[] = {
	{ .name = "used",
	  .offset = FIELD(used),
	  .type = OPTION_REAL,
	  .default_text = "0.6",
	  .min = 0.01,
	  .max = 0.9,
	  .unit = "",
	  .help = "share of memory in use after ageing to a level" },
	{ .name = "movable",
	  .offset = FIELD(movable),
	  .type = OPTION_REAL,
	  .default_text = "0.75",
	  .min = 0,
	  .max = 1,
	  .unit = "",
	  .help = "share of movable pages in what processes have" },
	{ .name = "reclaimable",
	  .offset = FIELD(reclaimable),
	  .type = OPTION_REAL,
	  .default_text = "0.1",
	  .min = 0,
	  .max = 1,
	  .unit = "",
	  .help = "share of reclaimable ones; the rest is unmovable" },
	{ .name = "peak",
	  .offset = FIELD(peak),
	  .type = OPTION_REAL,
	  .default_text = "0.95",
	  .min = 0.01,
	  .max = 1,
	  .unit = "",
	  .help = "share of memory in use at the most, as far as watermarks allow" },
	OPTION_END,
};
#undef FIELD

static const char *const blame_moments[] = { "none", "end", "marks", NULL };

#define FIELD(member) offsetof(struct blame_params, member)
static const struct option_spec blame_options[] = {
	{ .name = "at",
	  .offset = FIELD(at),
	  .type = OPTION_CHOICE,
	  .default_text = "marks",
	  .choices = blame_moments,
	  .unit = "",
	  .help = "when it is found out what holds pageblocks: never, at the end, or at the start, "
		  "at every mark and at the end" },
	{ .name = "order",
	  .offset = FIELD(order),
	  .type = OPTION_UINT,
	  .default_text = "0",
	  .min = 0,
	  .max = PAGE_ORDERS_MAX - 1,
	  .unit = "",
	  .help = "order of the blocks that are asked about; 0: pageblocks" },
	OPTION_END,
};
#undef FIELD

static const struct config_section sections[] = {
	{ "machine", "the simulated hardware", machine_options, sizeof(struct machine_params),
	  NULL },
	{ "page", "page allocator", NULL, 0, &page_policies },
	{ "slab", "slab allocator", NULL, 0, &slab_policies },
	{ "process", "programs", process_options, sizeof(struct process_params), NULL },
	{ "libc", "C library allocator", NULL, 0, &libc_policies },
	{ "trim", "when the C library gives memory back", NULL, 0, &trim_policies },
	{ "cost", "cost model", NULL, 0, &cost_policies },
	{ "sample", "how often state is sampled into the result", sample_options,
	  sizeof(struct sample_params), NULL },
	{ "age", "how --start aged:LEVEL ages a machine", age_options, sizeof(struct age_params),
	  NULL },
	{ "blame", "what holds pageblocks, for `slabyard frag`", blame_options,
	  sizeof(struct blame_params), NULL },
	{ "results", "result sink", NULL, 0, &result_sinks },
	{ 0 },
};

const struct config_schema machine_schema = { sections };
