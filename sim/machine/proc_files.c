/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/proc_files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/atomic_file.h"
#include "machine/machine.h"
#include "machine/page_cache.h"
#include "machine/process_files.h"
#include "results/proc.h"

static int make_folder(const char *folder, struct error *err)
{
	if (mkdir(folder, 0777) == 0)
		return 0;
	struct stat info;
	if (errno == EEXIST && stat(folder, &info) == 0 && S_ISDIR(info.st_mode))
		return 0;
	return error_errno(err, folder, "cannot make the directory for /proc files");
}

int proc_files_prepare(struct machine *m, struct error *err)
{
	if (!m->run->proc)
		return 0;
	return make_folder(m->run->proc, err);
}

static void write_buddyinfo(struct machine *m, FILE *out)
{
	struct page_counts counts = { 0 };
	m->page->counts(m->page_state, &counts);
	proc_write_buddyinfo(out, &counts);
}

static void write_pagetypeinfo(struct machine *m, FILE *out)
{
	struct page_counts counts = { 0 };
	m->page->counts(m->page_state, &counts);
	proc_write_pagetypeinfo(out, &counts);
}

/* Newest cache first, as they stand in the kernel's slab_caches. */
static void write_slabinfo(struct machine *m, FILE *out)
{
	proc_write_slabinfo_header(out);
	for (uint32_t i = m->slab->cache_count(m->slab_state); i-- > 0;) {
		struct cache_counts counts;
		if (m->slab->counts(m->slab_state, (cache_id){ i }, &counts))
			proc_write_slabinfo_line(out, &counts);
	}
}

struct atomic_file *proc_files_open(const char *folder, const char *name, int64_t mark,
				    struct error *err)
{
	char path[4096];
	if (mark < 0)
		snprintf(path, sizeof(path), "%s/%s", folder, name);
	else
		snprintf(path, sizeof(path), "%s/%s-%lld.txt", folder, name, (long long)mark);
	return atomic_file_open(path, err);
}

static int write_one(struct machine *m, const char *folder, const char *name, int64_t mark,
		     void (*write)(struct machine *, FILE *), struct error *err)
{
	struct atomic_file *file = proc_files_open(folder, name, mark, err);
	if (!file)
		return -1;
	write(m, atomic_file_stream(file));
	return atomic_file_finish(file, err);
}

struct slab_count {
	struct proc_counts *counts;
	bool *reclaimable; /* by cache */
	uint32_t caches;
	int64_t seen;
};

static uint32_t node_of(const struct page_state *pages, uint32_t pfn)
{
	uint32_t node = 0;
	for (size_t i = 0; i < pages->zone_count && pages->zones[i].start_pfn <= pfn; i++)
		node = pages->zones[i].node;
	return node < NODES_MAX ? node : 0;
}

static void count_slab(void *context, const struct slab_extent *extent)
{
	struct slab_count *c = context;
	struct proc_node *node = &c->counts->node[node_of(c->counts->pages, extent->pfn.v)];
	bool reclaimable = extent->cache.v < c->caches && c->reclaimable[extent->cache.v];
	*(reclaimable ? &node->slab_reclaimable : &node->slab_unreclaimable) += (int64_t)1
										<< extent->order;
	c->seen += (int64_t)1 << extent->order;
}

/* What slab has beside its slabs are kmallocs of whole pages: of no cache, said to be of node 0. */
static int count_slabs(struct machine *m, struct proc_counts *counts, struct error *err)
{
	struct slab_count c = { .counts = counts };
	if (!m->slab || !m->slab->walk)
		return 0;
	c.caches = m->slab->cache_count(m->slab_state);
	c.reclaimable = calloc(c.caches + 1, sizeof(*c.reclaimable));
	if (!c.reclaimable)
		return error_set(err, ERROR_RUN, "no memory for /proc files");
	for (uint32_t i = 0; i < c.caches; i++) {
		struct cache_counts cache;
		if (m->slab->counts(m->slab_state, (cache_id){ i }, &cache))
			c.reclaimable[i] = cache.reclaimable;
	}
	m->slab->walk(m->slab_state, count_slab, &c);
	counts->node[0].slab_unreclaimable += m->slab_pages.now - c.seen;
	free(c.reclaimable);
	return 0;
}

static void count_processes(const struct machine *m, struct proc_counts *counts)
{
	for (uint32_t i = 0; m->libc_level && i < m->processes.count; i++) {
		const struct process *p = process_at(&m->processes, i);
		const struct mm_counts c = process_counts(p);
		counts->faults += c.min_flt;
		if (p->ended)
			continue;
		counts->node[0].anon += (int64_t)c.rss_pages;
		counts->node[0].page_tables += (int64_t)c.page_tables;
	}
}

static void count_page_cache(const struct machine *m, struct proc_counts *counts)
{
	for (uint32_t node = 0; node < NODES_MAX; node++)
		counts->node[node].file = (int64_t)page_cache_pages(m->page_cache, node);
}

static int write_counts(const struct proc_counts *counts, const char *folder, const char *name,
			int64_t mark, void (*write)(FILE *, const struct proc_counts *),
			struct error *err)
{
	struct atomic_file *file = proc_files_open(folder, name, mark, err);
	if (!file)
		return -1;
	write(atomic_file_stream(file), counts);
	return atomic_file_finish(file, err);
}

/* For policies that can describe themselves. */
static int write_machine(struct machine *m, const char *folder, int64_t mark, struct error *err)
{
	struct page_state pages = { 0 };
	struct proc_counts counts = { .pages = &pages, .work = &m->work };
	if (!m->page->dump)
		return 0;
	if (m->page->dump(m->page_state, &pages, err) != 0)
		return -1;
	count_processes(m, &counts);
	count_page_cache(m, &counts);
	int result = count_slabs(m, &counts, err);
	if (result == 0)
		result = write_counts(&counts, folder, "zoneinfo", mark, proc_write_zoneinfo, err);
	if (result == 0)
		result = write_counts(&counts, folder, "vmstat", mark, proc_write_vmstat, err);
	if (result == 0)
		result = write_counts(&counts, folder, "meminfo", mark, proc_write_meminfo, err);
	page_state_free(&pages);
	return result;
}

int proc_files_write(struct machine *m, const char *folder, int64_t mark, struct error *err)
{
	if (!folder)
		return 0;
	if (write_one(m, folder, "buddyinfo", mark, write_buddyinfo, err) != 0 ||
	    write_one(m, folder, "pagetypeinfo", mark, write_pagetypeinfo, err) != 0 ||
	    write_machine(m, folder, mark, err) != 0 ||
	    process_files_write(m, folder, mark, err) != 0)
		return -1;
	if (m->page_level || !(m->slab->info.capabilities & POLICY_SLABINFO))
		return 0;
	return write_one(m, folder, "slabinfo", mark, write_slabinfo, err);
}
