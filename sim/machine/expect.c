/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/expect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "import/import.h"
#include "machine/machine.h"
#include "machine/proc_files.h"
#include "page/assist.h"

struct expect {
	const char *folder; /* --expect, NULL: nothing is compared */
	char *start_folder; /* where the start state lies, NULL: fresh machine */
};

struct expect *expect_open(const char *folder, const char *start, struct error *err)
{
	struct stat info;
	if (folder && (stat(folder, &info) != 0 || !S_ISDIR(info.st_mode))) {
		error_set(err, ERROR_INPUT, "--expect: %s: no such directory", folder);
		return NULL;
	}
	struct expect *expect = calloc(1, sizeof(*expect));
	if (!expect) {
		error_set(err, ERROR_RUN, "no memory for --expect");
		return NULL;
	}
	expect->folder = folder;
	if (start) {
		const char *slash = strrchr(start, '/');
		expect->start_folder =
			slash ? strndup(start, (size_t)(slash - start)) : strdup(".");
	}
	return expect;
}

void expect_close(struct expect *expect)
{
	if (!expect)
		return;
	free(expect->start_folder);
	free(expect);
}

/* The state file of a mark in a folder, plain or compressed; false when there is none. */
static bool state_path(const char *folder, uint64_t mark, char *path, size_t size)
{
	static const char *const endings[] = { ".txt.zst", ".txt" };
	for (size_t i = 0; i < 2; i++) {
		int length = snprintf(path, size, "%s/mmstate-%llu%s", folder,
				      (unsigned long long)mark, endings[i]);
		if (length > 0 && (size_t)length < size && access(path, R_OK) == 0)
			return true;
	}
	return false;
}

static void note_difference(struct machine *m, uint64_t mark, size_t different,
			    const struct error *first)
{
	m->summary->lists_different += different;
	if (different && !m->summary->first_list[0])
		snprintf(m->summary->first_list, sizeof(m->summary->first_list),
			 "mark %llu: %.200s", (unsigned long long)mark, first->message);
}

static int compare_pages(struct machine *m, uint64_t mark, const struct page_state *expected,
			 struct error *err)
{
	struct page_state simulated = { 0 };
	struct error first = { 0 };
	size_t compared = 0;
	if (!m->page->dump || m->page->dump(m->page_state, &simulated, err) != 0)
		return m->page->dump ? -1 : 0;
	note_difference(m, mark, page_state_compare(&simulated, expected, &compared, &first),
			&first);
	m->summary->lists_compared += compared;
	page_state_free(&simulated);
	return 0;
}

static int compare_slabs(struct machine *m, uint64_t mark, const struct slab_state *expected,
			 struct error *err)
{
	struct slab_state simulated = { 0 };
	struct error first = { 0 };
	size_t compared = 0;
	if (!m->slab->dump || m->slab->dump(m->slab_state, &simulated, err) != 0)
		return m->slab->dump ? -1 : 0;
	note_difference(m, mark, slab_state_compare(&simulated, expected, &compared, &first),
			&first);
	m->summary->lists_compared += compared;
	slab_state_free(&simulated);
	return 0;
}

static int compare_state(struct expect *expect, struct machine *m, uint64_t mark, struct error *err)
{
	char path[4096];
	if (!expect->folder || !state_path(expect->folder, mark, path, sizeof(path)))
		return 0;
	struct page_state pages = { 0 };
	struct slab_state slabs = { 0 };
	if (mmstate_read(path, &pages, &slabs, err) != 0)
		return -1;
	m->summary->marks_compared++;
	int result = m->pages_from_trace ? 0 : compare_pages(m, mark, &pages, err);
	if (result == 0 && !m->page_level && strcmp(slabs.allocator, m->slab->info.name) == 0)
		result = compare_slabs(m, mark, &slabs, err);
	page_state_free(&pages);
	slab_state_free(&slabs);
	return result;
}

/* Recorded LRU pages: A and F runs are on a list, the small letters are not. */
static void tell_lru_run(struct machine *m, const struct page_run *run)
{
	struct page_assist fact = { .kind = ASSIST_LRU };
	fact.value = run->kind == 'A' || run->kind == 'F';
	for (uint32_t i = 0; i < run->count; i++) {
		fact.pfn.v = run->pfn + i;
		m->assists.used[ASSIST_NAMED_lru] +=
			m->page->assist(m->page_state, &fact) && fact.value;
	}
}

static int take_lru(struct expect *expect, struct machine *m, uint64_t mark, struct error *err)
{
	char path[4096];
	if (!m->assists.allowed[ASSIST_NAMED_lru] || !m->page->assist || !expect->start_folder ||
	    !state_path(expect->start_folder, mark, path, sizeof(path)))
		return 0;
	struct page_state pages = { 0 };
	if (mmstate_read(path, &pages, NULL, err) != 0)
		return -1;
	for (size_t i = 0; i < pages.zone_count; i++)
		for (size_t k = 0; k < pages.zones[i].run_count; k++)
			tell_lru_run(m, &pages.zones[i].runs[k]);
	page_state_free(&pages);
	return 0;
}

int expect_mark(struct expect *expect, struct machine *m, uint64_t mark, struct error *err)
{
	if (compare_state(expect, m, mark, err) != 0 || take_lru(expect, m, mark, err) != 0)
		return -1;
	return proc_files_write(m, m->run->proc, (int64_t)mark, err);
}
