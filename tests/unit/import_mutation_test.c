/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Damaged text: whatever bytes a line holds, the importer reads it, leaves it out, or refuses it
 * with one line, and what it hands out keeps every promise of a cursor.
 */
#include "../import_support.h"

#include "text_mutation.h"

enum { ROUNDS = 500, TEXT_MAX = 1 << 16 };

static const char seed_text[] =
	"# tracer: nop\n"
	"# slabyard: meta page_offset=0xffff888000000000\n"
	"# slabyard: cache name=tiny object_size=3 size=8 align=8 flags=0x2000 constructor=1\n"
	"  work-2974 ( 2974) [000] ..... 1.609242: kmem_cache_alloc: call_site=f+0x1/0x9 "
	"ptr=ffff888001000010 bytes_req=20 bytes_alloc=24 gfp_flags=GFP_KERNEL node=-1\n"
	"  work-2974 [001] d.h1. 1.609243: mm_page_alloc: page=ffffea00 pfn=0x1000 order=3 "
	"migratetype=0 gfp_flags=GFP_KERNEL|__GFP_COMP\n"
	"  work 2974/2974 [002] 1.609244: kmem:kmalloc: call_site=g+0x2 ptr=0xffff888001001000 "
	"bytes_req=9 bytes_alloc=16\n"
	"  work-2974 [001] ..... 1.609245: kmem_cache_free: ptr=ffff888001000010 name=tiny\n"
	"  work-2974 [001] ..... 1.609246: mm_page_free: pfn=0x1000 order=3\n"
	"  work-2974 [001] ..... 1.609247: mm_page_free_batched: pfn=0x1000 order=3\n"
	"  work-2974 [001] ..... 1.609248: x: LAB va_alloc ffffc900000e4000-ffffc900000e9000 "
	"align=16384 range=ffffc90000000000-ffffe8ffffffffff purged=0\n"
	"  work-2974 [001] ..... 1.609249: x: LAB op c lab_40r 40 8 HRAC\n"
	"CPU:1 [LOST 12 EVENTS]\n"
	"prog-12 2: malloc: ptr=0x55d0 bytes_req=24\n"
	"prog-12 2: realloc: ptr=0x66d0 old=0x55d0 bytes_req=24\n"
	"prog-12 2: mmap: addr=0x7000 len=4096 prot=3\n"
	"prog-12 2: mremap: addr=0x9000 old=0x7000 old_len=4096 len=8192\n"
	"prog-12 2: sysctl: name=vm.swappiness value=60\n";

static const char seed_dump[] =
	"# slabyard: trace 1\n"
	"# slabyard: task tid=12 tgid=10 comm=a b\n"
	"# slabyard: cache index=0 name=tiny object_size=3 size=8 align=8 flags=0x0 useroffset=0 "
	"constructor=0 complete=1 named=1\n"
	"# slabyard: origin cache=0 gfp=0xcc0 bytes_alloc=8 align=0 node=-1 order=0 migratetype=0 "
	"accounted=0 call_site=f+0x1\n"
	"a b-12 (10) [000] ..... 1.000000001: kmem_cache_alloc: ptr=0x10 bytes_req=3 origin=1 "
	"task=0 id=1\n"
	"a b-12 (10) [000] ..s.. 1.000000002: kmem_cache_free: ptr=0x10 origin=1 id=1 nested=1 "
	"ext_size=1 ext_id=2 ext_address=0x3\n";

static const char alphabet[] = "\n\t =:|/()[]-.x0123456789afzK\0\xff\x80";
static const struct text_mutation mutation = {
	.alphabet = alphabet,
	.alphabet_length = sizeof(alphabet) - 1,
	.edits_max = 8,
	.span_max = 24,
	.text_max = TEXT_MAX,
};

static size_t import_mutated(const char *text, size_t length)
{
	struct import_options as_text = { .format = "text" };
	struct imported in = { 0 };
	struct error err = { 0 };
	struct batch batch;
	char path[64];
	int more;
	support_write(text, length, path);
	in.cursor = import_open(path, &as_text, &in.report, &err);
	unlink(path);
	if (!in.cursor)
		return 0; /* the mutation made compressed data of it */
	while ((more = in.cursor->ops->next(in.cursor, &batch, &err)) == 1)
		support_keep(&in, &batch);
	assert_true(more == 0 || (err.kind == ERROR_INPUT && !strchr(err.message, '\n')));
	support_check(&in);
	size_t count = in.count;
	support_close(&in);
	return count;
}

static void damaged(const char *seed, size_t length, const char *stream)
{
	static char text[TEXT_MAX];
	struct rng *rng = rng_create(1, stream);
	size_t records = 0;
	for (int round = 0; round < ROUNDS; round++) {
		memcpy(text, seed, length);
		records += import_mutated(text, text_mutate(&mutation, rng, text, length));
	}
	rng_destroy(rng);
	/* Damage is small enough that most lines still are read. */
	assert_true(records > ROUNDS);
}

static void damaged_traces_are_read_or_refused(void **state)
{
	(void)state;
	damaged(seed_text, sizeof(seed_text) - 1, "import.text");
}

static void damaged_dumps_are_read_or_refused(void **state)
{
	(void)state;
	damaged(seed_dump, sizeof(seed_dump) - 1, "import.dump");
}

static void expect_refusal(const char *text, const char *message)
{
	struct error err = { 0 };
	struct batch batch;
	char path[64];
	support_write(text, strlen(text), path);
	struct trace_cursor *cursor = import_open(path, NULL, NULL, &err);
	assert_non_null(cursor);
	assert_int_equal(cursor->ops->next(cursor, &batch, &err), -1);
	cursor->ops->close(cursor);
	unlink(path);
	assert_memory_equal(err.message, path, strlen(path));
	assert_string_equal(err.message + strlen(path), message);
}

static void references_must_be_declared(void **state)
{
	(void)state;
	expect_refusal("# slabyard: trace 1\np-1 1: exit: origin=1\n",
		       ": line 2: origin=1 is not declared before");
	expect_refusal("# slabyard: trace 1\np-1 1: exit: task=1\n",
		       ": line 2: task=1 is not declared before");
	expect_refusal("# slabyard: trace 1\n# slabyard: origin cache=0 gfp=0x0\n",
		       ": line 2: cache=0 is not declared before");
	expect_refusal("p-1 1: exit:\n# slabyard: trace 1\n",
		       ": line 2: must stand before the first event");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(damaged_traces_are_read_or_refused),
		cmocka_unit_test(damaged_dumps_are_read_or_refused),
		cmocka_unit_test(references_must_be_declared),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
