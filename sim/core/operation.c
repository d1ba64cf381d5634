/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/operation.h"

const struct operation_info operation_table[OPERATION_COUNT] = {
#define OPERATION(name, text, layer, ids, space) [OP_##name] = { text, layer, ids, space },
#include "core/operation.def"
#undef OPERATION
};
