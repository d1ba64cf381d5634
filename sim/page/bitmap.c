/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "page/bitmap.h"

enum { WORD_BITS = 1 << BITMAP_WORD_ORDER };

/* Bit set at each frame of the word that begins a free aligned block of the order. */
static uint64_t block_starts(uint64_t free, unsigned order)
{
	static const uint64_t aligned[BITMAP_WORD_ORDER] = {
		UINT64_C(0x5555555555555555), UINT64_C(0x1111111111111111),
		UINT64_C(0x0101010101010101), UINT64_C(0x0001000100010001),
		UINT64_C(0x0000000100000001), UINT64_C(0x0000000000000001),
	};

	for (unsigned i = 0; i < order; i++)
		free &= free >> (1u << i) & aligned[i];
	return free;
}

static uint8_t word_lacks(uint64_t used)
{
	uint8_t lacks = 0;

	while (lacks <= BITMAP_WORD_ORDER && !block_starts(~used, BITMAP_WORD_ORDER - lacks))
		lacks++;
	return lacks;
}

/* What a node of the level above lacks. A right half that is not there has nothing free. */
static uint8_t parent_lacks(const struct bitmap *bitmap, uint32_t level, uint32_t left)
{
	uint8_t a = bitmap->lacks[level][left];
	uint8_t b = left + 1 < bitmap->nodes[level] ? bitmap->lacks[level][left + 1] : UINT8_MAX;

	if (a == 0 && b == 0)
		return 0;
	return (uint8_t)((a < b ? a : b) + 1);
}

static void refresh_words(struct bitmap *bitmap, uint32_t first, uint32_t last)
{
	for (uint32_t word = first; word <= last; word++)
		bitmap->lacks[0][word] = word_lacks(bitmap->used[word]);
	for (uint32_t level = 0; level + 1 < bitmap->levels; level++) {
		bool changed = false;
		first /= 2;
		last /= 2;
		for (uint32_t node = first; node <= last; node++) {
			uint8_t *lacks = &bitmap->lacks[level + 1][node];
			uint8_t now = parent_lacks(bitmap, level, 2 * node);
			changed |= *lacks != now;
			*lacks = now;
		}
		if (!changed)
			return;
	}
}

int bitmap_create(struct bitmap *bitmap, uint32_t count, struct arena *arena, struct error *err)
{
	uint32_t words = (count + WORD_BITS - 1) / WORD_BITS;
	uint32_t nodes = words;

	*bitmap = (struct bitmap){ .count = count };
	bitmap->used = arena_array(arena, words, sizeof(uint64_t), err);
	if (!bitmap->used)
		return -1;
	while (bitmap->levels == 0 || bitmap->nodes[bitmap->levels - 1] > 1) {
		bitmap->nodes[bitmap->levels] = nodes;
		bitmap->lacks[bitmap->levels] = arena_array(arena, nodes, 1, err);
		if (!bitmap->lacks[bitmap->levels++])
			return -1;
		nodes = (nodes + 1) / 2;
	}
	if (count % WORD_BITS)
		bitmap->used[words - 1] = UINT64_MAX << count % WORD_BITS;
	/* the nodes that have no right half are those above the last word */
	bitmap->lacks[0][words - 1] = word_lacks(bitmap->used[words - 1]);
	for (uint32_t level = 0, node = words - 1; level + 1 < bitmap->levels; level++) {
		node /= 2;
		bitmap->lacks[level + 1][node] = parent_lacks(bitmap, level, 2 * node);
	}
	return 0;
}

static unsigned level_order(uint32_t level)
{
	return BITMAP_WORD_ORDER + level;
}

static bool node_has(const struct bitmap *bitmap, uint32_t level, uint32_t node, unsigned order)
{
	return bitmap->lacks[level][node] + order <= level_order(level);
}

uint32_t bitmap_first_fit(const struct bitmap *bitmap, unsigned order, uint32_t *steps)
{
	uint32_t level = bitmap->levels - 1;
	uint32_t node = 0;

	(*steps)++;
	if (!node_has(bitmap, level, node, order))
		return UINT32_MAX;
	for (; level > 0 && level_order(level) > order; (*steps)++) {
		level--;
		node *= 2;
		if (!node_has(bitmap, level, node, order))
			node++;
	}
	if (level_order(level) == order)
		return node << order;
	return node * WORD_BITS +
	       (uint32_t)__builtin_ctzll(block_starts(~bitmap->used[node], order));
}

/* Bits of a word that lie in frames pfn..end - 1. */
static uint64_t word_mask(uint32_t word, uint32_t pfn, uint32_t end)
{
	uint32_t base = word * WORD_BITS;
	uint64_t mask = UINT64_MAX;

	if (pfn > base)
		mask &= UINT64_MAX << (pfn - base);
	if (end - base < WORD_BITS)
		mask &= ~(UINT64_MAX << (end - base));
	return mask;
}

void bitmap_mark(struct bitmap *bitmap, uint32_t pfn, uint32_t frames, bool used)
{
	uint32_t first = pfn / WORD_BITS;
	uint32_t last = (pfn + frames - 1) / WORD_BITS;

	for (uint32_t word = first; word <= last; word++) {
		uint64_t mask = word_mask(word, pfn, pfn + frames);
		if (used)
			bitmap->used[word] |= mask;
		else
			bitmap->used[word] &= ~mask;
	}
	refresh_words(bitmap, first, last);
}

bool bitmap_all_used(const struct bitmap *bitmap, uint32_t pfn, uint32_t frames)
{
	return bitmap_bit(bitmap->used, pfn) &&
	       bitmap_run_end(bitmap->used, pfn, pfn + frames) == pfn + frames;
}

uint32_t bitmap_run_end(const uint64_t *bits, uint32_t pfn, uint32_t end)
{
	uint64_t same = bitmap_bit(bits, pfn) ? 0 : UINT64_MAX;

	while (pfn < end) {
		uint64_t others = ~(bits[pfn / WORD_BITS] ^ same) >> pfn % WORD_BITS;
		uint32_t left = WORD_BITS - pfn % WORD_BITS;
		uint32_t run = others ? (uint32_t)__builtin_ctzll(others) : left;
		pfn += run < left ? run : left;
		if (run < left)
			break;
	}
	return pfn < end ? pfn : end;
}

static void count_word(uint64_t free, unsigned orders, uint64_t blocks[PAGE_ORDERS_MAX])
{
	unsigned order = orders <= BITMAP_WORD_ORDER ? orders : BITMAP_WORD_ORDER;

	while (order-- > 0) {
		uint64_t starts = block_starts(free, order);
		blocks[order] += (uint64_t)__builtin_popcountll(starts);
		/* blocks of one order do not touch each other's bits */
		free &= ~(starts * ((UINT64_C(1) << (1u << order)) - 1));
	}
}

static void count_node(const struct bitmap *bitmap, uint32_t level, uint32_t node, unsigned orders,
		       uint64_t blocks[PAGE_ORDERS_MAX])
{
	uint8_t lacks = bitmap->lacks[level][node];
	unsigned order = level_order(level);

	if (lacks > order)
		return;
	if (lacks == 0 && order < orders) {
		blocks[order]++;
	} else if (lacks == 0) {
		blocks[orders - 1] += UINT64_C(1) << (order - (orders - 1));
	} else if (level == 0) {
		count_word(~bitmap->used[node], orders, blocks);
	} else {
		count_node(bitmap, level - 1, 2 * node, orders, blocks);
		if (2 * node + 1 < bitmap->nodes[level - 1])
			count_node(bitmap, level - 1, 2 * node + 1, orders, blocks);
	}
}

void bitmap_count(const struct bitmap *bitmap, unsigned orders, uint64_t blocks[PAGE_ORDERS_MAX])
{
	count_node(bitmap, bitmap->levels - 1, 0, orders, blocks);
}

uint32_t bitmap_wrong_node(const struct bitmap *bitmap, uint32_t *level)
{
	*level = 0;
	for (uint32_t word = 0; word < bitmap->nodes[0]; word++) {
		if (bitmap->lacks[0][word] != word_lacks(bitmap->used[word]))
			return word;
	}
	for (*level = 1; *level < bitmap->levels; ++*level) {
		for (uint32_t node = 0; node < bitmap->nodes[*level]; node++) {
			if (bitmap->lacks[*level][node] !=
			    parent_lacks(bitmap, *level - 1, 2 * node))
				return node;
		}
	}
	return UINT32_MAX;
}
