/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Recorded allocator states: every kind of line, every recording, every refusal. */
#include <glob.h>

#include "../import_support.h"

#define HEAD                                                                                       \
	"mmstate 1 alloc=%s cpus=2 pageblock_order=9 totalram=100 totalreserve=8 "                 \
	"min_free_kbytes=18 jiffies=1\n"                                                           \
	"page_offset=ffff888000000000 vmemmap=ffffea0000000000 sizeof_page=64 "                    \
	"kmalloc_max_cache=8192 kmalloc_max=4194304 kmalloc_min=8\n"
#define ZONE "zone DMA32 idx=1 start_pfn=4096 spanned=61408 present=61000 managed=52007 flags=a\n"
#define PAGES                                                                                      \
	ZONE "wmark min=430 low=537 high=644 promo=751 boost=3 highatomic=1024\n"                  \
	     "lowmem_reserve 0 195 196 197\n"                                                      \
	     "vmstat nr_free=31336 compact free_pfn=0 mig_pfn=0,0 defer=0,0,0\n"                   \
	     "nr_free order=0 3\nfree order=0 mt=0: 30251 7\nfree order=0 mt=1: 9\n"               \
	     "nr_free order=1 0\n"                                                                 \
	     "pcp cpu=0 count=3 high=537 batch=15 free_factor=1 nlists=14\n"                       \
	     "vmdiff cpu=0 nr_free=-5 threshold=4\n"                                               \
	     "pcplist cpu=0 idx=3: 30245 30246 30247\n"                                            \
	     "pcp cpu=1 count=0 high=537 batch=15 free_factor=0 nlists=14\n"                       \
	     "pageblock 4096 mt=1 lru=12 reserved=3\n"                                             \
	     "pages 4096+1537R 5955+1890 6144+213B\n"

static int read_text(const char *text, struct page_state *pages, struct slab_state *slabs,
		     struct error *err)
{
	char path[64];
	support_write(text, strlen(text), path);
	int result = mmstate_read(path, pages, slabs, err);
	unlink(path);
	return result;
}

static int read_with(const char *allocator, const char *rest, struct page_state *pages,
		     struct slab_state *slabs, struct error *err)
{
	char text[8192];
	int head = snprintf(text, sizeof(text), HEAD, allocator);
	snprintf(text + head, sizeof(text) - (size_t)head, "%s", rest);
	return read_text(text, pages, slabs, err);
}

static void pages_are_read(void **state)
{
	(void)state;
	struct page_state p;
	struct error err = { 0 };
	assert_int_equal(read_with("slub", PAGES, &p, NULL, &err), 0);
	assert_int_equal(p.cpus, 2);
	assert_int_equal(p.orders, 2);
	assert_int_equal(p.pageblock_order, 9);
	assert_int_equal(p.total_ram_pages, 100);
	assert_int_equal(p.page_offset, 0xffff888000000000);
	assert_int_equal(p.zone_count, 1);
	const struct zone_state *z = &p.zones[0];
	assert_string_equal(z->name, "DMA32");
	assert_int_equal(z->flags, 10);
	assert_int_equal(z->managed, 52007);
	assert_int_equal(z->watermark_boost, 3);
	assert_int_equal(z->nr_highatomic, 1024);
	assert_int_equal(z->lowmem_reserve_count, 4);
	assert_int_equal(z->lowmem_reserve[3], 197);
	assert_int_equal(z->nr_free, 31336);
	assert_int_equal(z->free[0][0].count, 2);
	assert_int_equal(z->free[0][0].pfn[0], 30251);
	assert_int_equal(z->free[0][1].pfn[0], 9);
	assert_int_equal(z->pcp_count, 2);
	assert_int_equal(z->pcp[0].vmdiff_free, -5);
	assert_int_equal(z->pcp[0].lists[3].count, 3);
	assert_int_equal(z->pcp[0].lists[3].pfn[2], 30247);
	assert_int_equal(z->pageblocks[0].lru, 12);
	assert_int_equal(z->run_count, 3);
	assert_int_equal(z->runs[1].pfn, 5955);
	assert_int_equal(z->runs[1].count, 189);
	assert_int_equal(z->runs[1].kind, '0');
	page_state_free(&p);
}

#define SLUB_CACHE                                                                                 \
	"cache lab_40r ptr=ffff88800260fa00 size=48 object_size=40 inuse=40 align=8 offset=40 "    \
	"flags=40080000 oo_order=0 oo_objects=85 min_order=0 min_objects=85 cpu_partial=120 "      \
	"cpu_partial_slabs=3 min_partial=5 refcount=-1 allocflags=40000 ctor=1 nr_slabs=3 "        \
	"total_objects=255 nr_partial=1\n"

static void slub_is_read(void **state)
{
	(void)state;
	struct slab_state s;
	struct error err = { 0 };
	/* Per-cpu lines of two CPUs are mixed in the file and grouped in the state. */
	assert_int_equal(
		read_with("slub",
			  SLUB_CACHE
			  " cpuslab cpu=0 pfn=20 order=0 inuse=85 objects=85 frozen=1 fl=\n"
			  " cpufree cpu=0 fl=2,3,5\n"
			  " slabs=2 cpupartial cpu=0 pfn=21 order=0 inuse=84 objects=85 "
			  "frozen=1 fl=7\n"
			  " cpuslab cpu=1 pfn=22 order=0 inuse=85 objects=85 frozen=1 fl=1\n"
			  " cpufree cpu=1 fl=\n"
			  " partial cpu=-1 pfn=23 order=0 inuse=83 objects=85 frozen=0 "
			  "fl=84,0\n"
			  "fullslab pfn=24 order=0 objects=85 cache=lab_40r\n"
			  "vmalloc start=ffffc90000000000 end=ffffe8ffffffffff nr_pages=1\n"
			  "va busy ffffc90000000000-ffffc90000005000 flags=4 pages=0\n",
			  NULL, &s, &err),
		0);
	assert_string_equal(s.allocator, "slub");
	assert_int_equal(s.kmalloc_max_cache, 8192);
	const struct cache_state *c = &s.caches[0];
	assert_string_equal(c->name, "lab_40r");
	assert_int_equal(c->refcount, -1);
	assert_true(c->constructor);
	assert_int_equal(c->flags, 0x40080000);
	assert_int_equal(c->slab_count, 5);
	assert_int_equal(c->slabs[0].pfn, 20);
	assert_int_equal(c->slabs[1].pfn, 22);
	assert_int_equal(c->slabs[1].cpu, 1);
	assert_int_equal(c->slabs[2].list, SLAB_LIST_CPU_PARTIAL);
	assert_int_equal(c->slabs[2].slabs, 2);
	assert_int_equal(c->slabs[3].list, SLAB_LIST_PARTIAL);
	assert_int_equal(c->slabs[3].free_count, 2);
	assert_int_equal(c->slabs[3].freelist[0], 84);
	assert_int_equal(c->slabs[4].list, SLAB_LIST_FULL);
	assert_int_equal(c->slabs[4].inuse, 85);
	assert_int_equal(c->cpu_freelist_count, 2);
	assert_int_equal(c->cpu_freelists[0].count, 3);
	assert_int_equal(c->cpu_freelists[1].count, 0);
	slab_state_free(&s);
}

/* One letter stands for slabs and for shared memory: what no list of slabs has is the latter. */
static void shared_memory_is_told_from_slabs(void **state)
{
	(void)state;
	struct page_state p;
	struct slab_state s;
	struct error err = { 0 };
	const char *rest = ZONE "wmark min=430 low=537 high=644 promo=751 boost=3 highatomic=1024\n"
				"lowmem_reserve 0 195 196 197\n"
				"vmstat nr_free=0 compact free_pfn=0 mig_pfn=0,0 defer=0,0,0\n"
				"nr_free order=0 0\n"
				"pages 5000+9S 5009+1F 5010+1o\n" SLUB_CACHE
				" cpuslab cpu=0 pfn=5001 order=1 inuse=85 objects=85 frozen=1 fl=\n"
				"fullslab pfn=5006 order=0 objects=85 cache=lab_40r\n";
	if (read_with("slub", rest, &p, &s, &err) != 0)
		fail_msg("%s", err.message);
	static const struct page_run expected[] = { { 5000, 1, 'F' }, { 5001, 2, 'S' },
						    { 5003, 3, 'F' }, { 5006, 1, 'S' },
						    { 5007, 3, 'F' }, { 5010, 1, 'o' } };
	assert_int_equal(p.zones[0].run_count, 6);
	for (size_t i = 0; i < 6; i++) {
		assert_int_equal(p.zones[0].runs[i].pfn, expected[i].pfn);
		assert_int_equal(p.zones[0].runs[i].count, expected[i].count);
		assert_int_equal(p.zones[0].runs[i].kind, expected[i].kind);
	}
	page_state_free(&p);
	slab_state_free(&s);
}

#define SLAB_CACHE                                                                                 \
	"cache lab_40r ptr=ffff88800257d600 size=40 object_size=40 align=8 flags=80000 num=99 "    \
	"gfporder=0 colour=1 colour_off=64 freelist_size=99 limit=120 batchcount=60 shared=0 "     \
	"refcount=1 allocflags=40000 ctor=0 off_slab=0 objfreelist=1 total_slabs=2 free_slabs=0 "  \
	"free_objects=85 free_limit=219 colour_next=1 next_reap=1 free_touched=0\n"

static void slab_is_read(void **state)
{
	(void)state;
	struct slab_state s;
	struct error err = { 0 };
	assert_int_equal(read_with("slab",
				   SLAB_CACHE
				   " ac cpu=0 avail=2 limit=120 batchcount=60 touched=1: "
				   "ffff888000014040 ffff888000014068\n"
				   " shared cpu=-1 avail=0 limit=0 batchcount=60 touched=0:\n"
				   " partial pfn=20 s_mem=ffff888000014040 active=96 fl=96,98,97\n"
				   " full pfn=21 s_mem=ffff888000015000 active=99\n",
				   NULL, &s, &err),
			 0);
	const struct cache_state *c = &s.caches[0];
	assert_int_equal(c->num, 99);
	assert_true(c->objfreelist && !c->off_slab);
	assert_int_equal(c->array_count, 2);
	assert_int_equal(c->arrays[0].objects[1], 0xffff888000014068);
	assert_true(c->arrays[1].shared);
	assert_int_equal(c->slabs[0].mem_offset, 0x40);
	assert_int_equal(c->slabs[0].inuse, 96);
	assert_int_equal(c->slabs[0].objects, 99);
	assert_int_equal(c->slabs[0].freelist[1], 98);
	assert_int_equal(c->slabs[1].list, SLAB_LIST_FULL);
	slab_state_free(&s);
}

static void slob_is_read(void **state)
{
	(void)state;
	struct slab_state s;
	struct error err = { 0 };
	assert_int_equal(
		read_with("slob",
			  "slob unit=2 break1=256 break2=1024\n"
			  "cache dentry ptr=ffff888003067b98 size=192 object_size=192 align=8 "
			  "flags=20000 refcount=1\n"
			  " small pfn=29447 units=14 blocks=196:2,224:12\n"
			  " large pfn=29452 units=748 blocks=2600:748\n"
			  "fullslob pfn=9320\n",
			  NULL, &s, &err),
		0);
	assert_int_equal(s.cache_count, 1);
	assert_int_equal(s.slab_count, 3);
	assert_int_equal(s.slabs[0].list, SLOB_LIST_SMALL);
	assert_int_equal(s.slabs[0].free_count, 4);
	assert_int_equal(s.slabs[0].freelist[2], 224);
	assert_int_equal(s.slabs[0].freelist[3], 12);
	assert_int_equal(s.slabs[1].units, 748);
	assert_int_equal(s.slabs[2].list, SLAB_LIST_FULL);
	slab_state_free(&s);
}

static void damage_is_refused_with_its_line(void **state)
{
	static const struct {
		const char *allocator, *text, *message;
	} cases[] = {
		{ "slub", "", ":2: the file ends without a zone" },
		{ "slub", "wmark min=1\n", ":3: no zone line stands before" },
		{ "slub", "zone DMA idx=0\n", ":3: start_pfn= is missing" },
		{ "slub", ZONE "free order=20 mt=0: 1\n", ":4: order=20 must be below 20" },
		{ "slub", ZONE "free order=0 mt=0: 1x\n", ":4: x is no page frame number" },
		{ "slub", ZONE "pages 4096+R\n", ":4: 4096+R is no run of pages" },
		{ "slub", ZONE "vmdiff cpu=0 nr_free=1 threshold=2\n",
		  ":4: no pcp line for cpu 0 stands before" },
		{ "slub", ZONE "nr_free order=0 2\nfree order=0 mt=0: 5\n",
		  ":5: zone DMA32 order 0: lists hold 1 blocks, nr_free says 2" },
		{ "slub", ZONE "nonsense\n", ":4: unknown line: nonsense" },
		{ "slub", ZONE " cpufree cpu=0 fl=1\n", ":4: no cache line stands before" },
		{ "slub", ZONE "cache a ptr=1 size=x\n", ":4: size=x is no number that fits" },
		{ "slub", ZONE SLUB_CACHE " cpufree cpu=0 fl=1,70000\n",
		  ":5: fl= holds what is no object index" },
		{ "slub", ZONE "fullslab pfn=1 order=0 objects=1 cache=gone\n",
		  ":4: cache= names no cache of this file" },
		{ "slab", ZONE SLAB_CACHE " full pfn=9 s_mem=ffff888000015000 active=99\n",
		  ":5: s_mem= lies outside the slab" },
		{ "slab", ZONE SLAB_CACHE " ac cpu=0 avail=2 limit=1 batchcount=1 touched=0: 1\n",
		  ":5: avail=2, but 1 objects follow" },
		{ "slob", ZONE " small pfn=1 units=3 blocks=0:2\n",
		  ":4: blocks= hold 2 units, units= says 3" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct page_state p;
		struct slab_state s;
		struct error err = { 0 };
		assert_int_equal(read_with(cases[i].allocator, cases[i].text, &p, &s, &err), -1);
		assert_int_equal(err.kind, ERROR_INPUT);
		const char *where = strchr(err.message, ':');
		assert_non_null(where);
		assert_string_equal(where, cases[i].message);
	}
}

static void other_files_are_refused(void **state)
{
	(void)state;
	struct page_state p;
	struct error err = { 0 };
	assert_int_equal(read_text("Node 0, zone DMA\n", &p, NULL, &err), -1);
	assert_non_null(strstr(err.message, ":1: is no mmstate file"));
	assert_int_equal(read_text("", &p, NULL, &err), -1);
	assert_non_null(strstr(err.message, "is empty"));
	assert_int_equal(mmstate_read("/nonexistent/mmstate-0.txt", &p, NULL, &err), -1);
	assert_string_equal(err.message,
			    "/nonexistent/mmstate-0.txt: cannot open: No such file or directory");
	assert_int_equal(err.kind, ERROR_INPUT);
}

/* Each is whole: its counters agree with its lists, or reading had failed. */
static void bundled_recordings_are_read(void **state)
{
	glob_t found;
	(void)state;
	assert_int_equal(
		glob(SLABYARD_SOURCE_DIR "/workloads/samples/*/mmstate-*.txt.zst", 0, NULL, &found),
		0);
	assert_int_equal(found.gl_pathc, 27);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		struct page_state p;
		struct slab_state s;
		struct error err = { 0 };
		if (mmstate_read(found.gl_pathv[i], &p, &s, &err))
			fail_msg("%s", err.message);
		assert_int_equal(p.zone_count, 2);
		assert_int_equal(p.orders, 11);
		assert_true(s.cache_count > 50);
		page_state_free(&p);
		slab_state_free(&s);
	}
	globfree(&found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pages_are_read),
		cmocka_unit_test(slub_is_read),
		cmocka_unit_test(shared_memory_is_told_from_slabs),
		cmocka_unit_test(slab_is_read),
		cmocka_unit_test(slob_is_read),
		cmocka_unit_test(damage_is_refused_with_its_line),
		cmocka_unit_test(other_files_are_refused),
		cmocka_unit_test(bundled_recordings_are_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
