/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines that are no events but tell something: lost events, and "# slabyard:" declarations. */
#include <string.h>

#include "import/grammar.h"
#include "import/text.h"

/* "... [LOST 12 EVENTS]" of ftrace, "... [12 EVENTS DROPPED]" of trace-cmd. */
static int lost_line(struct decoder *d, const char *line)
{
	const char *open = strchr(line, '[');
	if (!open || !strstr(open, "EVENTS"))
		return 0;
	uint64_t lost = 0;
	const char *number = open + 1;
	if (text_starts_with(number, "LOST "))
		number += 5;
	/* The number is left out where the source does not know it: at least one was lost. */
	d->report->lost_events += text_decimal(number, &lost) ? lost : 1;
	return 1;
}

/* "# entries-in-buffer/entries-written: 120/150   #P:2": 30 were overwritten. */
static void entries_line(struct decoder *d, const char *text)
{
	uint64_t held, written;
	const char *slash = text_decimal(text_skip_blanks(text), &held);
	if (slash && *slash == '/' && text_decimal(slash + 1, &written) && written > held)
		d->report->lost_events += written - held;
}

static uint32_t number_of(struct decoder *d, enum key key)
{
	return (uint32_t)fields_number_or(&d->fields, key, 0);
}

static int declare_task(struct decoder *d, const char *text, struct error *err)
{
	const char *comm = text_value(text, "comm");
	struct line_head head = { .comm = comm ? comm : "",
				  .comm_length = comm ? strlen(comm) : 0,
				  .tid = number_of(d, KEY_TID),
				  .tgid = number_of(d, KEY_TGID) };
	uint32_t process;
	uint32_t known = definition_table_view(d->table)->task_count;
	if (names_task(d->names, &head, &process, err) == NAMES_NONE)
		return -1;
	/* Tasks are numbered as they are declared, equal ones too. */
	if (definition_table_view(d->table)->task_count > known)
		return 0;
	struct task_def def = { .tid = head.tid, .tgid = head.tgid, .comm = head.comm };
	return definition_add_task(d->table, &def, err) == UINT32_MAX ? -1 : 0;
}

static int declare_cache(struct decoder *d, struct error *err)
{
	char name[256] = "";
	const struct field *given = &d->fields.value[KEY_NAME];
	if (fields_has(&d->fields, KEY_NAME) && given->length < sizeof(name))
		memcpy(name, given->text, given->length);
	struct cache_def def = {
		.name = name,
		.object_size = number_of(d, KEY_OBJECT_SIZE),
		.size = number_of(d, KEY_SIZE),
		.align = number_of(d, KEY_ALIGN),
		.flags = number_of(d, KEY_FLAGS),
		.useroffset = number_of(d, KEY_USEROFFSET),
		.constructor = fields_flag(&d->fields, KEY_CONSTRUCTOR),
		.complete = fields_flag(&d->fields, KEY_COMPLETE),
		.named = fields_flag(&d->fields, KEY_NAMED) || !fields_has(&d->fields, KEY_NAMED),
	};
	if (!d->whole_dump)
		return names_cache_define(d->names, &def, err) == NAMES_NONE ? -1 : 0;
	uint32_t count = definition_table_view(d->table)->cache_count;
	uint32_t index = (uint32_t)fields_number_or(&d->fields, KEY_INDEX, count);
	if (index < count)
		return definition_update_cache(d->table, index, &def, err);
	return definition_add_cache(d->table, &def, err) == UINT32_MAX ? -1 : 0;
}

/* The cache that a line names by its number; left alone where it names none. */
static int declared_cache(const struct decoder *d, cache_id *cache, struct error *err)
{
	uint64_t number;
	if (!fields_number(&d->fields, KEY_CACHE, &number))
		return 0;
	if (number >= definition_table_view(d->table)->cache_count)
		return error_at_record(err, d->name, "line", d->line,
				       "cache=%llu is not declared before",
				       (unsigned long long)number);
	cache->v = (uint32_t)number;
	return 0;
}

static int declare_site(struct decoder *d, const char *text, struct error *err)
{
	const char *call_site = text_value(text, "call_site");
	struct site_def def = {
		.call_site = call_site ? call_site : "",
		.cache = CACHE_NONE,
		.allocations = fields_number_or(&d->fields, KEY_ALLOCATIONS, 0),
	};
	if (declared_cache(d, &def.cache, err) != 0)
		return -1;
	if (cache_is_none(def.cache))
		return error_at_record(err, d->name, "line", d->line, "cache= is missing");
	return definition_add_site(d->table, &def, err) == UINT32_MAX ? -1 : 0;
}

static int declare_origin(struct decoder *d, const char *text, struct error *err)
{
	const char *call_site = text_value(text, "call_site");
	struct origin_def def = {
		.call_site = call_site ? call_site : "",
		.cache = CACHE_NONE,
		.gfp = number_of(d, KEY_GFP),
		.bytes_alloc = number_of(d, KEY_BYTES_ALLOC),
		.align = number_of(d, KEY_ALIGN),
		.node = (int16_t)fields_number_or(&d->fields, KEY_NODE, UINT64_MAX),
		.order = (uint8_t)number_of(d, KEY_ORDER),
		.migratetype = (uint8_t)number_of(d, KEY_MIGRATETYPE),
		.accounted = fields_flag(&d->fields, KEY_ACCOUNTED),
		.own = fields_flag(&d->fields, KEY_OWN),
	};
	if (declared_cache(d, &def.cache, err) != 0)
		return -1;
	return definition_add_origin(d->table, &def, err) == UINT32_MAX ? -1 : 0;
}

static int declare_meta(struct decoder *d, const char *text, struct error *err)
{
	char key[64];
	const char *sign = strchr(text, '=');
	if (!sign || (size_t)(sign - text) >= sizeof(key))
		return 0;
	memcpy(key, text, (size_t)(sign - text));
	key[sign - text] = '\0';
	if (strcmp(key, "page_offset") == 0)
		text_hex(sign + 1, &d->page_offset);
	d->allocator_known |= strcmp(key, "allocator") == 0;
	return definition_set_meta(d->table, key, sign + 1, err);
}

/* What stands behind "# slabyard: ". Origins only make sense where events name them by number. */
static int declaration(struct decoder *d, const char *text, struct error *err)
{
	const char *rest = text_skip_blanks(text_word_end(text));
	if (text_starts_with(text, "meta "))
		return declare_meta(d, rest, err);
	fields_parse(rest, &d->fields);
	if (text_starts_with(text, "trace ")) {
		if (d->begun)
			return error_at_record(err, d->name, "line", d->line,
					       "must stand before the first event");
		if (definition_table_view(d->table)->site_count)
			return error_at_record(err, d->name, "line", d->line,
					       "is a dump, whose caches are numbered: --caches "
					       "goes with a run of it");
		d->whole_dump = true;
		return 0;
	}
	if (text_starts_with(text, "task "))
		return declare_task(d, rest, err);
	if (text_starts_with(text, "cache "))
		return declare_cache(d, err);
	if (text_starts_with(text, "origin ") && d->whole_dump)
		return declare_origin(d, rest, err);
	if (text_starts_with(text, "site ") && d->whole_dump)
		return declare_site(d, rest, err);
	return 0;
}

/* What trace-cmd report prints before the events: "cpus=2", "CPU 0 is empty". */
static bool is_preamble(const char *line)
{
	return text_starts_with(line, "cpus=") ||
	       (text_starts_with(line, "CPU ") && strstr(line, " is empty"));
}

int comment_parse(struct decoder *d, const char *line, struct error *err)
{
	static const char entries[] = "entries-in-buffer/entries-written:";
	static const char own[] = "slabyard:";
	if (*line != '#')
		return text_starts_with(line, "CPU:") ? lost_line(d, line) : is_preamble(line);
	const char *text = text_skip_blanks(line + 1);
	if (text_starts_with(text, entries))
		entries_line(d, text + sizeof(entries) - 1);
	else if (text_starts_with(text, own) &&
		 declaration(d, text_skip_blanks(text + sizeof(own) - 1), err))
		return -1;
	return 1;
}
