/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "import/shapes.h"

#include <string.h>

#include "base/ptrmap.h"
#include "core/extension.h"
#include "import/allocator.h"
#include "import/text.h"

uint32_t event_clip(struct decoder *d, uint64_t value)
{
	if (value <= UINT32_MAX)
		return (uint32_t)value;
	d->report->clipped_sizes++;
	return UINT32_MAX;
}

static struct record *extend(struct import_event *e)
{
	return record_extend(&e->record, &e->extension);
}

int shape_plain(struct decoder *d, const struct event_rule *rule, struct import_event *e,
		struct raw_origin *origin, struct error *err)
{
	(void)origin;
	(void)err;
	if (rule->address != KEY_COUNT)
		e->record.address = fields_number_or(&d->fields, rule->address, 0);
	if (rule->size != KEY_COUNT) {
		uint64_t size = fields_number_or(&d->fields, rule->size, 0);
		/* A negative number (oom_score_adj) keeps its 32 bits. */
		e->record.size = (int64_t)size < 0 ? (uint32_t)size : event_clip(d, size);
	}
	if (rule->detail != KEY_COUNT)
		record_set_detail(&e->record, fields_number_or(&d->fields, rule->detail, 0));
	return 0;
}

int shape_pointer(struct decoder *d, const struct event_rule *rule, struct import_event *e,
		  struct raw_origin *origin, struct error *err)
{
	int result = shape_plain(d, rule, e, origin, err);
	if (!fields_address(&d->fields, rule->address, &e->record.address))
		e->record.address = 0;
	return result;
}

/* The compiler may have split or cloned the function: "kmem_cache_free_bulk.part.0+0x17". */
static bool is_in_function(const struct field *site, const char *function)
{
	size_t length = strlen(function);
	return text_starts_with(site->text, function) &&
	       (site->text[length] == '+' || site->text[length] == '.');
}

static int read_call_site(struct decoder *d, struct import_event *e, struct raw_origin *origin,
			  struct error *err)
{
	if (!fields_has(&d->fields, KEY_CALL_SITE))
		return 0;
	const struct field *site = &d->fields.value[KEY_CALL_SITE];
	if (is_in_function(site, "kmem_cache_alloc_bulk") ||
	    is_in_function(site, "kmem_cache_free_bulk"))
		e->record.flags |= RECORD_BULK;
	origin->call_site = names_call_site(d->names, site->text, site->length, err);
	return origin->call_site == NAMES_NONE ? -1 : 0;
}

static int read_gfp(struct decoder *d, struct raw_origin *origin, struct error *err)
{
	if (!fields_has(&d->fields, KEY_GFP_FLAGS))
		return 0;
	const struct field *gfp = &d->fields.value[KEY_GFP_FLAGS];
	struct error failure = { 0 };
	origin->gfp =
		names_gfp(d->names, gfp->text, gfp->length, &d->report->unknown_gfp, &failure);
	if (failure.kind == ERROR_NONE)
		return 0;
	return error_set(err, failure.kind, "%s", failure.message);
}

/* Where allocations do not name their cache, the free of one of its objects does. */
static int follow_unnamed(struct decoder *d, struct import_event *e, uint32_t cache,
			  struct error *err)
{
	if (e->record.operation == OP_KMEM_CACHE_ALLOC)
		return e->record.address == 0
			       ? 0
			       : ptrmap_put(d->unnamed, e->record.address, cache, err);
	if (ptrmap_count(d->unnamed) == 0)
		return 0;
	uint32_t told = ptrmap_take(d->unnamed, e->record.address);
	if (told == PTRMAP_NONE || !fields_has(&d->fields, KEY_NAME))
		return 0;
	const struct field *name = &d->fields.value[KEY_NAME];
	int conflict = names_cache_tell(d->names, told, name->text, name->length, err);
	if (conflict < 0)
		return -1;
	d->report->cache_conflicts += (uint64_t)conflict;
	return 0;
}

/* Only caches have a name in these events; heap objects have none. */
static int read_cache(struct decoder *d, struct import_event *e, struct raw_origin *origin,
		      struct error *err)
{
	bool allocates = e->record.operation == OP_KMEM_CACHE_ALLOC;
	if (!allocates && e->record.operation != OP_KMEM_CACHE_FREE)
		return 0;
	uint32_t requested = allocates ? e->record.size : 0;
	if (!allocates && follow_unnamed(d, e, NAMES_NONE, err))
		return -1;
	if (fields_has(&d->fields, KEY_NAME)) {
		const struct field *name = &d->fields.value[KEY_NAME];
		origin->cache = names_cache_named(d->names, name->text, name->length, requested,
						  origin->bytes_alloc, err);
	} else if (allocates) {
		origin->cache = names_cache_at_site(d->names, origin->call_site, requested,
						    origin->bytes_alloc, err);
		if (origin->cache != NAMES_NONE && follow_unnamed(d, e, origin->cache, err))
			return -1;
	} else {
		return 0;
	}
	return origin->cache == NAMES_NONE ? -1 : 0;
}

int shape_object(struct decoder *d, const struct event_rule *rule, struct import_event *e,
		 struct raw_origin *origin, struct error *err)
{
	if (!fields_address(&d->fields, rule->address, &e->record.address))
		e->record.address = 0;
	if (rule->size != KEY_COUNT)
		record_set_size(&e->record, &e->extension,
				fields_number_or(&d->fields, rule->size, 0));
	if (operation_table[rule->operation].ids == ID_ALLOC && e->record.address == 0)
		e->record.flags |= RECORD_FAILED;
	origin->bytes_alloc = event_clip(d, fields_number_or(&d->fields, KEY_BYTES_ALLOC, 0));
	if (rule->operation == OP_KMALLOC && !d->allocator_known && !d->whole_dump &&
	    allocator_look(d, e->record.size, origin->bytes_alloc, err))
		return -1;
	origin->align = event_clip(d, fields_number_or(&d->fields, KEY_ALIGN, 0));
	origin->node = (int16_t)fields_number_or(&d->fields, KEY_NODE, UINT64_MAX);
	origin->accounted = fields_flag(&d->fields, KEY_ACCOUNTED);
	if (read_call_site(d, e, origin, err) || read_gfp(d, origin, err))
		return -1;
	return read_cache(d, e, origin, err);
}

int shape_renewal(struct decoder *d, const struct event_rule *rule, struct import_event *e,
		  struct raw_origin *origin, struct error *err)
{
	if (shape_object(d, rule, e, origin, err))
		return -1;
	uint64_t old = 0;
	fields_address(&d->fields, KEY_OLD, &old);
	bool kernel = rule->operation == OP_KREALLOC;
	/* realloc(NULL, n) is malloc(n), realloc(p, 0) that gives NULL is free(p). */
	if (old == 0) {
		e->record.operation = kernel ? OP_KMALLOC : OP_MALLOC;
		if (e->record.address == 0)
			e->record.flags |= RECORD_FAILED;
	} else if (e->record.address == 0 && e->record.size == 0) {
		e->record.operation = kernel ? OP_KFREE : OP_FREE;
		e->record.address = old;
	} else {
		extend(e)->address = old;
		if (e->record.address == 0)
			e->record.flags |= RECORD_FAILED;
	}
	return 0;
}

int shape_page(struct decoder *d, const struct event_rule *rule, struct import_event *e,
	       struct raw_origin *origin, struct error *err)
{
	if (shape_plain(d, rule, e, origin, err))
		return -1;
	origin->order = (uint8_t)e->record.size;
	origin->migratetype = (uint8_t)fields_number_or(&d->fields, KEY_MIGRATETYPE, 0);
	/* Page frame 0 is never given out: events print it for an allocation that failed. */
	if (e->record.operation == OP_MM_PAGE_ALLOC && e->record.address == 0)
		e->record.flags |= RECORD_FAILED;
	return read_gfp(d, origin, err);
}

int shape_extfrag(struct decoder *d, const struct event_rule *rule, struct import_event *e,
		  struct raw_origin *origin, struct error *err)
{
	origin->order = (uint8_t)fields_number_or(&d->fields, KEY_ALLOC_ORDER, 0);
	origin->migratetype = (uint8_t)fields_number_or(&d->fields, KEY_ALLOC_MIGRATETYPE, 0);
	return shape_plain(d, rule, e, origin, err);
}

int shape_cache(struct decoder *d, const struct event_rule *rule, struct import_event *e,
		struct raw_origin *origin, struct error *err)
{
	char name[256] = "";
	const struct field *given = &d->fields.value[KEY_NAME];
	record_set_detail(&e->record, fields_number_or(&d->fields, rule->detail, 0));
	if (!fields_has(&d->fields, KEY_NAME) || given->length >= sizeof(name))
		return 0;
	memcpy(name, given->text, given->length);
	struct cache_def def = {
		.name = name,
		.object_size = event_clip(d, fields_number_or(&d->fields, KEY_OBJECT_SIZE, 0)),
		.size = event_clip(d, fields_number_or(&d->fields, KEY_SIZE, 0)),
		.align = event_clip(d, fields_number_or(&d->fields, KEY_ALIGN, 0)),
		.flags = event_clip(d, fields_number_or(&d->fields, KEY_SLAB_FLAGS, 0)),
		.useroffset = event_clip(d, fields_number_or(&d->fields, KEY_USEROFFSET, 0)),
		.constructor = fields_flag(&d->fields, KEY_CONSTRUCTOR),
		.complete = true,
	};
	e->record.size = 0;
	if (rule->operation == OP_KMEM_CACHE_CREATE)
		origin->cache = names_cache_define(d->names, &def, err);
	else
		origin->cache = names_cache_named(d->names, name, given->length, 0, 0, err);
	return origin->cache == NAMES_NONE ? -1 : 0;
}

int shape_mapping(struct decoder *d, const struct event_rule *rule, struct import_event *e,
		  struct raw_origin *origin, struct error *err)
{
	uint64_t bytes = fields_number_or(&d->fields, rule->size, 0);
	if (shape_plain(d, rule, e, origin, err))
		return -1;
	e->record.size = event_clip(d, pages_of_bytes(bytes));
	if (operation_table[rule->operation].ids == ID_ALLOC &&
	    address_is_failure(e->record.address))
		e->record.flags |= RECORD_FAILED;
	return 0;
}

int shape_mmap(struct decoder *d, const struct event_rule *rule, struct import_event *e,
	       struct raw_origin *origin, struct error *err)
{
	uint64_t bytes = fields_number_or(&d->fields, KEY_LEN, 0);
	extension_set_length(extend(e), bytes);
	e->extension.origin = event_clip(d, fields_number_or(&d->fields, KEY_PROT, 0));
	e->extension.task = event_clip(d, fields_number_or(&d->fields, KEY_FLAGS, 0));
	return shape_mapping(d, rule, e, origin, err);
}

int shape_mremap(struct decoder *d, const struct event_rule *rule, struct import_event *e,
		 struct raw_origin *origin, struct error *err)
{
	uint64_t old_bytes = fields_number_or(&d->fields, KEY_OLD_LEN, 0);
	extension_set_length(extend(e), fields_number_or(&d->fields, KEY_LEN, 0));
	e->extension.address = fields_number_or(&d->fields, KEY_OLD, 0);
	e->extension.origin = event_clip(d, pages_of_bytes(old_bytes));
	if (shape_mapping(d, rule, e, origin, err))
		return -1;
	if (address_is_failure(e->record.address))
		e->record.flags |= RECORD_FAILED;
	return 0;
}

int shape_madvise(struct decoder *d, const struct event_rule *rule, struct import_event *e,
		  struct raw_origin *origin, struct error *err)
{
	extend(e)->origin = event_clip(d, fields_number_or(&d->fields, KEY_ADVICE, 0));
	return shape_mapping(d, rule, e, origin, err);
}

int shape_touch(struct decoder *d, const struct event_rule *rule, struct import_event *e,
		struct raw_origin *origin, struct error *err)
{
	if (shape_mapping(d, rule, e, origin, err))
		return -1;
	if (e->record.size == 0)
		e->record.size = 1;
	return 0;
}

/* perf's software event has no key: the address is the first word. */
int shape_fault(struct decoder *d, const struct event_rule *rule, struct import_event *e,
		struct raw_origin *origin, struct error *err)
{
	if (shape_plain(d, rule, e, origin, err))
		return -1;
	if (!fields_has(&d->fields, KEY_ADDRESS))
		text_hex(d->arguments, &e->record.address);
	return 0;
}

int shape_va_alloc(struct decoder *d, const struct event_rule *rule, struct import_event *e,
		   struct raw_origin *origin, struct error *err)
{
	if (shape_mapping(d, rule, e, origin, err))
		return -1;
	/* As large as an address where nothing is asked for: 1 is "none". */
	origin->align = event_clip(d, fields_number_or(&d->fields, KEY_ALIGN, 0));
	extension_set_length(extend(e), fields_number_or(&d->fields, KEY_VEND, 0));
	e->extension.address = fields_number_or(&d->fields, KEY_VSTART, 0);
	if (fields_flag(&d->fields, KEY_FAILED))
		e->record.flags |= RECORD_FAILED;
	return 0;
}

int shape_range(struct decoder *d, const struct event_rule *rule, struct import_event *e,
		struct raw_origin *origin, struct error *err)
{
	const struct field *range = &d->fields.value[KEY_RANGE];
	if (fields_has(&d->fields, KEY_RANGE) && range->length > 1 && range->text[0] == '(')
		text_hex(range->text + 1, &e->record.address);
	return shape_plain(d, rule, e, origin, err);
}

int shape_sysctl(struct decoder *d, const struct event_rule *rule, struct import_event *e,
		 struct raw_origin *origin, struct error *err)
{
	if (fields_has(&d->fields, KEY_NAME)) {
		const struct field *name = &d->fields.value[KEY_NAME];
		origin->call_site = names_call_site(d->names, name->text, name->length, err);
		if (origin->call_site == NAMES_NONE)
			return -1;
	}
	return shape_plain(d, rule, e, origin, err);
}
