/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The recorder's side in the recorded program: a library that is preloaded and stands before the C
 * library's malloc and its like. It must not be seen: it takes nothing from the heap, has no
 * thread-local variable (the table of them is on the heap), keeps no file open, and leaves errno as
 * it is.
 *
 * One lock puts the calls of all threads in order; it is held over the call itself, so that the
 * order in the trace is the one in which the allocator's state changed.
 */
#ifndef SLABYARD_RECORD_PRELOAD_H
#define SLABYARD_RECORD_PRELOAD_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/single_threaded.h>
#include <sys/types.h>
#include <time.h>

#include "record/shared.h"

#define EXPORT         __attribute__((visibility("default")))
#define LIKELY(what)   __builtin_expect(!!(what), 1)
#define UNLIKELY(what) __builtin_expect(!!(what), 0)

enum {
	SAMPLE_EVERY = 251, /* records: a prime, or it would be in step with the ring's pages */
	AHEAD_RECORDS = 16,
	RING_MARGIN = 64, /* records that one call may put, at most */
};

/* In recorder.order, beside the thread's id. */
#define ORDER_WAITED  (UINT32_C(1) << 31) /* others sleep until it is their turn */
#define ORDER_LEAVING (UINT32_C(1) << 30) /* the turn is kept until the thread has ended */
#define ORDER_TID     (ORDER_LEAVING - 1)

struct thread {
	int32_t tid; /* 0: not in use */
	uint16_t index;
	uint16_t exits; /* times that its key's destructor has run */
	uint64_t fork_serial;
};

struct recorder {
	const uint32_t *alive; /* 0 in a child that nobody told us of: the page is wiped there */
	struct shared_control *control;
	struct shared_slot *slot;
	struct raw_record *ring;
	uint64_t next; /* records ever put in */
	uint64_t next_sample;
	uint64_t limit;     /* ring_attend() is due when next reaches it */
	uint64_t brk0, brk; /* the break at first, and as last seen */
	uint64_t tick_cost;
	uint64_t fork_serial;
	uint32_t clock;
	uint32_t slot_index;
	uint32_t order; /* the tid of the thread whose turn it is, and flags; a futex */
	bool busy;      /* a call is on its way, rather than the turn being kept for more */
	bool is_glibc;
	pid_t pid;
	pthread_key_t key;
	struct thread *leaving; /* keeps its turn until it has put its part of the heap away */
};

extern struct recorder recorder;

/* Who carries the calls out: the C library, or an allocator that the program has preloaded too. */
struct allocator {
	void *(*malloc)(size_t bytes);
	void *(*calloc)(size_t count, size_t bytes);
	void *(*realloc)(void *block, size_t bytes);
	void *(*memalign)(size_t alignment, size_t bytes);
	void *(*valloc)(size_t bytes);
	void *(*pvalloc)(size_t bytes);
	void (*free)(void *block);
	int (*mallopt)(int parameter, int value);
	int (*malloc_trim)(size_t pad);
	int (*posix_memalign)(void **block, size_t alignment, size_t bytes);
	void *(*aligned_alloc)(size_t alignment, size_t bytes);
};

extern struct allocator allocator;

/* Finds out who that is, once. The enum shared_malloc, and whose it is. */
uint32_t allocator_find(char *owner, size_t size);

/* A function of the libraries behind this one. */
void *next_function(const char *name);

/* The member of a file's `next` with that function, looked up when it is first needed. */
#define NEXT(name)                                                                                 \
	({                                                                                         \
		if (!next.name)                                                                    \
			next.name = next_function(#name);                                          \
		next.name;                                                                         \
	})

/* One call: from call_begin() to call_end() it is this thread's turn. */
struct call {
	struct thread *thread;
	uint64_t start;  /* ticks when the call began */
	uint64_t before; /* ticks when the recorder's own work began; 0: not measured */
	bool kept;       /* it was this thread's turn before */
	bool alone;      /* no other thread could want a turn */
};

/* attach.c: false: this process is not recorded. */
bool attach(void);
void attach_child(struct thread *thread);
void fork_is_settled(void);
void detach(void);

/* order.c */
enum turn { TURN_REFUSED, TURN_TAKEN, TURN_KEPT };
enum turn order_wait(int32_t tid, const struct thread *thread);
void order_wake(void);
void order_leave(struct thread *thread);
/* It leaves, and nobody has taken its turn over. */
bool order_is_leaving(int32_t tid);
/* The turn of the caller, who was leaving, is an ordinary one again. False: somebody has it. */
bool order_stay(int32_t tid);
void order_reset(void);

/*
 * What a thread blocks says that its cache is gone: SIGCANCEL is the C library's own and blocked by
 * nobody else, not even with sigfillset().
 */
static inline bool signals_show_end(uint64_t blocked)
{
	enum { SIGCANCEL = 32 };

	return blocked >> (SIGCANCEL - 1) & 1;
}

/* threads.c */
bool threads_begin(void);
bool call_begin_unknown(struct call *call);
void threads_forget_others(struct thread *self);
void threads_remove(struct thread *thread);
void threads_tell(const struct thread *thread, uint64_t ticks);

/* processes.c: what programs that are executed need to attach by that path too. */
void processes_begin(const char *recorder_path);

/* ring.c: room for more records, and the recorder awake. */
void ring_attend(void);
/* Wakes the recorder. */
void ring_the_bell(void);
/* It takes no more, or is gone. */
bool recorder_has_stopped(void);

static inline uint64_t ticks(void)
{
#ifdef __x86_64__
	if (LIKELY(recorder.clock == SHARED_CLOCK_TSC))
		return __builtin_ia32_rdtsc();
#endif
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

extern void *__curbrk; /* the C library's, as brk(2) last told it */

static inline uint64_t break_now(void)
{
	return (uint64_t)__curbrk;
}

/* The recorder has read there last: its processor's cache is asked for the line in time. */
static inline void own_soon(const struct raw_record *r)
{
#ifdef __x86_64__
	__asm__ volatile("prefetchw %0" : : "m"(*r));
#else
	__builtin_prefetch(r, 1);
#endif
}

static inline void raw_put(const struct thread *thread, enum raw_operation operation, uint64_t in,
			   uint64_t out, uint64_t size, uint64_t at)
{
	struct raw_record *r = &recorder.ring[recorder.next % RING_RECORDS];

	own_soon(&recorder.ring[(recorder.next + AHEAD_RECORDS) % RING_RECORDS]);
	recorder.next++;
	r->ticks = at;
	r->in = in;
	r->out = out;
	r->what = size | (uint64_t)operation << RAW_SIZE_BITS |
		  (uint64_t)thread->index << RAW_THREAD_SHIFT;
}

static inline enum turn order_take(int32_t tid, const struct thread *thread, bool alone)
{
	uint32_t nobody = 0;

	if (alone) {
		if (UNLIKELY(recorder.order))
			return order_wait(tid, thread);
		recorder.order = (uint32_t)tid;
	} else if (UNLIKELY(!__atomic_compare_exchange_n(&recorder.order, &nobody, (uint32_t)tid,
							 false, __ATOMIC_ACQUIRE,
							 __ATOMIC_RELAXED))) {
		return order_wait(tid, thread);
	}
	return TURN_TAKEN;
}

/* A signal handler may come in between: busy is true only while records and ring are at odds. */
static inline void order_give(const struct call *call)
{
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	recorder.busy = false;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	if (call->kept)
		return;
	if (call->alone)
		recorder.order = 0;
	else if (UNLIKELY(__atomic_exchange_n(&recorder.order, 0, __ATOMIC_RELEASE) & ORDER_WAITED))
		order_wake();
}

static inline void break_look(const struct thread *thread, enum raw_operation by, uint64_t at)
{
	const uint64_t now = break_now();

	if (LIKELY(now == recorder.brk))
		return;
	raw_put(thread, by, recorder.brk, now, 0, at);
	recorder.brk = now;
}

/* False: the call is none of ours, it is to be carried out and that is all. */
static inline bool call_begin(struct call *call)
{
	if (UNLIKELY(!*recorder.alive) && !attach())
		return false;
	call->before = UNLIKELY(recorder.next >= recorder.next_sample) ? ticks() : 0;
	call->alone = __libc_single_threaded;
	call->thread = pthread_getspecific(recorder.key);
	if (UNLIKELY(!call->thread))
		return call_begin_unknown(call);
	const enum turn turn = order_take(call->thread->tid, call->thread, call->alone);

	if (UNLIKELY(turn == TURN_REFUSED))
		return false;
	call->kept = turn == TURN_KEPT;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	recorder.busy = true;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	call->start = ticks();
	break_look(call->thread, RAW_BRK_FOREIGN, call->start);
	return true;
}

static inline void call_put(const struct call *call, enum raw_operation operation, uint64_t in,
			    uint64_t out, uint64_t size)
{
	raw_put(call->thread, operation, in, out, size, call->start);
}

static inline void call_end(const struct call *call)
{
	__atomic_store_n(&recorder.slot->head, recorder.next, __ATOMIC_RELEASE);
	if (UNLIKELY(recorder.next >= recorder.limit))
		ring_attend();
	order_give(call);
}

#endif
