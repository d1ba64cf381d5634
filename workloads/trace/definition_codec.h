/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Definitions to and from the payload of a definitions block (enum syt_definition). */
#ifndef SLABYARD_TRACE_DEFINITION_CODEC_H
#define SLABYARD_TRACE_DEFINITION_CODEC_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "core/definitions.h"
#include "trace/definition_news.h"

/*
 * Fills `payload` (SYT_PAYLOAD_MAX bytes) with the entries that are news in d. Returns 0 with
 * their number in *count and size in *bytes; *count 0 says that nothing is left. -1 and *err when
 * an entry can't be written (a string too long) or memory is spent.
 */
int definition_encode(struct definition_news *news, const struct definitions *d, uint8_t *payload,
		      uint32_t *count, uint32_t *bytes, struct error *err);

/*
 * Adds a payload's entries to the table. Any bytes are safe: returns NULL, or a static text that
 * says what is wrong with them; definition_no_memory: with the host.
 */
extern const char definition_no_memory[];
const char *definition_decode(struct definition_table *table, const uint8_t *payload, size_t bytes,
			      uint32_t count);

#endif
