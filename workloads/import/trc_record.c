/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "import/trc.h"

#include "core/extension.h"

static const uint8_t operations[] = {
	[TRC_MALLOC] = OP_MALLOC,           [TRC_FREE] = OP_FREE,
	[TRC_CALLOC] = OP_CALLOC,           [TRC_REALLOC] = OP_REALLOC,
	[TRC_MEMALIGN] = OP_MEMALIGN,       [TRC_MALLOPT] = OP_MALLOPT,
	[TRC_MALLOC_TRIM] = OP_MALLOC_TRIM, [TRC_BRK] = OP_BRK,
	[TRC_THREAD_EXIT] = OP_THREAD_EXIT,
};

static void decode_block(const struct trc_record *r, struct import_event *e)
{
	e->record.address = r->out;
	record_set_size(&e->record, &e->extension, trc_size(r));
	record_set_detail(&e->record, trc_chunk_bits(r));
	if (!r->out)
		e->record.flags |= RECORD_FAILED;
}

/* realloc(NULL, n) is malloc(n), realloc(p, 0) is free(p). */
static void decode_realloc(const struct trc_record *r, struct import_event *e)
{
	if (!r->in) {
		e->record.operation = OP_MALLOC;
	} else if (!r->out && !trc_size(r)) {
		e->record.operation = OP_FREE;
		e->record.flags = 0;
		e->record.address = r->in;
		record_set_detail(&e->record, 0);
	} else {
		record_extend(&e->record, &e->extension)->address = r->in;
	}
}

static void decode_setting(const struct trc_record *r, struct import_event *e)
{
	const bool is_option = trc_operation(r) == TRC_MALLOPT;

	e->record.size = (uint32_t)(is_option ? r->in : trc_size(r));
	/* The value is an int; its sign was cut off with the upper bits. */
	e->record.address = is_option ? (uint64_t)(int32_t)trc_size(r) : 0;
}

bool trc_decode(const struct trc_record *r, struct import_event *e)
{
	const enum trc_operation operation = trc_operation(r);

	if (operation < TRC_MALLOC || operation > TRC_THREAD_EXIT)
		return false;
	*e = (struct import_event){ .process = 1, .origin_given = true };
	e->record.operation = operations[operation];
	switch (operation) {
	case TRC_FREE:
		e->record.address = r->in;
		record_set_detail(&e->record, trc_chunk_bits(r));
		break;
	case TRC_MALLOPT:
	case TRC_MALLOC_TRIM:
		decode_setting(r, e);
		break;
	case TRC_BRK:
		e->record.address = r->out;
		record_set_detail(&e->record, trc_is_foreign(r));
		break;
	case TRC_THREAD_EXIT:
		break;
	default:
		decode_block(r, e);
	}
	if (operation == TRC_REALLOC)
		decode_realloc(r, e);
	return true;
}
