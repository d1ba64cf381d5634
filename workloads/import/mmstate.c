/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Recorded allocator states, line by line; the layout stands in workloads/README.md. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "import/import.h"
#include "import/lines.h"
#include "import/mmstate_parser.h"
#include "import/text.h"

int mmstate_error(const struct mmstate_parser *p, const char *format, ...)
{
	char what[256];
	va_list args;
	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	return error_at(p->err, p->name, (unsigned long)p->line, 0, NULL, "%s", what);
}

static const char *value_of(struct mmstate_parser *p, const char *line, const char *key)
{
	const char *value = text_value(line, key);
	if (!value)
		mmstate_error(p, "%s= is missing", key);
	return value;
}

static int bad_value(struct mmstate_parser *p, const char *key, const char *value)
{
	return mmstate_error(p, "%s=%.*s is no number that fits", key,
			     (int)(text_word_end(value) - value), value);
}

int mmstate_u64(struct mmstate_parser *p, const char *line, const char *key, uint64_t *out)
{
	const char *value = value_of(p, line, key);
	if (!value)
		return -1;
	return text_decimal(value, out) ? 0 : bad_value(p, key, value);
}

int mmstate_below(struct mmstate_parser *p, const char *line, const char *key, uint32_t limit,
		  uint32_t *out)
{
	uint64_t wide;
	if (mmstate_u64(p, line, key, &wide))
		return -1;
	if (wide >= limit)
		return mmstate_error(p, "%s=%llu must be below %lu", key, (unsigned long long)wide,
				     (unsigned long)limit);
	*out = (uint32_t)wide;
	return 0;
}

int mmstate_u32(struct mmstate_parser *p, const char *line, const char *key, uint32_t *out)
{
	return mmstate_below(p, line, key, UINT32_MAX, out);
}

int mmstate_u16(struct mmstate_parser *p, const char *line, const char *key, uint16_t *out)
{
	uint32_t wide;
	if (mmstate_below(p, line, key, UINT16_MAX, &wide))
		return -1;
	*out = (uint16_t)wide;
	return 0;
}

int mmstate_i32(struct mmstate_parser *p, const char *line, const char *key, int32_t *out)
{
	const char *value = value_of(p, line, key);
	if (!value)
		return -1;
	int64_t wide;
	if (!text_signed(value, &wide) || wide < INT32_MIN || wide > INT32_MAX)
		return bad_value(p, key, value);
	*out = (int32_t)wide;
	return 0;
}

int mmstate_hex(struct mmstate_parser *p, const char *line, const char *key, uint64_t *out)
{
	const char *value = value_of(p, line, key);
	if (!value)
		return -1;
	return text_hex(value, out) ? 0 : bad_value(p, key, value);
}

int mmstate_hex32(struct mmstate_parser *p, const char *line, const char *key, uint32_t *out)
{
	uint64_t wide;
	if (mmstate_hex(p, line, key, &wide))
		return -1;
	if (wide > UINT32_MAX)
		return mmstate_error(p, "%s=%llx does not fit in 32 bits", key,
				     (unsigned long long)wide);
	*out = (uint32_t)wide;
	return 0;
}

void *mmstate_append(struct mmstate_parser *p, void *array_pointer, size_t *count, size_t size)
{
	char *array;
	memcpy(&array, array_pointer, sizeof(array));
	if ((*count & (*count - 1)) == 0) {
		size_t capacity = *count ? 2 * *count : 1;
		array = realloc(array, capacity * size);
		if (!array) {
			error_set(p->err, ERROR_RUN, "%s: out of memory", p->name);
			return NULL;
		}
		memcpy(array_pointer, &array, sizeof(array));
	}
	char *element = array + *count * size;
	memset(element, 0, size);
	(*count)++;
	return element;
}

/* The two lines that open a file and concern both parts. */
static int head_line(struct mmstate_parser *p, const char *line)
{
	struct page_state pages = { 0 };
	struct slab_state slabs = { 0 };
	const char *allocator = value_of(p, line, "alloc");
	if (!allocator)
		return -1;
	size_t length = (size_t)(text_word_end(allocator) - allocator);
	if (length == 0 || length >= sizeof(slabs.allocator))
		return mmstate_error(p, "alloc= must be slub, slab or slob");
	memcpy(slabs.allocator, allocator, length);
	if (mmstate_u32(p, line, "cpus", &pages.cpus) ||
	    mmstate_below(p, line, "pageblock_order", PAGE_ORDERS_MAX, &pages.pageblock_order) ||
	    mmstate_u64(p, line, "totalram", &pages.total_ram_pages) ||
	    mmstate_u64(p, line, "totalreserve", &pages.total_reserve_pages) ||
	    mmstate_u64(p, line, "min_free_kbytes", &pages.min_free_kbytes) ||
	    mmstate_u64(p, line, "jiffies", &slabs.jiffies))
		return -1;
	slabs.ram_pages = pages.total_ram_pages;
	pages.jiffies = slabs.jiffies;
	if (p->pages)
		*p->pages = pages;
	if (p->slabs)
		*p->slabs = slabs;
	return 0;
}

static int address_line(struct mmstate_parser *p, const char *line)
{
	uint64_t page_offset, max_cache, max, min;
	if (mmstate_hex(p, line, "page_offset", &page_offset) ||
	    mmstate_u64(p, line, "kmalloc_max_cache", &max_cache) ||
	    mmstate_u64(p, line, "kmalloc_max", &max) || mmstate_u64(p, line, "kmalloc_min", &min))
		return -1;
	if (p->pages)
		p->pages->page_offset = page_offset;
	if (p->slabs) {
		p->slabs->page_offset = page_offset;
		p->slabs->kmalloc_max_cache = max_cache;
		p->slabs->kmalloc_max = max;
		p->slabs->kmalloc_min = min;
	}
	return 0;
}

/* Virtual mappings are no part of either state. */
static bool is_ignored(const char *line)
{
	return line[0] == '\0' || line[0] == '#' || text_starts_with(line, "va ") ||
	       text_starts_with(line, "vmalloc ");
}

static bool is_first_line(const char *line)
{
	static const char magic[] = "mmstate 1";
	const char *behind = line + sizeof(magic) - 1;
	return text_starts_with(line, magic) && (*behind == ' ' || *behind == '\0');
}

static int read_line(struct mmstate_parser *p, const char *line)
{
	if (p->line == 1 && !is_first_line(line))
		return mmstate_error(p, "is no mmstate file: it must begin with \"mmstate 1\"");
	if (p->line == 1)
		return head_line(p, line);
	if (text_starts_with(line, "page_offset="))
		return address_line(p, line);
	if (is_ignored(line))
		return 0;
	int taken = mmstate_page_line(p, line);
	if (taken == 0)
		taken = mmstate_slab_line(p, line);
	if (taken == 0)
		return mmstate_error(p, "unknown line: %.60s", line);
	return taken < 0 ? -1 : 0;
}

static int read_lines(struct mmstate_parser *p, struct lines *lines)
{
	char *line;
	size_t length;
	int got;
	while ((got = lines_next(lines, &line, &length, p->err)) > 0) {
		p->line = lines_number(lines);
		if (read_line(p, line))
			return -1;
	}
	if (got < 0)
		return -1;
	if (p->line < 2)
		return mmstate_error(p, "is no mmstate file: it is empty");
	return mmstate_page_end(p) || mmstate_slab_end(p) ? -1 : 0;
}

int mmstate_read(const char *path, struct page_state *pages, struct slab_state *slabs,
		 struct error *err)
{
	if (pages)
		*pages = (struct page_state){ 0 };
	if (slabs)
		*slabs = (struct slab_state){ 0 };
	struct lines *lines = lines_open(path, err);
	if (!lines)
		return -1;
	struct mmstate_parser parser = {
		.name = lines_name(lines), .err = err, .pages = pages, .slabs = slabs
	};
	int result = read_lines(&parser, lines);
	if (result == 0 && pages && slabs)
		result = mmstate_settle_shmem(pages, slabs, err);
	if (result && pages)
		page_state_free(pages);
	if (result && slabs)
		slab_state_free(slabs);
	lines_close(lines);
	return result;
}
