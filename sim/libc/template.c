/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A C library's allocator to begin from. It is complete and passes the conformance tests: every
 * block is a mapping of its own, made when it is allocated and unmapped when it is freed.
 *
 * To make it your own: copy the file, rename template_ and the policy, and either add
 * POLICY(your_libc_policy) to policies.def and the file to CMakeLists.txt, or leave the tree alone
 * and load it as a plugin:
 *
 *     cc -shared -fPIC -I PREFIX/include/slabyard my_libc.c -o my_libc.so
 *     slabyard --plugin ./my_libc.so run --set libc.policy=template ...
 */
#include "core/ids.h"
#include "libc/libc.h"

/* What users can set. The option table below fills it before create() sees it. */
struct template_params {
	uint64_t blocks_max;
};

/* A block that is alive; bytes 0: the entry is free. */
struct template_block {
	uint64_t address;      /* what the program was given */
	uint64_t start, bytes; /* the mapping */
};

/*
 * All state stands in one struct and in arrays of the arena: no malloc, nothing static. So runs are
 * independent and repeatable. The arrays are as large as they could ever have to be: memory is used
 * only where they are touched.
 */
struct template_libc {
	const struct address_space *space;
	const struct services *services;
	struct template_params params;
	struct template_block *blocks; /* params.blocks_max */
	uint64_t block_count;          /* entries used so far */
	uint64_t live_count, live_bytes;
};

/* An option is written once: YAML, --set, defaults, ranges and documentation come from here. */
static const struct option_spec template_options[] = {
	{
		.name = "blocks",
		.offset = offsetof(struct template_params, blocks_max),
		.type = OPTION_UINT,
		.default_text = "65530",
		.min = 1,
		.max = 1e9,
		.unit = "blocks",
		.help = "blocks that can be alive at once (vm.max_map_count)",
	},
	OPTION_END,
};

/* Builds the state; makes no system call yet. Whatever is kept must be in services->arena. */
static void *template_create(const struct libc_environment *environment, const void *params,
			     struct error *err)
{
	struct arena *arena = environment->services->arena;
	struct template_libc *t = arena_array(arena, 1, sizeof(*t), err);

	if (!t)
		return NULL;
	t->space = environment->space;
	t->services = environment->services;
	t->params = *(const struct template_params *)params;
	t->blocks = arena_array(arena, t->params.blocks_max, sizeof(*t->blocks), err);
	return t->blocks ? t : NULL;
}

/* A child has what its parent had, at the same addresses; from then on each goes its own way. */
static void *template_fork(const void *state, uint32_t thread,
			   const struct libc_environment *environment, struct error *err)
{
	const struct template_libc *parent = state;
	struct template_libc *t = template_create(environment, &parent->params, err);

	(void)thread;
	if (!t)
		return NULL;
	t->block_count = parent->block_count;
	t->live_count = parent->live_count;
	t->live_bytes = parent->live_bytes;
	for (uint64_t i = 0; i < t->block_count; i++)
		t->blocks[i] = parent->blocks[i];
	return t;
}

static void template_destroy(void *state)
{
	(void)state; /* the arena goes with the run */
}

/* The block at this address, or with address 0 an entry that is free; NULL: there is none. */
static struct template_block *template_find(const struct template_libc *t, uint64_t address)
{
	for (uint64_t i = 0; i < t->block_count; i++) {
		if (address ? t->blocks[i].bytes && t->blocks[i].address == address
			    : !t->blocks[i].bytes)
			return &t->blocks[i];
	}
	return NULL;
}

static struct template_block *template_entry(struct template_libc *t)
{
	if (t->block_count < t->params.blocks_max)
		return &t->blocks[t->block_count++];
	return template_find(t, 0);
}

/*
 * Policies count the primitives that they perform, never time: the cost model prices them. System
 * calls and faults are counted by the address space. A process that is out of memory is a result,
 * not an error: the program is given NULL.
 */
static uint64_t template_memalign(void *state, uint32_t thread, uint64_t alignment, uint64_t bytes)
{
	struct template_libc *t = state;
	const uint64_t page = PAGE_SIZE_BYTES;
	const uint64_t extra = alignment > page ? alignment - page : 0;

	(void)thread;
	work_count(t->services->work, WORK_libc_slowpath);
	struct template_block *block = template_entry(t);

	if (!block || bytes > INT64_MAX || extra > INT64_MAX - bytes)
		return LIBC_NULL;
	const uint64_t length = (bytes + extra + page - (bytes > 0)) & ~(page - 1);
	const uint64_t start = t->space->mmap(t->space->context, 0, length, ADDRESS_READ_WRITE);

	if (start == ADDRESS_NONE)
		return LIBC_NULL;
	*block = (struct template_block){
		.address = extra ? (start + alignment - 1) & ~(alignment - 1) : start,
		.start = start,
		.bytes = length,
	};
	t->live_count++;
	t->live_bytes += length;
	return block->address;
}

static uint64_t template_malloc(void *state, uint32_t thread, uint64_t bytes)
{
	return template_memalign(state, thread, 1, bytes);
}

static void template_free(void *state, uint32_t thread, uint64_t address)
{
	struct template_libc *t = state;
	struct template_block *block = template_find(t, address);

	(void)thread;
	if (!block)
		return;
	work_count(t->services->work, WORK_libc_slowpath);
	t->space->munmap(t->space->context, block->start, block->bytes);
	t->live_count--;
	t->live_bytes -= block->bytes;
	block->bytes = 0;
}

static uint64_t template_usable_size(const void *state, uint64_t address)
{
	const struct template_block *block = template_find(state, address);

	return block ? block->start + block->bytes - block->address : 0;
}

/* Pages that the allocator itself reads and writes are told to the address space: they may fault.
 */
static uint64_t template_realloc(void *state, uint32_t thread, uint64_t old, uint64_t bytes)
{
	struct template_libc *t = state;

	if (old && !bytes) {
		template_free(t, thread, old);
		return LIBC_NULL;
	}
	const uint64_t kept = old ? template_usable_size(t, old) : 0;

	if (old && bytes <= kept)
		return old;
	const uint64_t moved = template_malloc(t, thread, bytes);

	if (!old || !moved)
		return moved;
	work_count_n(t->services->work, WORK_copy_byte, kept);
	t->space->read(t->space->context, old, kept);
	t->space->write(t->space->context, moved, kept);
	template_free(t, thread, old);
	return moved;
}

static int template_mallopt(void *state, int parameter, int value)
{
	(void)state;
	(void)parameter;
	(void)value;
	return 0;
}

static int template_malloc_trim(void *state, uint64_t pad)
{
	(void)state;
	(void)pad;
	return 0;
}

static void template_thread_exit(void *state, uint32_t thread)
{
	(void)state;
	(void)thread;
}

static bool template_is_mapped(const void *state, uint64_t address)
{
	return template_find(state, address);
}

static uint32_t template_arena_count(const void *state)
{
	(void)state;
	return 1;
}

static void template_counts(const void *state, uint32_t arena, struct libc_counts *counts)
{
	const struct template_libc *t = state;

	(void)arena;
	*counts = (struct libc_counts){ .hblks = t->live_count, .hblkhd = t->live_bytes };
}

/* Figures of fragmentation and heap maps come from here. */
static void template_walk(const void *state,
			  void (*visit)(void *context, const struct libc_extent *extent),
			  void *context)
{
	const struct template_libc *t = state;

	for (uint64_t i = 0; i < t->block_count; i++) {
		const struct libc_extent extent = {
			.address = t->blocks[i].start,
			.bytes = t->blocks[i].bytes,
			.bin = LIBC_BIN_NONE,
			.state = LIBC_EXTENT_MMAPPED,
		};

		if (extent.bytes)
			visit(context, &extent);
	}
}

/* For tests: may be slow, and says in *err which invariant does not hold. */
static bool template_check(const void *state, struct error *err)
{
	const struct template_libc *t = state;
	uint64_t bytes = 0;

	for (uint64_t i = 0; i < t->block_count; i++)
		bytes += t->blocks[i].bytes;
	if (bytes == t->live_bytes)
		return true;
	error_set(err, ERROR_RUN, "mappings have %llu bytes, %llu are counted",
		  (unsigned long long)bytes, (unsigned long long)t->live_bytes);
	return false;
}

/*
 * The table: what the policy is called, what it can do, and its hooks. libc.h says what each is to
 * do.
 */
static const struct libc_policy template_libc_policy = {
	.info = {
		.abi = POLICY_ABI,
		.name = "template",
		.help = "a mapping for each block: to begin from",
		.capabilities = POLICY_PLACES | POLICY_REUSES,
		.options = template_options,
		.params_size = sizeof(struct template_params),
	},
	.create = template_create,
	.fork = template_fork,
	.destroy = template_destroy,
	.malloc = template_malloc,
	.calloc = template_malloc,
	.realloc = template_realloc,
	.memalign = template_memalign,
	.free = template_free,
	.mallopt = template_mallopt,
	.malloc_trim = template_malloc_trim,
	.thread_exit = template_thread_exit,
	.usable_size = template_usable_size,
	.is_mapped = template_is_mapped,
	.arena_count = template_arena_count,
	.counts = template_counts,
	.walk = template_walk,
	.check = template_check,
};

const struct slabyard_plugin slabyard_plugin = { "libc", &template_libc_policy.info };
