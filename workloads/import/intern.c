/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "import/intern.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum { INTERN_FIRST_SLOTS = 256, INTERN_FIRST_BYTES = 4096 };

struct intern_entry {
	size_t offset; /* in bytes */
	uint32_t length;
	uint32_t hash;
};

struct intern {
	uint32_t *slots; /* number + 1, 0: empty; at most half are taken */
	size_t slot_count;
	struct intern_entry *entries; /* slot_count / 2 of them */
	uint32_t count;
	char *bytes;
	size_t used, size;
};

struct intern *intern_create(struct error *err)
{
	struct intern *in = calloc(1, sizeof(*in));
	if (in) {
		in->slot_count = INTERN_FIRST_SLOTS;
		in->slots = calloc(in->slot_count, sizeof(*in->slots));
		in->entries = malloc(in->slot_count / 2 * sizeof(*in->entries));
		in->size = INTERN_FIRST_BYTES;
		in->bytes = malloc(in->size);
	}
	if (!in || !in->slots || !in->entries || !in->bytes) {
		intern_destroy(in);
		error_set(err, ERROR_RUN, "no memory for the trace's names");
		return NULL;
	}
	return in;
}

void intern_destroy(struct intern *in)
{
	if (!in)
		return;
	free(in->slots);
	free(in->entries);
	free(in->bytes);
	free(in);
}

/* The slot that holds the bytes, or the empty one where they would go. */
static size_t find_slot(const struct intern *in, const void *bytes, size_t length, uint32_t hash)
{
	size_t slot = hash & (in->slot_count - 1);
	for (; in->slots[slot]; slot = (slot + 1) & (in->slot_count - 1)) {
		const struct intern_entry *e = &in->entries[in->slots[slot] - 1];
		if (e->hash == hash && e->length == length &&
		    memcmp(in->bytes + e->offset, bytes, length) == 0)
			break;
	}
	return slot;
}

static bool grow_slots(struct intern *in)
{
	size_t count = 2 * in->slot_count;
	struct intern_entry *entries = realloc(in->entries, count / 2 * sizeof(*entries));
	if (!entries)
		return false;
	in->entries = entries;
	uint32_t *slots = calloc(count, sizeof(*slots));
	if (!slots)
		return false;
	for (uint32_t i = 0; i < in->count; i++) {
		size_t slot = in->entries[i].hash & (count - 1);
		while (slots[slot])
			slot = (slot + 1) & (count - 1);
		slots[slot] = i + 1;
	}
	free(in->slots);
	in->slots = slots;
	in->slot_count = count;
	return true;
}

static bool grow_bytes(struct intern *in, size_t needed)
{
	size_t size = in->size;
	while (size - in->used < needed)
		size *= 2;
	if (size == in->size)
		return true;
	char *bytes = realloc(in->bytes, size);
	if (!bytes)
		return false;
	in->bytes = bytes;
	in->size = size;
	return true;
}

uint32_t intern_add(struct intern *in, const void *bytes, size_t length, struct error *err)
{
	uint32_t hash = (uint32_t)XXH3_64bits(bytes, length);
	size_t slot = find_slot(in, bytes, length, hash);
	if (in->slots[slot])
		return in->slots[slot] - 1;
	if (length > UINT32_MAX || !grow_bytes(in, length + 1) ||
	    (in->count == in->slot_count / 2 && !grow_slots(in))) {
		error_set(err, ERROR_RUN, "no memory for the trace's names");
		return INTERN_NONE;
	}
	slot = find_slot(in, bytes, length, hash);
	in->entries[in->count] = (struct intern_entry){ in->used, (uint32_t)length, hash };
	memcpy(in->bytes + in->used, bytes, length);
	in->bytes[in->used + length] = '\0';
	in->used += length + 1;
	in->slots[slot] = ++in->count;
	return in->count - 1;
}

uint32_t intern_find(const struct intern *in, const void *bytes, size_t length)
{
	uint32_t hash = (uint32_t)XXH3_64bits(bytes, length);
	size_t slot = find_slot(in, bytes, length, hash);
	return in->slots[slot] ? in->slots[slot] - 1 : INTERN_NONE;
}

uint32_t intern_count(const struct intern *in)
{
	return in->count;
}

const char *intern_bytes(const struct intern *in, uint32_t number, size_t *length)
{
	if (length)
		*length = in->entries[number].length;
	return in->bytes + in->entries[number].offset;
}
