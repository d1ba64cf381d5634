/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One simulated machine and the run on it. Private to machine/: every file here is one concern of
 * the run and works on this struct.
 */
#ifndef SLABYARD_MACHINE_MACHINE_H
#define SLABYARD_MACHINE_MACHINE_H

#include "base/arena.h"
#include "base/histogram.h"
#include "core/assert.h"
#include "core/cursor.h"
#include "core/event.h"
#include "core/lock.h"
#include "core/operation.h"
#include "core/work.h"
#include "cost/cost.h"
#include "import/import.h"
#include "machine/assist.h"
#include "machine/events.h"
#include "machine/horizon.h"
#include "machine/machine_options.h"
#include "machine/page_events.h"
#include "machine/perturbation.h"
#include "machine/processes.h"
#include "machine/recorded_environment.h"
#include "machine/resident.h"
#include "machine/slab_pages.h"
#include "machine/true_caches.h"
#include "page/page.h"
#include "results/sink.h"
#include "slab/slab.h"
#include "slabyard.h"

enum {
	MACHINE_CPUS_MAX = 4096,
	/* Ids are dense, so this many allocations may be alive at once in each space. */
	MACHINE_IDS_MAX = 1 << 27,
	MACHINE_ORIGINS_MAX = 1 << 22,
	MACHINE_CACHES_MAX = 1 << 20,
	OWN_SLABS_MAX = 16,
};

/*
 * What the run does with an operation, decided once per run from level and layers. Those from
 * ACTION_PAGE_ALLOC on take simulated time.
 */
enum action {
	ACTION_NO_LAYER, /* counted as not replayed */
	ACTION_SKIP,     /* another level's business: neither executed nor missed */
	ACTION_NOTE,     /* known, and changes nothing by itself */
	ACTION_MARK,
	ACTION_BULK_BEGIN,
	ACTION_BULK_END,
	ACTION_PAGE_FACT,   /* something a page assist may use */
	ACTION_OBJECT_FACT, /* something an assist may use for objects */
	ACTION_RESIDENT,    /* what tells how many pages processes have, and that they live */
	ACTION_PAGE_ALLOC,
	ACTION_PAGE_FREE,
	ACTION_KMALLOC,
	ACTION_KFREE,
	ACTION_KREALLOC,
	ACTION_CACHE_ALLOC,
	ACTION_CACHE_FREE,
	ACTION_CACHE_CREATE,
	ACTION_CACHE_DESTROY,
	ACTION_CACHE_SHRINK,
	ACTION_MALLOC,
	ACTION_FREE,
	ACTION_LIBC,
	ACTION_VM,
	ACTION_PROCESS,
	ACTION_ALLOC_BEGIN,
};

/* Order of the engine's own events at one time. */
enum event_class {
	EVENT_DEFERRED, /* a policy's services_defer */
	EVENT_TRIM,     /* a trim policy's timer */
	EVENT_READY,    /* closed timing: a thread's next record */
	EVENT_SAMPLE,
};

struct operation_stats {
	uint64_t idle;                /* records that were not carried out */
	uint64_t failed;              /* carried out, and there was no memory */
	struct histogram *latency_ps; /* of each one carried out; NULL when none ever is */
};

/* A program's own mapping, by id in SPACE_MAP; length 0: the id is free. */
struct map_entry {
	uint64_t address, length;
};

/*
 * Live allocations by trace id. An entry is 0 when the id is free, else the value plus 1; the top
 * bit says that the value is a recorded address of an allocation older than the start state.
 */
#define IDENTITY_OLDER (1ull << 63)
/* Pages: parts of the allocation have been freed (machine/split_pages.h). */
#define IDENTITY_SPLIT (1ull << 62)

/* Who made a live allocation; known only for ids that are alive. */
struct owner {
	uint32_t origin, task;
	uint64_t time_ns;
};

struct identity {
	uint64_t *object;        /* by id: object_t */
	uint64_t *page;          /* by id: see page_entry() of machine/page_records.h */
	struct heap_block *heap; /* at libc level */
	struct map_entry *map;
	uint32_t object_count, page_count, heap_count, map_count;
	/* By id; NULL in a run that writes no result, where nobody asks. */
	struct owner *object_owner, *page_owner;
	uint32_t object_owner_count, page_owner_count;
};

/* A few tasks by tid, the latest ones; 0 is nobody. */
enum { TASK_SET_MAX = 64, PENDING_MAX = 256 };
struct task_set {
	uint32_t tid[TASK_SET_MAX];
	uint32_t count, next;
};

struct effect_pairs;
struct split_pages;
struct kernel_threads;
struct migration;
struct page_cache;
struct dentries;
struct oom;
struct start;
struct expect;
struct sampler;
struct frame_uses;
struct snapshots;
struct placements;
struct closed;
struct cpu_order;
struct census;
struct own_records;

struct machine {
	const struct config *config;
	const struct slabyard_run *run;
	const struct machine_params *params;
	const struct sample_params *sample_params;
	const struct blame_params *blame_params;
	const struct age_params *age_params;
	struct slabyard_summary *summary;

	struct arena *arena;
	struct work work;
	struct op_clock clock;
	struct services services;
	struct lock_table *locks;
	struct event_heap *events;
	struct kernel_threads *threads;
	struct migration *migration;
	struct page_cache *page_cache; /* NULL: none was configured */
	struct dentries *dentries;     /* likewise */
	struct oom *oom;
	struct resident resident;
	uint64_t next_event_ns; /* time of the first event, UINT64_MAX: none */

	const struct cost_policy *cost;
	const struct page_policy *page;
	void *page_state;
	const struct slab_policy *slab; /* NULL at page level */
	void *slab_state;
	struct page_source pages;       /* what slab asks */
	const struct libc_policy *libc; /* NULL but at libc level */
	const void *libc_params;
	const struct trim_policy *trim;
	const void *trim_params;
	const struct process_params *process_params;
	struct recorded_environment recorded_environment;
	struct processes processes;

	struct trace_cursor *trace;
	struct import_report import;      /* of a text trace */
	const struct origin_def *origins; /* the trace's, as they are in this batch */
	/* By origin: what all its calls ask for; bytes are 0 where each record tells its own. */
	struct request *requests;
	uint32_t request_count;
	struct sim_position position;
	/* Closed timing, once records are run: the one in hand, in place of position's. */
	struct hand {
		bool taken;
		uint64_t record, line;
	} hand;
	const uint64_t *lines; /* of the batch in hand; NULL when the trace has none */
	uint64_t time_ns;      /* simulated time, that of the record in hand (recorded timing) */
	uint64_t origin_ns;    /* time of the first record: picosecond clocks count from it */
	uint64_t now_ns;       /* closed timing: time of the latest event */
	double wall_begin, wall_told;
	bool started;

	uint8_t action[OPERATION_COUNT];
	struct operation_stats operations[OPERATION_COUNT];
	uint64_t *cpu_free_ps; /* by cpu: when it can take its next operation */
	uint32_t cpus;
	uint64_t memory_bytes;
	struct topology topology;
	struct page_counts frame_zones; /* filled when first asked (machine/frame_nodes.h) */
	/* A trace's CPU on this machine: those it does not have are folded onto those it has. */
	uint16_t cpu_of[MACHINE_CPUS_MAX];
	bool cpu_seen[MACHINE_CPUS_MAX]; /* by the trace's number */
	struct identity ids;
	bool page_level, libc_level;
	bool chunk_flags_known;    /* the trace tells the flags of chunks' size fields */
	bool mmap_base_known;      /* assist mmap_base: mappings lie where recorded */
	bool touches_seen;         /* the trace tells what programs touch */
	bool touch_recorded;       /* page_read and its like are carried out */
	uint64_t touch_bytes_max;  /* of each block that a program gets it writes so many bytes */
	bool page_assists;         /* some assist adds to page requests */
	bool resync;               /* assist resync: misplaced pages are exchanged */
	bool moves_told;           /* what compaction moved is taken from the trace */
	bool pages_from_trace;     /* assist slab_page: no page allocator is asked */
	uint64_t objects_executed; /* object operations so far: positions of slab's page requests */

	/* The policy's caches, their number plus 1, 0 when not made yet. */
	uint32_t *cache_of;              /* by recorded cache */
	uint32_t *cache_of_true;         /* by true cache */
	uint32_t *cache_of_origin;       /* what the origin's allocations are from */
	struct true_caches *true_caches; /* NULL: recorded caches stand for themselves */
	uint64_t page_offset;            /* recorded direct map, 0: addresses cannot be compared */

	/* Assist rcu: calls that wait until the recording shows their page freed, oldest first. */
	struct rcu_waiting {
		size_t count, capacity;
		struct rcu_call {
			uint64_t token;
			uint32_t cpu; /* that queued it: each has a queue of its own */
		} * calls;
		bool by_object; /* the recording tells each object, not only pages */
	} rcu_waiting;

	/* The bulk allocation in hand: positions of its first object and of the next one. */
	struct bulk_alloc {
		uint32_t origin;
		uint64_t first, next;
	} bulk_alloc;

	uint8_t *bulk_depth; /* by cpu: inside __alloc_pages_bulk */
	bool bulk_told;      /* the trace has brackets that say so */
	struct bulk_free {
		size_t count, capacity;
		object_t *objects;
		cache_id cache;
		struct request request;
	} * bulk_free; /* by cpu */

	/* machine/pending.h */
	struct pending_alloc {
		uint64_t value; /* object or frame; UINT64_MAX: there was no memory */
		uint32_t task, kind;
	} pending[PENDING_MAX];

	/* What the main loop has to look at before a record, asked as one: mostly nothing. */
	union {
		struct {
			uint32_t bulks_gathered; /* CPUs whose bulk free is not empty */
			uint16_t pending_count;
			bool leaves_out; /* machine/own_records.h: some origin's records */
		};
		uint64_t unusual;
	};

	struct assists assists;
	struct task_set reclaiming, victims; /* as the recording tells */
	struct effect_pairs *effects;
	struct split_pages *split_pages;
	struct recorded_pages *recorded_pages; /* assist slab_page, else NULL */
	struct slabyard_requests slab_requests[SLABYARD_ORDERS_MAX];
	struct slab_pages slab_pages;
	struct start *start;
	struct census *census; /* while the start state is laid out anew */
	uint32_t gfp_ignored;  /* bits that mean nothing to the recorded kernel */
	/* By origin: not 0 for what the recorded slab allocator did for itself; NULL: all counts.
	 */
	uint8_t *left_out;
	struct own_records *own_records;
	/* SLAB on SLAB: records of what it allocated for the slab that comes next. */
	struct own_slabs {
		uint32_t first, count;
		struct record records[OWN_SLABS_MAX];
	} own_slabs;
	struct perturbation perturbation;
	struct expect *expect;
	struct sampler *sampler;
	struct frame_uses *frame_uses; /* NULL: nobody asks for a map of memory */
	struct snapshots *snapshots;
	struct placements *placements;
	struct closed *closed;
	struct cpu_order *cpu_order; /* assist lock_order, else NULL */

	struct horizon horizon;
	struct events events_out;
	struct result_table *slab_errors; /* NULL at page level */
	struct page_events page_events;
	const struct result_sink *sink_ops;
	void *sink;
};

/* build.c */
int machine_build(struct machine *m, struct error *err);
void machine_demolish(struct machine *m);

/*
 * Hands over the objects that a CPU's bulk free gathered. Its events come before its work: it is
 * carried out when the CPU's next event is met, not before what another CPU did meanwhile.
 */
void machine_flush_bulk(struct machine *m, uint32_t cpu);
void machine_flush_bulks(struct machine *m);

/* The slab allocator that the trace was recorded under, as far as it or the start tells; or NULL.
 */
const char *machine_recorded_allocator(const struct machine *m);

/* replay.c: from the batch in hand to the trace's end. */
int machine_replay(struct machine *m, struct batch *batch, struct error *err);
int machine_run_events(struct machine *m, uint64_t until_ns, struct error *err);
void machine_note_next_event(struct machine *m);

/* 1-based number of the record in hand; at the end of the trace, the last. */
static inline uint64_t machine_record(const struct machine *m)
{
	const struct sim_position *p = &m->position;
	if (m->hand.taken)
		return m->hand.record;
	return p->current ? p->first_record + (uint64_t)(p->current - p->batch) + 1
			  : p->first_record;
}

/* Its line in a text trace, 0 when there are none. */
static inline uint64_t machine_line(const struct machine *m)
{
	if (m->hand.taken)
		return m->hand.line;
	return m->lines ? m->lines[m->position.current - m->position.batch] : 0;
}

static inline const char *machine_level_name(const struct machine *m)
{
	if (m->libc_level)
		return "libc";
	return m->page_level ? "page" : "slab";
}

/* Ids up to this one may be alive, and have an owner where owners are known. */
static inline uint32_t machine_owned_ids(const struct machine *m, enum id_space space)
{
	uint32_t count = space == SPACE_PAGE ? m->ids.page_owner_count : m->ids.object_owner_count;
	uint32_t id_max = m->trace->definitions->id_max[space];
	return id_max < count ? id_max : count ? count - 1 : 0;
}

static inline void machine_note_owner(const struct machine *m, struct owner *owners,
				      const struct record *r)
{
	if (owners)
		owners[r->id] = (struct owner){ r->origin, r->task, m->time_ns };
}

static inline uint32_t machine_cpu(const struct machine *m, const struct record *r)
{
	return m->cpu_of[record_cpu(r)];
}

#endif
