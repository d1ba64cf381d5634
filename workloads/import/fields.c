/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "import/fields.h"

#include <pthread.h>
#include <string.h>

#include "import/text.h"

enum { KEY_SLOTS = 512, KEY_LENGTH_MAX = 24 };

static const struct {
	const char *text;
	uint32_t length;
} key_names[KEY_COUNT] = {
#define KEY(name, text) [KEY_##name] = { text, sizeof(text) - 1 },
#include "import/keys.def"
#undef KEY
};

/* Key number + 1 by hash of length, first, middle and last letter; filled once. */
static uint8_t key_slots[KEY_SLOTS];
static pthread_once_t key_slots_once = PTHREAD_ONCE_INIT;

_Static_assert(KEY_COUNT < UINT8_MAX, "a slot holds a key's number in a byte");

static unsigned key_hash(const char *text, size_t length)
{
	unsigned h = (unsigned)length;
	h = h * 31 + (unsigned char)text[0];
	h = h * 31 + (unsigned char)text[length / 2];
	h = h * 31 + (unsigned char)text[length - 1];
	return h & (KEY_SLOTS - 1);
}

static void fill_key_slots(void)
{
	for (unsigned key = 0; key < KEY_COUNT; key++) {
		unsigned slot = key_hash(key_names[key].text, key_names[key].length);
		while (key_slots[slot])
			slot = (slot + 1) & (KEY_SLOTS - 1);
		key_slots[slot] = (uint8_t)(key + 1);
	}
}

static int key_find(const char *text, size_t length)
{
	if (length == 0 || length > KEY_LENGTH_MAX)
		return -1;
	unsigned slot = key_hash(text, length);
	for (; key_slots[slot]; slot = (slot + 1) & (KEY_SLOTS - 1)) {
		unsigned key = key_slots[slot] - 1u;
		if (key_names[key].length == length &&
		    memcmp(key_names[key].text, text, length) == 0)
			return (int)key;
	}
	return -1;
}

static void set_field(struct fields *f, const char *name, size_t name_length, const char *value,
		      size_t length)
{
	int key = key_find(name, name_length);
	if (key < 0 || fields_has(f, (enum key)key))
		return;
	f->present[key / 64] |= 1ull << (key % 64);
	f->value[key] = (struct field){ value, (uint32_t)length };
}

void fields_parse(const char *text, struct fields *f)
{
	pthread_once(&key_slots_once, fill_key_slots);
	memset(f->present, 0, sizeof(f->present));
	const char *p = text_skip_blanks(text);
	while (*p != '\0') {
		const char *name = p;
		const char *sign = NULL;
		for (; *p != '\0' && *p != ' ' && *p != '\t'; p++) {
			if (!sign && *p == '=')
				sign = p;
		}
		const char *end = p;
		p = text_skip_blanks(p);
		if (sign) {
			set_field(f, name, (size_t)(sign - name), sign + 1,
				  (size_t)(end - sign - 1));
		} else if (end > name && end[-1] == ':') {
			const char *value = p;
			p = text_word_end(p);
			set_field(f, name, (size_t)(end - name - 1), value, (size_t)(p - value));
			p = text_skip_blanks(p);
		}
	}
}

bool fields_number(const struct fields *f, enum key key, uint64_t *number)
{
	if (!fields_has(f, key))
		return false;
	const char *text = f->value[key].text;
	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
		return text_hex(text, number) != NULL;
	if (*text != '-')
		return text_decimal(text, number) != NULL;
	int64_t negative;
	if (!text_signed(text, &negative))
		return false;
	*number = (uint64_t)negative;
	return true;
}

bool fields_address(const struct fields *f, enum key key, uint64_t *address)
{
	if (!fields_has(f, key))
		return false;
	const char *text = f->value[key].text;
	if (text_starts_with(text, "(nil)") || text_starts_with(text, "(null)")) {
		*address = 0;
		return true;
	}
	return text_hex(text, address) != NULL;
}

uint64_t fields_number_or(const struct fields *f, enum key key, uint64_t otherwise)
{
	uint64_t number;
	return fields_number(f, key, &number) ? number : otherwise;
}

bool fields_flag(const struct fields *f, enum key key)
{
	if (!fields_has(f, key))
		return false;
	char first = f->value[key].text[0];
	return first == '1' || first == 't' || first == 'y';
}
