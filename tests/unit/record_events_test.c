/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a recorded program writes into shared memory, and what becomes of it, sense or not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/rng.h"
#include "core/operation.h"
#include "record/events.h"
#include "record/tracee.h"

enum { TAKEN_MAX = 64, HOSTILE_ROUNDS = 50, HOSTILE_RECORDS = 2000 };

static const uint64_t brk0 = 0x1000000, brk1 = 0x1021000, far_away = 0x7f0000000010;

static struct raw_record raw(enum raw_operation operation, uint64_t in, uint64_t out, uint64_t size,
			     uint64_t bits)
{
	return (struct raw_record){ .in = in,
				    .out = out,
				    .what = size | (uint64_t)operation << RAW_SIZE_BITS |
					    bits << RAW_CHUNK_SHIFT };
}

static struct raw_decoder decoder(void)
{
	return (struct raw_decoder){ .is_glibc = true, .brk0 = brk0, .brk = brk1 };
}

static struct recorded_event decode_one(struct raw_decoder *d, struct raw_record r)
{
	struct recorded_event events[RAW_EVENTS_MAX];
	struct error err = { 0 };

	assert_int_equal(raw_decode(d, &r, events, &err), 1);
	return events[0];
}

static void calls_become_events(void **state)
{
	struct raw_decoder d = decoder();
	struct recorded_event e;

	(void)state;
	e = decode_one(&d, raw(RAW_MALLOC, 100, brk0 + 16, 0, 1));
	assert_int_equal(e.record.operation, OP_MALLOC);
	assert_int_equal(e.record.size, 100);
	assert_int_equal(e.record.address, brk0 + 16);
	assert_int_equal(record_detail(&e.record), 1);
	e = decode_one(&d, raw(RAW_CALLOC, UINT64_MAX, 0, 0, 0));
	assert_int_equal(e.record.operation, OP_CALLOC);
	assert_true(e.record.flags & RECORD_FAILED);
	assert_int_equal(e.record.size, UINT32_MAX);
	assert_true(e.record.flags & RECORD_EXTENDED);
	assert_int_equal(e.extension.size, UINT32_MAX);
	e = decode_one(&d, raw(RAW_MEMALIGN, 64, brk0 + 64, 10, 1));
	assert_int_equal(e.record.operation, OP_MEMALIGN);
	assert_int_equal(e.alignment, 64);
	e = decode_one(&d, raw(RAW_FREE, brk0 + 64, 0, 0, 1));
	assert_int_equal(e.record.operation, OP_FREE);
	assert_int_equal(e.record.address, brk0 + 64);
	e = decode_one(&d, raw(RAW_MALLOPT, (uint64_t)-1, (uint64_t)-1, 0, 0));
	assert_int_equal((int)e.record.size, -1);
	assert_int_equal((int64_t)e.record.address, -1);
	raw_decoder_free(&d);
}

static void realloc_to_and_from_nothing(void **state)
{
	struct raw_decoder d = decoder();
	struct recorded_event e;

	(void)state;
	e = decode_one(&d, raw(RAW_REALLOC, 0, brk0 + 16, 100, 1));
	assert_int_equal(e.record.operation, OP_MALLOC);
	e = decode_one(&d, raw(RAW_REALLOC, brk0 + 16, brk0 + 256, 200, 1));
	assert_int_equal(e.record.operation, OP_REALLOC);
	assert_int_equal(e.extension.address, brk0 + 16);
	e = decode_one(&d, raw(RAW_REALLOC, brk0 + 256, 0, 0, 0));
	assert_int_equal(e.record.operation, OP_FREE);
	assert_int_equal(e.record.address, brk0 + 256);
	e = decode_one(&d, raw(RAW_REALLOC, brk0 + 16, 0, 1000, 0));
	assert_int_equal(e.record.operation, OP_REALLOC);
	assert_true(e.record.flags & RECORD_FAILED);
	raw_decoder_free(&d);
}

static void mappings_become_events(void **state)
{
	struct raw_decoder d = decoder();
	struct recorded_event e, none[RAW_EVENTS_MAX];
	struct raw_record lengths = raw(RAW_MREMAP_LENGTHS, 4096, 8193, 0, 0);
	struct error err = { 0 };

	(void)state;
	e = decode_one(&d, raw(RAW_MMAP, UINT64_C(5) << 32, 0x7f0000000000, 3 | 0x22 << 8, 0));
	assert_int_equal(e.record.operation, OP_MMAP);
	assert_int_equal(e.record.size, UINT64_C(5) << 20);
	assert_int_equal(e.extension.size, 5);
	assert_int_equal(e.extension.origin, 3);
	assert_int_equal(e.extension.task, 0x22);
	e = decode_one(&d, raw(RAW_MMAP, 4096, UINT64_MAX, 0, 0));
	assert_true(e.record.flags & RECORD_FAILED);
	assert_int_equal(raw_decode(&d, &lengths, none, &err), 0);
	e = decode_one(&d, raw(RAW_MREMAP, 0x7f0000000000, 0x7f1000000000, 0, 0));
	assert_int_equal(e.record.operation, OP_MREMAP);
	assert_int_equal(e.record.size, 3);
	assert_int_equal(e.extension.address, 0x7f0000000000);
	assert_int_equal(e.extension.origin, 1);
	e = decode_one(&d, raw(RAW_MADVISE, 4097, 0x7f1000000000, 4, 0));
	assert_int_equal(e.record.size, 2);
	assert_int_equal(e.extension.origin, 4);
	raw_decoder_free(&d);
}

/* A movement of the break stands behind the call that made it; the program's own stand alone. */
static void breaks_follow_their_calls(void **state)
{
	struct raw_decoder d = decoder();
	struct recorded_event events[RAW_EVENTS_MAX], e;
	struct error err = { 0 };
	struct raw_record moved = raw(RAW_BRK, brk1, brk1 + 0x21000, 0, 0);
	struct raw_record call = raw(RAW_MALLOC, 0x20000, brk1 + 16, 0, 1);

	(void)state;
	assert_int_equal(raw_decode(&d, &moved, events, &err), 0);
	assert_int_equal(raw_decode(&d, &call, events, &err), 2);
	assert_int_equal(events[0].record.operation, OP_MALLOC);
	assert_int_equal(events[1].record.operation, OP_BRK);
	assert_int_equal(events[1].record.address, brk1 + 0x21000);
	assert_int_equal(record_detail(&events[1].record), 0);
	e = decode_one(&d, raw(RAW_BRK_FOREIGN, brk1 + 0x21000, brk1 + 0x30000, 0, 0));
	assert_int_equal(record_detail(&e.record), 1);
	raw_decoder_free(&d);
}

/* The main arena can only be outside the heap when a brk failed; that is told once. */
static void failed_breaks_are_inferred(void **state)
{
	struct raw_decoder d = decoder();
	struct recorded_event events[RAW_EVENTS_MAX];
	struct error err = { 0 };
	struct raw_record outside = raw(RAW_MALLOC, 100, far_away, 0, 1);

	(void)state;
	decode_one(&d, raw(RAW_MALLOC, 100, far_away, 0, 2)); /* mapped on its own */
	decode_one(&d, raw(RAW_MALLOC, 100, far_away, 0, 4)); /* of another arena */
	assert_int_equal(raw_decode(&d, &outside, events, &err), 2);
	assert_int_equal(events[0].record.operation, OP_BRK);
	assert_true(events[0].record.flags & RECORD_FAILED);
	assert_int_equal(events[0].record.address, brk1);
	assert_int_equal(events[1].record.operation, OP_MALLOC);
	decode_one(&d, raw(RAW_MALLOC, 100, far_away + 0x1000, 0, 1)); /* in the same piece */
	decode_one(&d, raw(RAW_MALLOC, 100, far_away - (1 << 24), 0, 1));
	d.is_glibc = false;
	d.brk_failed = 0;
	decode_one(&d, raw(RAW_MALLOC, 100, far_away - (1 << 28), 0, 1));
	raw_decoder_free(&d);
}

static void threads_have_names(void **state)
{
	struct raw_decoder d = decoder();
	struct recorded_event events[RAW_EVENTS_MAX], e;
	struct error err = { 0 };
	struct raw_record start = raw(RAW_THREAD_START, 100, 0, 0, 0), name;
	struct raw_record second = raw(RAW_THREAD_START, 101, 0, 0, 0);

	(void)state;
	assert_int_equal(raw_decode(&d, &start, events, &err), 0);
	second.what |= UINT64_C(700) << RAW_THREAD_SHIFT;
	assert_int_equal(raw_decode(&d, &second, events, &err), 1);
	assert_int_equal(events[0].record.operation, OP_THREAD_START);
	name = raw(RAW_NAME, 0, 0, 0, 0);
	memcpy(&name.in, "sixteen letters!", 16);
	name.what |= UINT64_C(700) << RAW_THREAD_SHIFT;
	assert_int_equal(raw_decode(&d, &name, events, &err), 0);
	e = decode_one(&d, raw(RAW_THREAD_EXIT, 0, 0, 0, 0));
	assert_int_equal(e.tid, 100);
	struct raw_record last = raw(RAW_THREAD_EXIT, 0, 0, 0, 0);
	last.what |= UINT64_C(700) << RAW_THREAD_SHIFT;
	e = decode_one(&d, last);
	assert_int_equal(e.tid, 101);
	assert_string_equal(e.comm, "sixteen letters!");
	raw_decoder_free(&d);
}

static void senseless_records_are_told(void **state)
{
	struct raw_decoder d = decoder();
	struct recorded_event events[RAW_EVENTS_MAX];
	struct error err = { 0 };
	struct raw_record none = raw(RAW_NONE, 0, 0, 0, 0);
	struct raw_record unknown = raw(RAW_OPERATIONS, 0, 0, 0, 0);

	(void)state;
	assert_int_equal(raw_decode(&d, &none, events, &err), RAW_SENSELESS);
	assert_int_equal(raw_decode(&d, &unknown, events, &err), RAW_SENSELESS);
	raw_decoder_free(&d);
}

/* A sink that only counts, and checks what every sink relies on. */
struct counter {
	uint64_t events, latest_ns;
	enum recorded_end how;
	bool ended;
};

static void *count_begin(void *context, const struct recorded_process *p, struct error *err)
{
	(void)err;
	assert_non_null(memchr(p->executable, 0, SHARED_NAME));
	return context;
}

static int count_event(void *stream, const struct recorded_event *e, struct error *err)
{
	struct counter *c = stream;

	(void)err;
	assert_true(e->time_ns >= c->latest_ns);
	assert_true(e->record.operation < OPERATION_COUNT);
	assert_non_null(e->comm);
	c->latest_ns = e->time_ns;
	c->events++;
	return 0;
}

static void count_expect(const void *stream, uint64_t address)
{
	(void)stream;
	(void)address;
}

static uint64_t count_position(const void *stream)
{
	return ((const struct counter *)stream)->events;
}

static int count_end(void *stream, enum recorded_end how, bool keep, struct error *err)
{
	struct counter *c = stream;

	(void)keep;
	(void)err;
	c->how = how;
	c->ended = true;
	return 0;
}

static struct shared_slot *make_slot(void)
{
	struct shared_slot *slot =
		mmap(NULL, SLOT_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_true(slot != MAP_FAILED);
	slot->pid = getpid();
	slot->parent_slot = SHARED_SLOTS;
	slot->brk0 = slot->brk = brk0;
	return slot;
}

static struct counter run_slot(struct shared_slot *slot)
{
	struct counter counter = { 0 };
	struct record_report report = { 0 };
	const struct record_sink sink = { .begin = count_begin,
					  .event = count_event,
					  .expect = count_expect,
					  .position = count_position,
					  .end = count_end,
					  .context = &counter };
	struct tracee_list list = { .sink = &sink, .report = &report };
	struct error err = { 0 };

	clock_begin(&list.clock);
	struct tracee *p = tracee_create(&list, 0, slot, &err);

	assert_non_null(p);
	if (tracee_end(&list, p, RECORDED_EXIT, &err) != 0)
		fail_msg("%s", err.message);
	tracee_list_free(&list);
	return counter;
}

static void more_than_the_ring_holds_ends_a_stream(void **state)
{
	struct shared_slot *slot = make_slot();

	(void)state;
	slot->head = RING_RECORDS + 1;
	const struct counter c = run_slot(slot);

	assert_true(c.ended);
	assert_int_equal(c.how, RECORDED_LOST);
}

/* A program may overwrite what it shares with the recorder: that is its own damage only. */
static void overwritten_memory_is_survived(void **state)
{
	struct rng *rng = rng_create(1, "record.hostile");
	unsigned lost = 0;

	(void)state;
	for (int round = 0; round < HOSTILE_ROUNDS; round++) {
		struct shared_slot *slot = make_slot();
		struct raw_record *ring = (void *)((char *)slot + SHARED_PAGE);

		memset(slot->executable, 'x', sizeof(slot->executable));
		memset(slot->comm, 'y', sizeof(slot->comm));
		for (int i = 0; i < HOSTILE_RECORDS; i++) {
			const uint64_t operation = rng_below(rng, round % 2 ? 32 : RAW_OPERATIONS);

			ring[i] = raw((enum raw_operation)operation, rng_below(rng, UINT64_MAX),
				      rng_below(rng, UINT64_MAX), rng_below(rng, RAW_SIZE_MAX),
				      rng_below(rng, 8));
			ring[i].what |= rng_below(rng, RAW_THREADS) << RAW_THREAD_SHIFT;
			ring[i].ticks = rng_below(rng, UINT64_MAX);
		}
		slot->head = HOSTILE_RECORDS;
		const struct counter c = run_slot(slot);

		assert_true(c.ended);
		lost += c.how == RECORDED_LOST;
	}
	assert_true(lost > 0);
	rng_destroy(rng);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls_become_events),
		cmocka_unit_test(realloc_to_and_from_nothing),
		cmocka_unit_test(mappings_become_events),
		cmocka_unit_test(breaks_follow_their_calls),
		cmocka_unit_test(failed_breaks_are_inferred),
		cmocka_unit_test(threads_have_names),
		cmocka_unit_test(senseless_records_are_told),
		cmocka_unit_test(more_than_the_ring_holds_ends_a_stream),
		cmocka_unit_test(overwritten_memory_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
