/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/proc_files.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/atomic_file.h"
#include "machine/machine.h"
#include "machine/process_files.h"
#include "results/proc.h"

int proc_files_prepare(const char *folder, struct error *err)
{
	if (!folder || mkdir(folder, 0777) == 0)
		return 0;
	struct stat info;
	if (errno == EEXIST && stat(folder, &info) == 0 && S_ISDIR(info.st_mode))
		return 0;
	return error_errno(err, folder, "cannot make the directory for /proc files");
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

/* For policies that can describe themselves; what a file needs is made before it is opened. */
static int write_zoneinfo(struct machine *m, const char *folder, int64_t mark, struct error *err)
{
	struct page_state state = { 0 };
	if (!m->page->dump)
		return 0;
	if (m->page->dump(m->page_state, &state, err) != 0)
		return -1;
	struct atomic_file *file = proc_files_open(folder, "zoneinfo", mark, err);
	if (file)
		proc_write_zoneinfo(atomic_file_stream(file), &state);
	page_state_free(&state);
	return file ? atomic_file_finish(file, err) : -1;
}

int proc_files_write(struct machine *m, const char *folder, int64_t mark, struct error *err)
{
	if (!folder)
		return 0;
	if (write_one(m, folder, "buddyinfo", mark, write_buddyinfo, err) != 0 ||
	    write_one(m, folder, "pagetypeinfo", mark, write_pagetypeinfo, err) != 0 ||
	    write_zoneinfo(m, folder, mark, err) != 0 ||
	    process_files_write(m, folder, mark, err) != 0)
		return -1;
	if (m->page_level || !(m->slab->info.capabilities & POLICY_SLABINFO))
		return 0;
	return write_one(m, folder, "slabinfo", mark, write_slabinfo, err);
}
