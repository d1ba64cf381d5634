/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/operation.h"

#include <string.h>

const struct operation_info operation_table[OPERATION_COUNT] = {
#define OPERATION(name, text, layer, ids, space) [OP_##name] = { text, layer, ids, space },
#include "core/operation.def"
#undef OPERATION
};

int operation_find(const char *name, size_t length)
{
	for (int i = 0; i < OPERATION_COUNT; i++) {
		const char *candidate = operation_table[i].name;
		if (strlen(candidate) == length && memcmp(candidate, name, length) == 0)
			return i;
	}
	return -1;
}
