/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "import/grammar.h"

#include <pthread.h>
#include <string.h>

#include "core/extension.h"
#include "import/shapes.h"
#include "import/text.h"

enum { RULE_SLOTS = 512 };

#define KEY_NONE KEY_COUNT

static const struct event_rule rules[] = {
#define EVENT(text, operation, shape, address, size, detail)                                       \
	{ text,          sizeof(text) - 1, OP_##operation, shape_##shape,                          \
	  KEY_##address, KEY_##size,       KEY_##detail },
#include "import/events.def"
#undef EVENT
};

enum { RULE_COUNT = sizeof(rules) / sizeof(rules[0]) };

/* Rule number + 1 by hash of the name; filled once. */
static uint8_t rule_slots[RULE_SLOTS];
static pthread_once_t rule_slots_once = PTHREAD_ONCE_INIT;

_Static_assert(RULE_COUNT < UINT8_MAX, "a slot holds a rule's number in a byte");

static unsigned name_hash(const char *name, size_t length)
{
	unsigned h = (unsigned)length;
	for (size_t i = 0; i < length; i++)
		h = h * 31 + (unsigned char)name[i];
	return h & (RULE_SLOTS - 1);
}

static void fill_rule_slots(void)
{
	for (unsigned i = 0; i < RULE_COUNT; i++) {
		unsigned slot = name_hash(rules[i].name, rules[i].name_length);
		while (rule_slots[slot])
			slot = (slot + 1) & (RULE_SLOTS - 1);
		rule_slots[slot] = (uint8_t)(i + 1);
	}
}

const struct event_rule *grammar_find(const char *name, size_t length)
{
	pthread_once(&rule_slots_once, fill_rule_slots);
	unsigned slot = name_hash(name, length);
	for (; rule_slots[slot]; slot = (slot + 1) & (RULE_SLOTS - 1)) {
		const struct event_rule *rule = &rules[rule_slots[slot] - 1];
		if (rule->name_length == length && memcmp(rule->name, name, length) == 0)
			return rule;
	}
	return NULL;
}

static void apply_flag(struct decoder *d, enum key key, unsigned flag, struct import_event *e)
{
	if (!fields_has(&d->fields, key))
		return;
	if (fields_flag(&d->fields, key))
		e->record.flags |= (uint8_t)flag;
	else
		e->record.flags &= (uint8_t)~flag;
}

/* Keys that say outright what else is derived: see "Every operation also takes these keys". */
static void apply_outright(struct decoder *d, struct import_event *e)
{
	struct fields *f = &d->fields;
	uint64_t number;
	if (fields_number(f, KEY_ID, &number)) {
		e->record.id = event_clip(d, number);
		e->id_given = true;
	}
	if (fields_number(f, KEY_ADDRESS, &number))
		e->record.address = number;
	if (fields_number(f, KEY_DETAIL, &number))
		record_set_detail(&e->record, number);
	apply_flag(d, KEY_EFFECT, RECORD_EFFECT, e);
	apply_flag(d, KEY_FAILED, RECORD_FAILED, e);
	apply_flag(d, KEY_BULK, RECORD_BULK, e);
	apply_flag(d, KEY_IDENTITY, RECORD_IDENTITY, e);
	apply_flag(d, KEY_NESTED, RECORD_NESTED, e);
	apply_flag(d, KEY_PART, RECORD_PART, e);
	apply_flag(d, KEY_IRQ, RECORD_IRQ, e);
}

/* In a dump numbers refer to what it declares. A mapping's own size= is a length in bytes. */
static void apply_numbers(struct decoder *d, const struct event_rule *rule, struct import_event *e)
{
	const struct fields *f = &d->fields;
	e->record.origin = event_clip(d, fields_number_or(f, KEY_ORIGIN, 0));
	e->record.task = event_clip(d, fields_number_or(f, KEY_TASK, e->record.task));
	if (rule->size != KEY_SIZE)
		e->record.size = event_clip(d, fields_number_or(f, KEY_SIZE, e->record.size));
}

static void apply_extension(struct decoder *d, struct import_event *e)
{
	static const enum key keys[] = { KEY_EXT_SIZE, KEY_EXT_ID, KEY_EXT_ADDRESS, KEY_EXT_ORIGIN,
					 KEY_EXT_TASK };
	bool extended = false;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		extended |= fields_has(&d->fields, keys[i]);
	if (!extended)
		return;
	struct record *x = &e->extension;
	e->record.flags |= RECORD_EXTENDED;
	x->operation = OP_EXTENSION;
	x->size = event_clip(d, fields_number_or(&d->fields, KEY_EXT_SIZE, x->size));
	x->id = event_clip(d, fields_number_or(&d->fields, KEY_EXT_ID, x->id));
	x->address = fields_number_or(&d->fields, KEY_EXT_ADDRESS, x->address);
	x->origin = event_clip(d, fields_number_or(&d->fields, KEY_EXT_ORIGIN, x->origin));
	x->task = event_clip(d, fields_number_or(&d->fields, KEY_EXT_TASK, x->task));
}

/* A dump's flags, operation and extension are what the line says, not what the keys imply. */
static void underive(const struct event_rule *rule, const struct line_head *head,
		     struct import_event *e)
{
	e->record.operation = rule->operation;
	e->record.flags = head->irq ? RECORD_IRQ : 0;
	e->extension = (struct record){ 0 };
	e->id_given = true;
	e->origin_given = true;
}

bool grammar_is_met(const struct decoder *d, const struct event_rule *rule)
{
	uint64_t number;
	if (rule->address == KEY_COUNT || rule->shape == shape_fault || d->whole_dump)
		return true;
	return fields_number(&d->fields, rule->address, &number) ||
	       fields_address(&d->fields, rule->address, &number) ||
	       fields_has(&d->fields, KEY_ADDRESS);
}

int grammar_apply(struct decoder *d, const struct event_rule *rule, const struct line_head *head,
		  struct import_event *e, struct error *err)
{
	struct raw_origin origin = { .call_site = NAMES_NONE, .cache = NAMES_NONE, .node = -1 };
	*e = (struct import_event){ .time_ns = head->time_ns };
	d->begun = true;
	e->record.operation = rule->operation;
	e->record.cpu_detail = (uint16_t)(head->cpu & RECORD_CPU_MASK);
	if (head->irq)
		e->record.flags |= RECORD_IRQ;
	/* A dump's own number makes the names before it needless. */
	if (!d->whole_dump || !fields_has(&d->fields, KEY_TASK))
		e->record.task = names_task(d->names, head, &e->process, err);
	if (e->record.task == NAMES_NONE || rule->shape(d, rule, e, &origin, err))
		return -1;
	if (d->whole_dump)
		underive(rule, head, e);
	apply_outright(d, e);
	if (d->whole_dump)
		apply_numbers(d, rule, e);
	apply_extension(d, e);
	if (e->origin_given)
		return 0;
	e->raw_origin = names_origin(d->names, &origin, err);
	return e->raw_origin == NAMES_NONE ? -1 : 0;
}

int grammar_check_references(const struct decoder *d, const struct import_event *e,
			     struct error *err)
{
	const struct definitions *known = definition_table_view(d->table);
	if (e->record.origin >= known->origin_count)
		return error_at_record(err, d->name, "line", d->line,
				       "origin=%lu is not declared before",
				       (unsigned long)e->record.origin);
	if (e->record.task >= known->task_count)
		return error_at_record(err, d->name, "line", d->line,
				       "task=%lu is not declared before",
				       (unsigned long)e->record.task);
	return 0;
}
