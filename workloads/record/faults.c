/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "record/faults.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum {
	RING_PAGES = 128, /* what an unprivileged user may lock for each CPU */
	PAGE_BYTES = 4096,
	RING_DATA_BYTES = RING_PAGES * PAGE_BYTES,
	RECORD_BYTES_MAX = 1024,
	CPUS_MAX = 1024,
	EVENTS_MAX = 2,       /* of one CPU: faults of user code and of the kernel's */
	ERROR_CODE_WRITE = 2, /* X86_PF_WRITE */
};

#define ADDRESS_MAX (UINT64_C(1) << 47) /* of user space */

struct cpu_ring {
	int events[EVENTS_MAX];
	struct perf_event_mmap_page *page;
};

struct faults {
	struct cpu_ring *rings;
	int cpus;
	bool typed, user_only;
	uint64_t lost;
	struct fault *list;
	size_t count, capacity;
};

/* What a tracepoint's sample holds, behind its own size. */
struct fault_sample {
	uint64_t common;
	uint64_t address, ip, error_code;
} __attribute__((packed));

static int event_open(struct perf_event_attr *attr, int cpu)
{
	return (int)syscall(SYS_perf_event_open, attr, 0, cpu, -1, PERF_FLAG_FD_CLOEXEC);
}

/* The number of a tracepoint; -1 where it cannot be read. */
static int tracepoint(const char *name)
{
	static const char *const folders[] = { "/sys/kernel/tracing", "/sys/kernel/debug/tracing" };
	int id = -1;

	for (size_t i = 0; i < 2 && id < 0; i++) {
		char path[128];

		snprintf(path, sizeof(path), "%s/events/exceptions/%s/id", folders[i], name);
		FILE *file = fopen(path, "r");

		if (!file)
			continue;
		if (fscanf(file, "%d", &id) != 1)
			id = -1;
		fclose(file);
	}
	return id;
}

static struct perf_event_attr attributes(void)
{
	return (struct perf_event_attr){
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(struct perf_event_attr),
		.config = PERF_COUNT_SW_PAGE_FAULTS,
		.sample_period = 1,
		.sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_ADDR,
		.disabled = 1,
		.inherit = 1,
		.enable_on_exec = 1,
		.comm = 1,
		.comm_exec = 1,
		.sample_id_all = 1,
		.use_clockid = 1,
		.clockid = CLOCK_MONOTONIC,
	};
}

/* The tracepoints; false where they may not be used. */
static bool open_typed(struct cpu_ring *ring, int cpu)
{
	static const char *const names[] = { "page_fault_user", "page_fault_kernel" };

	for (int i = 0; i < EVENTS_MAX; i++) {
		const int id = tracepoint(names[i]);
		struct perf_event_attr attr = attributes();

		attr.type = PERF_TYPE_TRACEPOINT;
		attr.config = (unsigned)id;
		attr.sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_RAW;
		attr.comm = attr.comm_exec = i == 0;
		ring->events[i] = id < 0 ? -1 : event_open(&attr, cpu);
		if (ring->events[i] < 0)
			return false;
	}
	return true;
}

static void close_ring(struct cpu_ring *ring)
{
	if (ring->page)
		munmap(ring->page, PAGE_BYTES + RING_DATA_BYTES);
	for (int i = 0; i < EVENTS_MAX; i++)
		if (ring->events[i] >= 0)
			close(ring->events[i]);
	*ring = (struct cpu_ring){ .events = { -1, -1 } };
}

static bool open_untyped(struct faults *f, struct cpu_ring *ring, int cpu)
{
	struct perf_event_attr attr = attributes();

	attr.exclude_kernel = f->user_only;
	ring->events[0] = event_open(&attr, cpu);
	if (ring->events[0] >= 0 || errno != EACCES || f->user_only)
		return ring->events[0] >= 0;
	f->user_only = true;
	return open_untyped(f, ring, cpu);
}

/* 0; -1 with errno. */
static int open_ring(struct faults *f, int cpu)
{
	struct cpu_ring *ring = &f->rings[cpu];

	if (cpu == 0 || f->typed)
		f->typed = open_typed(ring, cpu);
	if (!f->typed) {
		close_ring(ring);
		if (!open_untyped(f, ring, cpu))
			return errno == ENODEV || errno == ENXIO ? 0 : -1; /* that CPU is off */
	}
	ring->page = mmap(NULL, PAGE_BYTES + RING_DATA_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED,
			  ring->events[0], 0);
	if (ring->page == MAP_FAILED) {
		ring->page = NULL;
		return -1;
	}
	if (ring->events[1] >= 0)
		return ioctl(ring->events[1], PERF_EVENT_IOC_SET_OUTPUT, ring->events[0]);
	return 0;
}

static int explain(struct error *err)
{
	const int number = errno;

	if (number == EACCES || number == EPERM)
		return error_set(err, ERROR_INPUT,
				 "page faults: perf events are forbidden here (see "
				 "/proc/sys/kernel/perf_event_paranoid): leave --faults out, or be "
				 "allowed to use them");
	return error_set(err, ERROR_INPUT, "page faults: perf events cannot be used here: %s",
			 strerror(number));
}

struct faults *faults_open(struct error *err)
{
	const long cpus = sysconf(_SC_NPROCESSORS_CONF);
	struct faults *f = calloc(1, sizeof(*f));

	if (f)
		f->rings = calloc((size_t)cpus, sizeof(*f->rings));
	if (!f || !f->rings || cpus > CPUS_MAX) {
		error_set(err, ERROR_RUN, "page faults: no memory for %ld CPUs", cpus);
		free(f);
		return NULL;
	}
	f->cpus = (int)cpus;
	for (int i = 0; i < f->cpus; i++)
		f->rings[i] = (struct cpu_ring){ .events = { -1, -1 } };
	for (int i = 0; i < f->cpus; i++) {
		if (open_ring(f, i) == 0)
			continue;
		explain(err);
		faults_close(f);
		return NULL;
	}
	return f;
}

void faults_close(struct faults *f)
{
	if (!f)
		return;
	for (int i = 0; i < f->cpus; i++)
		close_ring(&f->rings[i]);
	free(f->rings);
	free(f->list);
	free(f);
}

static int add(struct faults *f, const struct fault *fault, struct error *err)
{
	if (f->count == f->capacity) {
		const size_t capacity = f->capacity ? 2 * f->capacity : 4096;
		struct fault *grown = realloc(f->list, capacity * sizeof(*grown));

		if (!grown)
			return error_set(err, ERROR_RUN, "page faults: out of memory");
		f->list = grown;
		f->capacity = capacity;
	}
	f->list[f->count++] = *fault;
	return 0;
}

/* The head of a sample, and the tail of any other record. */
struct sample_id {
	int32_t pid;
	uint32_t tid;
	uint64_t time;
};

static int add_sample(struct faults *f, const char *body, size_t size, struct error *err)
{
	const size_t raw = sizeof(struct sample_id) + sizeof(uint32_t);
	struct fault_sample sample;
	struct sample_id id;
	struct fault fault = { .kind = FAULT_UNKNOWN };

	if (size < (f->typed ? raw + sizeof(sample) : sizeof(id) + sizeof(fault.address)))
		return 0;
	memcpy(&id, body, sizeof(id));
	if (f->typed) {
		memcpy(&sample, body + raw, sizeof(sample));
		fault.address = sample.address;
		fault.kind = sample.error_code & ERROR_CODE_WRITE ? FAULT_WRITE : FAULT_READ;
	} else {
		memcpy(&fault.address, body + sizeof(id), sizeof(fault.address));
	}
	fault.monotonic_ns = id.time;
	fault.pid = id.pid;
	fault.tid = id.tid;
	return fault.address < ADDRESS_MAX ? add(f, &fault, err) : 0;
}

static int add_record(struct faults *f, const struct perf_event_header *header, const char *body,
		      struct error *err)
{
	const size_t size = header->size - sizeof(*header);
	struct sample_id id;

	switch (header->type) {
	case PERF_RECORD_SAMPLE:
		return add_sample(f, body, size, err);
	case PERF_RECORD_LOST:
		if (size >= 2 * sizeof(uint64_t)) {
			uint64_t lost;

			memcpy(&lost, body + sizeof(uint64_t), sizeof(lost));
			f->lost += lost;
		}
		return 0;
	case PERF_RECORD_COMM:
		if (!(header->misc & PERF_RECORD_MISC_COMM_EXEC) || size < sizeof(id))
			return 0;
		memcpy(&id, body + size - sizeof(id), sizeof(id));
		return add(f,
			   &(struct fault){ .monotonic_ns = id.time,
					    .pid = id.pid,
					    .tid = id.tid,
					    .kind = FAULT_EXEC },
			   err);
	default:
		return 0;
	}
}

static void copy_out(const struct perf_event_mmap_page *page, uint64_t from, void *to, size_t size)
{
	const char *data = (const char *)page + PAGE_BYTES;
	const size_t at = from % RING_DATA_BYTES, first = RING_DATA_BYTES - at;

	memcpy(to, data + at, size < first ? size : first);
	if (size > first)
		memcpy((char *)to + first, data, size - first);
}

static int take_ring(struct faults *f, struct perf_event_mmap_page *page, struct error *err)
{
	const uint64_t head = __atomic_load_n(&page->data_head, __ATOMIC_ACQUIRE);
	uint64_t tail = page->data_tail;

	while (tail < head) {
		struct perf_event_header header;
		char body[RECORD_BYTES_MAX];

		copy_out(page, tail, &header, sizeof(header));
		if (header.size < sizeof(header))
			break;
		if (header.size - sizeof(header) <= sizeof(body)) {
			copy_out(page, tail + sizeof(header), body, header.size - sizeof(header));
			if (add_record(f, &header, body, err))
				return -1;
		}
		tail += header.size;
	}
	__atomic_store_n(&page->data_tail, tail, __ATOMIC_RELEASE);
	return 0;
}

static int by_time(const void *a, const void *b)
{
	const struct fault *first = a, *second = b;

	return (first->monotonic_ns > second->monotonic_ns) -
	       (first->monotonic_ns < second->monotonic_ns);
}

int faults_take(struct faults *f, const struct fault **list, size_t *count, struct error *err)
{
	f->count = 0;
	for (int i = 0; i < f->cpus; i++)
		if (f->rings[i].page && take_ring(f, f->rings[i].page, err))
			return -1;
	if (f->count)
		qsort(f->list, f->count, sizeof(*f->list), by_time);
	*list = f->list;
	*count = f->count;
	return 0;
}

uint64_t faults_lost(const struct faults *f)
{
	return f->lost;
}

bool faults_are_typed(const struct faults *f)
{
	return f->typed;
}

bool faults_are_user_only(const struct faults *f)
{
	return f->user_only;
}
