/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/rng.h"
#include "core/event.h"

enum { EVENTS = 50000 };

/* As qsort wants it, written out apart from event_before. */
static int compare_keys(const void *left, const void *right)
{
	const struct event *a = left, *b = right;

	if (a->time_ns != b->time_ns)
		return a->time_ns < b->time_ns ? -1 : 1;
	if (a->class != b->class)
		return a->class < b->class ? -1 : 1;
	return a->sequence < b->sequence ? -1 : 1;
}

static struct event draw_event(struct rng *rng, uint64_t sequence)
{
	return (struct event){ .time_ns = rng_below(rng, 1000),
			       .class = (uint32_t)rng_below(rng, 4),
			       .sequence = sequence,
			       .payload = rng_u32(rng),
			       .token = sequence * 3 };
}

static void assert_same_event(const struct event *a, const struct event *b)
{
	assert_int_equal(a->time_ns, b->time_ns);
	assert_int_equal(a->class, b->class);
	assert_int_equal(a->sequence, b->sequence);
	assert_int_equal(a->payload, b->payload);
	assert_int_equal(a->token, b->token);
}

static void pops_in_key_order(void **state)
{
	static struct event expected[EVENTS];
	struct event_heap *heap = event_heap_create(NULL);
	struct rng *rng = rng_create(1, "event_test");

	(void)state;
	assert_null(event_heap_peek(heap));
	for (unsigned i = 0; i < EVENTS; i++) {
		expected[i] = draw_event(rng, i);
		struct event pushed = expected[i];
		pushed.sequence = 0; /* the heap's to give */
		assert_int_equal(event_heap_push(heap, pushed, NULL), 0);
	}
	assert_int_equal(event_heap_size(heap), EVENTS);
	qsort(expected, EVENTS, sizeof(expected[0]), compare_keys);
	for (unsigned i = 0; i < EVENTS; i++) {
		assert_same_event(event_heap_peek(heap), &expected[i]);
		struct event first = event_heap_pop(heap);
		assert_same_event(&first, &expected[i]);
	}
	assert_int_equal(event_heap_size(heap), 0);
	assert_null(event_heap_peek(heap));
	event_heap_destroy(heap);
	rng_destroy(rng);
}

/* Against an array that is searched for its least event each time. */
static void pushes_and_pops_mixed(void **state)
{
	static struct event model[512];
	struct event_heap *heap = event_heap_create(NULL);
	struct rng *rng = rng_create(2, "event_test");
	size_t count = 0;
	uint64_t sequence = 0;

	(void)state;
	for (unsigned step = 0; step < 20000; step++) {
		if (count < 512 && (count == 0 || rng_below(rng, 2))) {
			model[count] = draw_event(rng, sequence++);
			assert_int_equal(event_heap_push(heap, model[count++], NULL), 0);
			continue;
		}
		size_t least = 0;
		for (size_t i = 1; i < count; i++)
			if (compare_keys(&model[i], &model[least]) < 0)
				least = i;
		struct event first = event_heap_pop(heap);
		assert_same_event(&first, &model[least]);
		model[least] = model[--count];
	}
	assert_int_equal(event_heap_size(heap), count);
	event_heap_destroy(heap);
	rng_destroy(rng);
}

static void order_is_time_then_class_then_sequence(void **state)
{
	const struct event base = { .time_ns = 5, .class = 2, .sequence = 7 };
	struct event later = base, other_class = base, next = base;

	(void)state;
	later.time_ns = 6;
	later.class = 0;
	other_class.class = 3;
	other_class.sequence = 0;
	next.sequence = 8;
	assert_true(event_before(&base, &later) && !event_before(&later, &base));
	assert_true(event_before(&base, &other_class) && !event_before(&other_class, &base));
	assert_true(event_before(&base, &next) && !event_before(&next, &base));
}

/* Signal that ends a child which does `act`, 0 when it goes on; its message is dropped. */
static int signal_of(void (*act)(void))
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		if (!freopen("/dev/null", "w", stderr))
			_exit(1);
		signal(SIGABRT, SIG_DFL);
		act();
		_exit(0);
	}
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void compare_equal_keys(void)
{
	const struct event a = { .time_ns = 5, .class = 2, .sequence = 7 }, b = a;

	event_before(&a, &b);
}

static void compare_different_keys(void)
{
	const struct event a = { .time_ns = 5 }, b = { .time_ns = 6 };

	event_before(&a, &b);
}

static void pop_empty(void)
{
	event_heap_pop(event_heap_create(NULL));
}

static void equal_keys_are_a_bug(void **state)
{
	(void)state;
	assert_int_equal(signal_of(compare_equal_keys), SIGABRT);
	assert_int_equal(signal_of(compare_different_keys), 0);
	assert_int_equal(signal_of(pop_empty), SIGABRT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pops_in_key_order),
		cmocka_unit_test(pushes_and_pops_mixed),
		cmocka_unit_test(order_is_time_then_class_then_sequence),
		cmocka_unit_test(equal_keys_are_a_bug),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
