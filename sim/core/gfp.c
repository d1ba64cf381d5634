/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/gfp.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

const char *const migratetype_names[MIGRATE_TYPES] = {
	[MIGRATE_UNMOVABLE] = "Unmovable",
	[MIGRATE_MOVABLE] = "Movable",
	[MIGRATE_RECLAIMABLE] = "Reclaimable",
	[MIGRATE_HIGHATOMIC] = "HighAtomic",
	[MIGRATE_CMA] = "CMA",
	[MIGRATE_ISOLATE] = "Isolate",
};

struct gfp_name {
	const char *text;
	size_t length;
	uint32_t bits;
};

/* clang-format off */
#define NAME(text, bits) { text, sizeof(text) - 1, bits }

/* What 6.1 prints; each takes its bits out of what the later ones see, so the order matters. */
static const struct gfp_name printed[] = {
	NAME("GFP_TRANSHUGE", GFP_MASK_TRANSHUGE),
	NAME("GFP_TRANSHUGE_LIGHT", GFP_MASK_TRANSHUGE_LIGHT),
	NAME("GFP_HIGHUSER_MOVABLE", GFP_MASK_HIGHUSER_MOVABLE),
	NAME("GFP_HIGHUSER", GFP_MASK_HIGHUSER),
	NAME("GFP_USER", GFP_MASK_USER),
	NAME("GFP_KERNEL_ACCOUNT", GFP_MASK_KERNEL | GFP_BIT_ACCOUNT),
	NAME("GFP_KERNEL", GFP_MASK_KERNEL),
	NAME("GFP_NOFS", GFP_MASK_RECLAIM | GFP_BIT_IO),
	NAME("GFP_ATOMIC", GFP_MASK_ATOMIC),
	NAME("GFP_NOIO", GFP_MASK_RECLAIM),
	NAME("GFP_NOWAIT", GFP_MASK_NOWAIT),
	NAME("GFP_DMA", GFP_BIT_DMA),
	NAME("__GFP_HIGHMEM", GFP_BIT_HIGHMEM),
	NAME("GFP_DMA32", GFP_BIT_DMA32),
	NAME("__GFP_HIGH", GFP_BIT_HIGH),
	NAME("__GFP_ATOMIC", GFP_BIT_ATOMIC),
	NAME("__GFP_IO", GFP_BIT_IO),
	NAME("__GFP_FS", GFP_BIT_FS),
	NAME("__GFP_NOWARN", GFP_BIT_NOWARN),
	NAME("__GFP_RETRY_MAYFAIL", GFP_BIT_RETRY_MAYFAIL),
	NAME("__GFP_NOFAIL", GFP_BIT_NOFAIL),
	NAME("__GFP_NORETRY", GFP_BIT_NORETRY),
	NAME("__GFP_COMP", GFP_BIT_COMP),
	NAME("__GFP_ZERO", GFP_BIT_ZERO),
	NAME("__GFP_NOMEMALLOC", GFP_BIT_NOMEMALLOC),
	NAME("__GFP_MEMALLOC", GFP_BIT_MEMALLOC),
	NAME("__GFP_HARDWALL", GFP_BIT_HARDWALL),
	NAME("__GFP_THISNODE", GFP_BIT_THISNODE),
	NAME("__GFP_RECLAIMABLE", GFP_BIT_RECLAIMABLE),
	NAME("__GFP_MOVABLE", GFP_BIT_MOVABLE),
	NAME("__GFP_ACCOUNT", GFP_BIT_ACCOUNT),
	NAME("__GFP_WRITE", GFP_BIT_WRITE),
	NAME("__GFP_RECLAIM", GFP_MASK_RECLAIM),
	NAME("__GFP_DIRECT_RECLAIM", GFP_BIT_DIRECT_RECLAIM),
	NAME("__GFP_KSWAPD_RECLAIM", GFP_BIT_KSWAPD_RECLAIM),
	NAME("__GFP_ZEROTAGS", GFP_BIT_ZEROTAGS),
};

/* Further names that a kernel between 4.0 and 6.18, or a person, writes for bits 6.1 has too. */
static const struct gfp_name also_read[] = {
	NAME("__GFP_DMA", GFP_BIT_DMA),
	NAME("__GFP_DMA32", GFP_BIT_DMA32),
	NAME("__GFP_REPEAT", GFP_BIT_RETRY_MAYFAIL),
	NAME("__GFP_WAIT", GFP_MASK_RECLAIM),
	NAME("GFP_TEMPORARY", GFP_MASK_KERNEL | GFP_BIT_RECLAIMABLE),
	NAME("GFP_WAIT", GFP_MASK_RECLAIM),
	NAME("GFP_HIGH", GFP_BIT_HIGH),
	NAME("GFP_IO", GFP_BIT_IO),
	NAME("GFP_REPEAT", GFP_BIT_RETRY_MAYFAIL),
	NAME("GFP_NOFAIL", GFP_BIT_NOFAIL),
	NAME("GFP_NORETRY", GFP_BIT_NORETRY),
	NAME("GFP_NOWARN", GFP_BIT_NOWARN),
	NAME("GFP_COMP", GFP_BIT_COMP),
	NAME("GFP_ZERO", GFP_BIT_ZERO),
	NAME("GFP_NOMEMALLOC", GFP_BIT_NOMEMALLOC),
	NAME("GFP_MEMALLOC", GFP_BIT_MEMALLOC),
	NAME("GFP_HARDWALL", GFP_BIT_HARDWALL),
	NAME("GFP_THISNODE", GFP_BIT_THISNODE),
	NAME("GFP_RECLAIMABLE", GFP_BIT_RECLAIMABLE),
	NAME("GFP_MOVABLE", GFP_BIT_MOVABLE),
};
/* clang-format on */

enum {
	PRINTED_COUNT = sizeof(printed) / sizeof(printed[0]),
	ALSO_READ_COUNT = sizeof(also_read) / sizeof(also_read[0]),
};

static const struct gfp_name *find_name(const struct gfp_name *names, size_t count,
					const char *text, size_t length)
{
	for (size_t i = 0; i < count; i++)
		if (names[i].length == length && memcmp(names[i].text, text, length) == 0)
			return &names[i];
	return NULL;
}

/* A whole number, decimal or with 0x. */
static bool parse_number(const char *text, size_t length, uint64_t *value)
{
	unsigned base = 10;
	size_t i = 0;

	if (length > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
		base = 16;
		i = 2;
	}
	*value = 0;
	for (; i < length; i++) {
		unsigned char c = (unsigned char)text[i];
		if (*value > UINT32_MAX || !(base == 16 ? isxdigit(c) : isdigit(c)))
			return false;
		unsigned digit = (unsigned)(isdigit(c) ? c - '0' : tolower(c) - 'a' + 10);
		*value = *value * base + digit;
	}
	return length > 0;
}

static bool looks_like_flag(const char *text, size_t length)
{
	const char *gfp = memmem(text, length, "GFP_", 4);

	if (!gfp || (gfp != text && (gfp != text + 2 || memcmp(text, "__", 2) != 0)))
		return false;
	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)text[i]) && text[i] != '_')
			return false;
	return true;
}

static bool parse_term(const char *text, size_t length, uint32_t *gfp, unsigned *unknown)
{
	const struct gfp_name *name = find_name(printed, PRINTED_COUNT, text, length);
	uint64_t number;

	if (!name)
		name = find_name(also_read, ALSO_READ_COUNT, text, length);
	if (name) {
		*gfp |= name->bits;
		return true;
	}
	if (parse_number(text, length, &number)) {
		*gfp |= (uint32_t)number & GFP_MASK_ALL;
		*unknown += (unsigned)__builtin_popcountll(number & ~(uint64_t)GFP_MASK_ALL);
		return true;
	}
	++*unknown;
	return looks_like_flag(text, length);
}

bool gfp_parse(const char *text, size_t length, uint32_t *gfp, unsigned *unknown)
{
	const char *open = memchr(text, '(', length);
	const char *end = text + length;

	*gfp = 0;
	*unknown = 0;
	if (open && end[-1] == ')') {
		text = open + 1;
		end--;
	}
	if (end - text == 4 && memcmp(text, "none", 4) == 0)
		return true;
	for (;;) {
		const char *bar = memchr(text, '|', (size_t)(end - text));
		const char *stop = bar ? bar : end;
		if (!parse_term(text, (size_t)(stop - text), gfp, unknown))
			return false;
		if (!bar)
			return true;
		text = bar + 1;
	}
}

static size_t append(char *buffer, size_t size, size_t used, const char *text)
{
	if (used < size)
		snprintf(buffer + used, size - used, "%s%s", used ? "|" : "", text);
	return used + strlen(text) + (used > 0);
}

char *gfp_format(uint32_t gfp, char *buffer, size_t size)
{
	char rest[16];
	size_t used = 0;

	if (!gfp) {
		append(buffer, size, 0, "none");
		return buffer;
	}
	for (size_t i = 0; i < PRINTED_COUNT; i++) {
		if ((gfp & printed[i].bits) != printed[i].bits)
			continue;
		used = append(buffer, size, used, printed[i].text);
		gfp &= ~printed[i].bits;
	}
	if (gfp) {
		snprintf(rest, sizeof(rest), "0x%x", (unsigned)gfp);
		append(buffer, size, used, rest);
	}
	return buffer;
}
