/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "record/memory.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "record/namespace.h"

enum { OUTLIER_NS = 10000 };

static int fail(struct memory *m, struct error *err)
{
	error_errno(err, "memory shared with the program", "cannot be made");
	memory_destroy(m);
	return -1;
}

int memory_create(struct memory *m, const struct clock *clock, struct error *err)
{
	*m = (struct memory){ .fd = memfd_create("slabyard-record", MFD_CLOEXEC) };
	if (m->fd < 0 || ftruncate(m->fd, (off_t)SHARED_BYTES))
		return fail(m, err);
	void *control = mmap(NULL, SHARED_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, m->fd, 0);

	if (control == MAP_FAILED)
		return fail(m, err);
	m->control = control;
	memcpy(m->control->magic, SHARED_MAGIC, sizeof(m->control->magic));
	m->control->version = SHARED_VERSION;
	m->control->slots = SHARED_SLOTS;
	m->control->ring_records = RING_RECORDS;
	m->control->clock = clock->kind;
	m->control->outlier_ticks = (uint64_t)(OUTLIER_NS / clock->ns_per_tick);
	m->control->recorder = getpid();
	m->control->pid_namespace = pid_namespace();
	snprintf(m->path, sizeof(m->path), "/proc/%d/fd/%d", (int)getpid(), m->fd);
	return 0;
}

void memory_destroy(struct memory *m)
{
	if (m->control) {
		m->control->stopped = 1;
		munmap(m->control, SHARED_PAGE);
	}
	if (m->fd >= 0)
		close(m->fd);
}

struct shared_slot *memory_map(const struct memory *m, uint32_t slot, struct error *err)
{
	void *map = mmap(NULL, SLOT_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, m->fd,
			 (off_t)slot_offset(slot));

	if (map != MAP_FAILED)
		return map;
	error_errno(err, "memory shared with the program", "cannot be mapped");
	return NULL;
}

void memory_unmap(struct shared_slot *slot)
{
	munmap(slot, SLOT_BYTES);
}

void memory_free_slot(const struct memory *m, uint32_t slot)
{
	fallocate(m->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)slot_offset(slot),
		  SLOT_BYTES);
	__atomic_store_n(&m->control->slot_state[slot], SLOT_FREE, __ATOMIC_RELEASE);
}
