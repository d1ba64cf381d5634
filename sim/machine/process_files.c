/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/process_files.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/atomic_file.h"
#include "machine/machine.h"
#include "machine/proc_files.h"

static void print_kb(FILE *out, const char *name, uint64_t bytes)
{
	const uint64_t kb = 1024;

	fprintf(out, "%s:\t%8" PRIu64 " kB\n", name, bytes / kb);
}

/* fs/proc/task_mmu.c, task_mem: the lines of what is known here. */
static void write_status(const struct process *p, FILE *out)
{
	const struct mm_counts c = process_counts(p);

	fprintf(out, "Name:\t%s\nTgid:\t%u\nPid:\t%u\n", p->comm, p->pid, p->pid);
	print_kb(out, "VmSize", c.total_vm_bytes);
	print_kb(out, "VmHWM", c.rss_pages_max << PAGE_SHIFT);
	print_kb(out, "VmRSS", c.rss_pages << PAGE_SHIFT);
	print_kb(out, "RssAnon", c.rss_pages << PAGE_SHIFT);
	print_kb(out, "VmPTE", c.page_tables << PAGE_SHIFT);
}

static void write_info(const struct process *p, FILE *out)
{
	p->machine->libc->malloc_info(p->libc, out);
}

static void write_stats(const struct process *p, FILE *out)
{
	p->machine->libc->malloc_stats(p->libc, out);
}

static int write_one(const struct process *p, const char *folder, const char *name, int64_t mark,
		     void (*write)(const struct process *p, FILE *out), struct error *err)
{
	char with_pid[64];

	snprintf(with_pid, sizeof(with_pid), "%s-%u", name, p->pid);
	struct atomic_file *file = proc_files_open(folder, with_pid, mark, err);

	if (!file)
		return -1;
	write(p, atomic_file_stream(file));
	return atomic_file_finish(file, err);
}

int process_files_write(struct machine *m, const char *folder, int64_t mark, struct error *err)
{
	for (uint32_t i = 0; m->libc_level && i < m->processes.count; i++) {
		const struct process *p = process_at(&m->processes, i);

		if (p->ended)
			continue;
		if (write_one(p, folder, "status", mark, write_status, err) != 0 ||
		    (m->libc->malloc_info &&
		     write_one(p, folder, "malloc_info", mark, write_info, err) != 0) ||
		    (m->libc->malloc_stats &&
		     write_one(p, folder, "malloc_stats", mark, write_stats, err) != 0))
			return -1;
	}
	return 0;
}
