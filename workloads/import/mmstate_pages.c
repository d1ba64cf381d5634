/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The page allocator's part of an mmstate file. */
#include <stdlib.h>
#include <string.h>

#include "import/mmstate_parser.h"
#include "import/text.h"

static struct zone_state *zone_in_hand(struct mmstate_parser *p)
{
	struct page_state *s = p->pages;
	return s && s->zone_count ? &s->zones[s->zone_count - 1] : NULL;
}

/* The blocks on the lists must be as many as the counters say: a file cut by hand shows here. */
static int zone_check(struct mmstate_parser *p)
{
	const struct zone_state *zone = zone_in_hand(p);
	for (uint32_t order = 0; zone && order < p->pages->orders; order++) {
		uint64_t listed = 0;
		for (unsigned mt = 0; mt < MIGRATE_TYPES; mt++)
			listed += zone->free[order][mt].count;
		if (listed != p->nr_free[order])
			return mmstate_error(p,
					     "zone %s order %lu: lists hold %llu blocks, "
					     "nr_free says %llu",
					     zone->name, (unsigned long)order,
					     (unsigned long long)listed,
					     (unsigned long long)p->nr_free[order]);
	}
	memset(p->nr_free, 0, sizeof(p->nr_free));
	return 0;
}

static int zone_line(struct mmstate_parser *p, const char *line)
{
	if (zone_check(p))
		return -1;
	if (p->pages->zone_count == PAGE_ZONES_MAX)
		return mmstate_error(p, "more than %d zones", PAGE_ZONES_MAX);
	struct zone_state *zone =
		mmstate_append(p, &p->pages->zones, &p->pages->zone_count, sizeof(*zone));
	if (!zone)
		return -1;
	const char *name = line + strlen("zone ");
	size_t length = (size_t)(text_word_end(name) - name);
	if (length == 0 || length >= sizeof(zone->name))
		return mmstate_error(p, "zone name must have 1 to %d letters", ZONE_NAME_MAX - 1);
	memcpy(zone->name, name, length);
	return mmstate_u32(p, line, "idx", &zone->index) ||
			       mmstate_u32(p, line, "start_pfn", &zone->start_pfn) ||
			       mmstate_u32(p, line, "spanned", &zone->spanned) ||
			       mmstate_u32(p, line, "present", &zone->present) ||
			       mmstate_u32(p, line, "managed", &zone->managed) ||
			       mmstate_hex32(p, line, "flags", &zone->flags)
		       ? -1
		       : 0;
}

static int watermark_line(struct mmstate_parser *p, const char *line)
{
	struct zone_state *zone = zone_in_hand(p);
	return mmstate_u32(p, line, "min", &zone->watermark_min) ||
			       mmstate_u32(p, line, "low", &zone->watermark_low) ||
			       mmstate_u32(p, line, "high", &zone->watermark_high) ||
			       mmstate_u32(p, line, "promo", &zone->watermark_promo) ||
			       mmstate_u32(p, line, "boost", &zone->watermark_boost) ||
			       mmstate_u32(p, line, "highatomic", &zone->nr_highatomic)
		       ? -1
		       : 0;
}

static int lowmem_reserve_line(struct mmstate_parser *p, const char *line)
{
	struct zone_state *zone = zone_in_hand(p);
	const char *at = text_skip_blanks(text_word_end(line));
	while (*at != '\0') {
		if (zone->lowmem_reserve_count == 8)
			return mmstate_error(p, "more than 8 lowmem reserves");
		at = text_decimal(at, &zone->lowmem_reserve[zone->lowmem_reserve_count++]);
		if (!at)
			return mmstate_error(p, "lowmem_reserve holds what is no number");
		at = text_skip_blanks(at);
	}
	return 0;
}

/* Numbers with commas between. */
static int read_numbers(struct mmstate_parser *p, const char *line, const char *key,
			uint32_t *const *numbers, size_t count)
{
	const char *at = text_value(line, key);
	for (size_t i = 0; i < count; i++) {
		uint64_t value;
		at = at ? text_decimal(i ? at + 1 : at, &value) : NULL;
		if (!at || value >= UINT32_MAX || (i + 1 < count && *at != ','))
			return mmstate_error(p, "%s= must be followed by %zu numbers", key, count);
		*numbers[i] = (uint32_t)value;
	}
	return 0;
}

/* Only kernels with compaction have it. */
static int read_compact(struct mmstate_parser *p, const char *line)
{
	struct compact_state *c = &zone_in_hand(p)->compact;
	uint32_t *const migrate[] = { &c->migrate_pfn[0], &c->migrate_pfn[1] };
	uint32_t *const defer[] = { &c->considered, &c->defer_shift, &c->order_failed };
	if (!text_value(line, "mig_pfn"))
		return 0;
	if (mmstate_u32(p, line, "free_pfn", &c->free_pfn) ||
	    read_numbers(p, line, "mig_pfn", migrate, 2) ||
	    read_numbers(p, line, "defer", defer, 3))
		return -1;
	return 0;
}

static int vmstat_line(struct mmstate_parser *p, const char *line)
{
	uint64_t nr_free;
	if (mmstate_u64(p, line, "nr_free", &nr_free))
		return -1;
	zone_in_hand(p)->nr_free = (int64_t)nr_free;
	return read_compact(p, line);
}

static int nr_free_line(struct mmstate_parser *p, const char *line)
{
	uint32_t order;
	if (mmstate_below(p, line, "order", PAGE_ORDERS_MAX, &order))
		return -1;
	const char *number = text_word_end(text_skip_blanks(text_word_end(line)));
	if (!text_decimal(text_skip_blanks(number), &p->nr_free[order]))
		return mmstate_error(p, "a count must follow order=");
	if (p->pages->orders <= order)
		p->pages->orders = order + 1;
	return 0;
}

/* The page frame numbers behind the line's colon. */
static int read_pfns(struct mmstate_parser *p, const char *line, struct pfn_list *list)
{
	const char *at = strchr(line, ':');
	if (!at)
		return mmstate_error(p, "a list of page frames must follow a colon");
	for (at = text_skip_blanks(at + 1); *at != '\0'; at = text_skip_blanks(at)) {
		uint64_t pfn;
		const char *behind = text_decimal(at, &pfn);
		if (!behind || pfn >= UINT32_MAX)
			return mmstate_error(p, "%.20s is no page frame number", at);
		if (pfn_list_add(list, (uint32_t)pfn))
			return error_set(p->err, ERROR_RUN, "%s: out of memory", p->name);
		at = behind;
	}
	return 0;
}

static int free_line(struct mmstate_parser *p, const char *line)
{
	uint32_t order, mt;
	if (mmstate_below(p, line, "order", PAGE_ORDERS_MAX, &order) ||
	    mmstate_below(p, line, "mt", MIGRATE_TYPES, &mt))
		return -1;
	return read_pfns(p, line, &zone_in_hand(p)->free[order][mt]);
}

static int pcp_line(struct mmstate_parser *p, const char *line)
{
	struct zone_state *zone = zone_in_hand(p);
	struct pcp_state *pcp = mmstate_append(p, &zone->pcp, &zone->pcp_count, sizeof(*pcp));
	if (!pcp)
		return -1;
	return mmstate_u32(p, line, "cpu", &pcp->cpu) ||
			       mmstate_i32(p, line, "count", &pcp->count) ||
			       mmstate_i32(p, line, "high", &pcp->high) ||
			       mmstate_i32(p, line, "batch", &pcp->batch) ||
			       mmstate_i32(p, line, "free_factor", &pcp->free_factor) ||
			       mmstate_below(p, line, "nlists", PCP_LISTS_MAX + 1, &pcp->list_count)
		       ? -1
		       : 0;
}

/* The pcp entry that a vmdiff or pcplist line speaks of. */
static struct pcp_state *pcp_of(struct mmstate_parser *p, const char *line)
{
	struct zone_state *zone = zone_in_hand(p);
	uint32_t cpu;
	if (mmstate_u32(p, line, "cpu", &cpu))
		return NULL;
	for (size_t i = 0; i < zone->pcp_count; i++) {
		if (zone->pcp[i].cpu == cpu)
			return &zone->pcp[i];
	}
	mmstate_error(p, "no pcp line for cpu %lu stands before", (unsigned long)cpu);
	return NULL;
}

static int vmdiff_line(struct mmstate_parser *p, const char *line)
{
	struct pcp_state *pcp = pcp_of(p, line);
	return !pcp || mmstate_i32(p, line, "nr_free", &pcp->vmdiff_free) ||
			       mmstate_i32(p, line, "threshold", &pcp->vmdiff_threshold)
		       ? -1
		       : 0;
}

static int pcplist_line(struct mmstate_parser *p, const char *line)
{
	struct pcp_state *pcp = pcp_of(p, line);
	uint32_t index;
	if (!pcp || mmstate_below(p, line, "idx", pcp->list_count, &index))
		return -1;
	return read_pfns(p, line, &pcp->lists[index]);
}

static int pageblock_line(struct mmstate_parser *p, const char *line)
{
	struct zone_state *zone = zone_in_hand(p);
	struct pageblock_state *block =
		mmstate_append(p, &zone->pageblocks, &zone->pageblock_count, sizeof(*block));
	if (!block)
		return -1;
	uint64_t pfn;
	uint32_t mt;
	const char *number = text_skip_blanks(text_word_end(line));
	if (!text_decimal(number, &pfn) || pfn >= UINT32_MAX)
		return mmstate_error(p, "%.20s is no page frame number", number);
	if (mmstate_below(p, line, "mt", MIGRATE_TYPES, &mt))
		return -1;
	block->pfn = (uint32_t)pfn;
	block->migratetype = (uint8_t)mt;
	return mmstate_u32(p, line, "lru", &block->lru) ||
			       mmstate_u32(p, line, "reserved", &block->reserved)
		       ? -1
		       : 0;
}

/* A "start+countK" word. The kind may be the digit 0, so the word's end tells where it stands. */
static const char *read_run(const char *at, struct page_run *run)
{
	const char *kind = text_word_end(at) - 1;
	uint64_t pfn, count = 0;
	const char *digit = text_decimal(at, &pfn);
	if (!digit || *digit != '+' || digit + 1 >= kind || pfn >= UINT32_MAX)
		return NULL;
	for (digit++; digit < kind && count < UINT32_MAX; digit++) {
		if (!text_is_digit(*digit))
			return NULL;
		count = 10 * count + (uint64_t)(*digit - '0');
	}
	*run = (struct page_run){ (uint32_t)pfn, (uint32_t)count, *kind };
	return count < UINT32_MAX ? kind + 1 : NULL;
}

static int pages_line(struct mmstate_parser *p, const char *line)
{
	struct zone_state *zone = zone_in_hand(p);
	const char *at = text_skip_blanks(text_word_end(line));
	for (; *at != '\0'; at = text_skip_blanks(at)) {
		struct page_run *run =
			mmstate_append(p, &zone->runs, &zone->run_count, sizeof(*run));
		if (!run)
			return -1;
		const char *behind = read_run(at, run);
		if (!behind)
			return mmstate_error(p, "%.*s is no run of pages",
					     (int)(text_word_end(at) - at), at);
		at = behind;
	}
	return 0;
}

static const struct {
	const char *head;
	int (*read)(struct mmstate_parser *parser, const char *line);
} page_lines[] = {
	{ "zone ", zone_line },
	{ "wmark ", watermark_line },
	{ "lowmem_reserve", lowmem_reserve_line },
	{ "vmstat ", vmstat_line },
	{ "nr_free ", nr_free_line },
	{ "free order=", free_line },
	{ "pcp ", pcp_line },
	{ "vmdiff ", vmdiff_line },
	{ "pcplist ", pcplist_line },
	{ "pageblock ", pageblock_line },
	{ "pages ", pages_line },
};

int mmstate_page_line(struct mmstate_parser *p, const char *line)
{
	for (size_t i = 0; i < sizeof(page_lines) / sizeof(page_lines[0]); i++) {
		if (!text_starts_with(line, page_lines[i].head))
			continue;
		if (!p->pages)
			return 1;
		if (page_lines[i].read != zone_line && !zone_in_hand(p))
			return mmstate_error(p, "no zone line stands before");
		return page_lines[i].read(p, line) ? -1 : 1;
	}
	return 0;
}

int mmstate_page_end(struct mmstate_parser *p)
{
	if (!p->pages)
		return 0;
	if (!p->pages->zone_count)
		return mmstate_error(p, "the file ends without a zone");
	return zone_check(p);
}
