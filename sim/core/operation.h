/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SLABYARD_CORE_OPERATION_H
#define SLABYARD_CORE_OPERATION_H

#include <stddef.h>
#include <stdint.h>

enum operation {
#define OPERATION(name, text, layer, ids, space) OP_##name,
#include "core/operation.def"
#undef OPERATION
	OPERATION_COUNT
};

enum layer {
	LAYER_NONE,
	LAYER_PROCESS,
	LAYER_SLAB,
	LAYER_PAGE,
	LAYER_VMALLOC,
	LAYER_LIBC,
	LAYER_VM,
	LAYER_OOM,
	LAYER_COUNT
};

enum id_effect { ID_NONE, ID_ALLOC, ID_FREE, ID_USE };

enum id_space {
	SPACE_NONE,
	SPACE_PAGE,
	SPACE_OBJECT,
	SPACE_VMAP,
	SPACE_HEAP,
	SPACE_MAP,
	SPACE_COUNT
};

/* Detail of a free: not this thread frees but one that has ended, whose cache is gone already. */
enum { FREE_BY_ENDED_THREAD = 8 };

struct operation_info {
	const char *name; /* as tracepoints and calls are named */
	uint8_t layer;    /* enum layer */
	uint8_t ids;      /* enum id_effect */
	uint8_t space;    /* enum id_space */
};

/* Indexed by enum operation. */
extern const struct operation_info operation_table[OPERATION_COUNT];

#endif
