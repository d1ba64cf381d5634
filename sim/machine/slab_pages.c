/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/slab_pages.h"

#include "machine/machine.h"

/* Closed timing reads records ahead, which moves time_ns; else events come between two records. */
static uint64_t now_ns(const struct machine *m)
{
	return m->closed || m->now_ns > m->time_ns ? m->now_ns : m->time_ns;
}

static void add_pages(void *context, const struct slab_extent *extent)
{
	*(int64_t *)context += (int64_t)1 << extent->order;
}

void slab_pages_begin(struct machine *m)
{
	m->slab_pages.now = 0;
	if (m->slab && m->slab->walk)
		m->slab->walk(m->slab_state, add_pages, &m->slab_pages.now);
}

void slab_pages_restart(struct machine *m)
{
	struct slab_pages *p = &m->slab_pages;

	p->begin_ns = p->since_ns = m->time_ns;
	p->page_ns = 0;
	p->max = p->now;
}

static void account(struct slab_pages *p, uint64_t time_ns)
{
	if (time_ns <= p->since_ns)
		return;
	p->page_ns += (__int128)p->now * (time_ns - p->since_ns);
	p->since_ns = time_ns;
}

void slab_pages_change(struct machine *m, int64_t pages)
{
	struct slab_pages *p = &m->slab_pages;

	account(p, now_ns(m));
	p->now += pages;
	if (p->now > p->max)
		p->max = p->now;
}

double slab_pages_mean(struct machine *m)
{
	struct slab_pages *p = &m->slab_pages;

	account(p, now_ns(m));
	const uint64_t span = p->since_ns - p->begin_ns;

	return span ? (double)p->page_ns / (double)span : (double)p->now;
}
