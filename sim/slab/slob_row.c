/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Rows of words: whose it is, what the stretches of the page are, from its first unit to its last,
 * then where it ends. The numbers of the caches of its objects stand at the other end of the row,
 * the first object's last, with what room there is in between.
 *
 * A page that gets or loses stretches moves to a longer or a shorter row. Those that are left wait
 * for a page that needs just as much; when they have become many, all rows move together.
 */
#include <string.h>

#include "core/host_memory.h"
#include "slab/slob.h"

enum {
	ROW_WORDS_MAX = SLOB_ROW_OWNER + 2 * SLOB_PAGE_UNITS + 1, /* all units objects of caches */
	SMALL_ROOMS = 64,
	SMALL_WORDS = SMALL_ROOMS * SLOB_ROW_STEP,
	LARGE_STEP = 8 * SLOB_ROW_STEP,
	UNUSED_SHARE = 6, /* one word of so many may be in rows that are not used */
};

/* In the place of an owner, with the room: a row that is not used. */
#define UNUSED 0x80000000u

_Static_assert(SMALL_ROOMS + (ROW_WORDS_MAX - SMALL_WORDS) / LARGE_STEP + 1 < SLOB_ROW_ROOMS,
	       "there is room for every row");

static uint32_t room_words(uint32_t room)
{
	return room <= SMALL_ROOMS ? room * SLOB_ROW_STEP
				   : SMALL_WORDS + (room - SMALL_ROOMS) * LARGE_STEP;
}

static uint8_t room_for(uint32_t words)
{
	const uint32_t room =
		words <= SMALL_WORDS
			? (words + SLOB_ROW_STEP - 1) / SLOB_ROW_STEP
			: SMALL_ROOMS + (words - SMALL_WORDS + LARGE_STEP - 1) / LARGE_STEP;

	return (uint8_t)room;
}

static uint16_t *row_at(const struct slob *slob, uint32_t row)
{
	return slob->words + (size_t)row * SLOB_ROW_STEP;
}

static uint32_t owner_of(const struct slob *slob, uint32_t row)
{
	uint32_t owner;

	memcpy(&owner, row_at(slob, row), sizeof(owner));
	return owner;
}

static void set_owner(struct slob *slob, uint32_t row, uint32_t owner)
{
	memcpy(row_at(slob, row), &owner, sizeof(owner));
}

/* Moves all rows together: those that are not used go. */
static void pack_rows(struct slob *slob)
{
	uint32_t to = 1, steps;

	for (uint32_t row = 1; row < slob->words_used / SLOB_ROW_STEP; row += steps) {
		const uint32_t owner = owner_of(slob, row);
		const uint32_t room = owner & UNUSED ? owner & ~UNUSED : slob->pages[owner].room;

		steps = room_words(room) / SLOB_ROW_STEP;
		if (owner & UNUSED)
			continue;
		memmove(row_at(slob, to), row_at(slob, row), room_words(room) * sizeof(uint16_t));
		slob->pages[owner].row = to;
		to += steps;
	}
	slob->words_used = (uint64_t)to * SLOB_ROW_STEP;
	slob->words_unused = 0;
	memset(slob->unused_rows, 0, sizeof(slob->unused_rows));
}

/* Rows are taken up as pages fill: their array grows with what is used of it. */
static uint32_t new_row(struct slob *slob, uint32_t words)
{
	if (slob->words_unused * UNUSED_SHARE > slob->words_used)
		pack_rows(slob);
	const uint64_t at = slob->words_used;

	slob->words_used += words;
	if (slob->words_used > slob->words_capacity) {
		slob->words_capacity *= 2;
		slob->words = host_memory_need(arena_grow(slob->services->arena, slob->words,
							  slob->words_capacity,
							  sizeof(*slob->words), NULL),
					       "free lists");
	}
	return (uint32_t)(at / SLOB_ROW_STEP);
}

/* A row that is not used has the next such one behind its room. Rows may move. */
static uint32_t take_row(struct slob *slob, uint8_t room)
{
	const uint32_t row = slob->unused_rows[room];

	if (!row)
		return new_row(slob, room_words(room));
	memcpy(&slob->unused_rows[room], row_at(slob, row) + SLOB_ROW_OWNER, sizeof(row));
	slob->words_unused -= room_words(room);
	return row;
}

static void give_row(struct slob *slob, uint32_t row, uint8_t room)
{
	memcpy(row_at(slob, row) + SLOB_ROW_OWNER, &slob->unused_rows[room], sizeof(row));
	set_owner(slob, row, UNUSED | room);
	slob->unused_rows[room] = row;
	slob->words_unused += room_words(room);
}

/* The words of a row that are stretches and caches. */
static uint32_t row_words(uint32_t room)
{
	return room_words(room) - SLOB_ROW_OWNER;
}

static uint16_t *caches_of(uint16_t *row, const struct slob_page *page)
{
	return row + row_words(page->room) - page->cached;
}

static void move_row(struct slob *slob, uint32_t id, uint8_t room)
{
	struct slob_page *page = &slob->pages[id];
	const uint32_t row = take_row(slob, room);
	const uint32_t old = page->row;
	const uint8_t old_room = page->room;
	uint16_t *from = slob_row(slob, id);

	const uint16_t *caches = caches_of(from, page);

	page->row = row;
	page->room = room;
	set_owner(slob, row, id);

	uint16_t *to = slob_row(slob, id);

	memcpy(to, from, (page->stretches + 1u) * sizeof(*to));
	memcpy(caches_of(to, page), caches, page->cached * sizeof(*to));
	give_row(slob, old, old_room);
}

/* Room for a row of so many words; one that has become much shorter gives some back. */
static void fit_row(struct slob *slob, uint32_t id, uint32_t words)
{
	const uint8_t room = room_for(words), had = slob->pages[id].room;

	if (__builtin_expect(room > had || room + 2 < had, 0))
		move_row(slob, id, room);
}

static uint32_t words_of(const struct slob_page *page)
{
	return SLOB_ROW_OWNER + page->stretches + 1u + page->cached;
}

void slob_row_open(struct slob *slob, uint32_t id, enum slob_stretch kind)
{
	struct slob_page *page = &slob->pages[id];

	page->stretches = 1;
	page->cached = 0;
	page->room = room_for(words_of(page));
	page->row = take_row(slob, page->room);
	set_owner(slob, page->row, id);

	uint16_t *row = slob_row(slob, id);

	row[0] = (uint16_t)kind;
	row[1] = SLOB_LAST | SLOB_PAGE_UNITS;
}

void slob_row_close(struct slob *slob, uint32_t id)
{
	give_row(slob, slob->pages[id].row, slob->pages[id].room);
}

void slob_row_replace(struct slob *slob, uint32_t id, uint32_t at, uint32_t old,
		      const uint16_t *stretches, uint32_t count)
{
	struct slob_page *page = &slob->pages[id];
	const uint32_t tail = page->stretches + 1u - at - old;

	if (count > old)
		fit_row(slob, id, words_of(page) + count - old);

	uint16_t *row = slob_row(slob, id);

	if (count != old)
		memmove(row + at + count, row + at + old, tail * sizeof(*row));
	for (uint32_t i = 0; i < count; i++)
		row[at + i] = stretches[i];
	page->stretches = (uint16_t)(page->stretches + count - old);
	if (count < old)
		fit_row(slob, id, words_of(page));
}

uint32_t slob_row_find(const struct slob *slob, uint32_t id, uint32_t unit)
{
	const uint16_t *row = slob_row(slob, id);
	uint32_t at = 0;

	for (uint32_t left = slob->pages[id].stretches; left > 1;) {
		const uint32_t half = left / 2;

		at += slob_begin(row[at + half]) <= unit ? half : 0;
		left -= half;
	}
	return at;
}

uint32_t slob_row_count(const uint16_t *row, uint32_t stretches, enum slob_stretch kind)
{
	const uint32_t shift = (uint32_t)__builtin_ctz(kind);
	const uint64_t ones = UINT64_C(0x0001000100010001);
	uint64_t lanes = 0; /* four words at a time: each counts for itself */
	uint32_t i = 0, count = 0;

	for (; i + 4 <= stretches; i += 4) {
		uint64_t four;

		memcpy(&four, row + i, sizeof(four));
		lanes += four >> shift & ones;
	}
	for (; i < stretches; i++)
		count += (uint32_t)row[i] >> shift & 1;
	return count + (uint32_t)(lanes * ones >> 48);
}

/* Of the objects of caches in the page, how many stand before the stretch. */
static uint32_t rank(const struct slob *slob, uint32_t id, uint32_t at)
{
	return slob->pages[id].cached ? slob_row_count(slob_row(slob, id), at, SLOB_CACHE) : 0;
}

uint16_t slob_row_cache(const struct slob *slob, uint32_t id, uint32_t at)
{
	const uint32_t words = row_words(slob->pages[id].room);

	return slob_row(slob, id)[words - 1 - rank(slob, id, at)];
}

void slob_row_cache_add(struct slob *slob, uint32_t id, uint32_t at, uint16_t cache)
{
	struct slob_page *page = &slob->pages[id];

	fit_row(slob, id, words_of(page) + 1);

	const uint32_t later = page->cached - rank(slob, id, at);

	page->cached++;

	uint16_t *caches = caches_of(slob_row(slob, id), page);

	memmove(caches, caches + 1, later * sizeof(*caches));
	caches[later] = cache;
}

void slob_row_cache_remove(struct slob *slob, uint32_t id, uint32_t at)
{
	struct slob_page *page = &slob->pages[id];
	const uint32_t later = page->cached - rank(slob, id, at) - 1u;
	uint16_t *caches = caches_of(slob_row(slob, id), page);

	memmove(caches + 1, caches, later * sizeof(*caches));
	page->cached--;
}
