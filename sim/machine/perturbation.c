/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/perturbation.h"

#include <stdio.h>
#include <string.h>

#include "base/suggest.h"
#include "generate/perturb.h"
#include "machine/machine.h"

#define FIELD(name) offsetof(struct perturbation, name)

const struct option_spec perturbation_options[] = {
	{ "delay", FIELD(delay_ns), OPTION_DURATION, "0ns", 0, 1e12, "ns",
	  "each process is late by a time up to this", NULL },
	{ "swap", FIELD(swap), OPTION_REAL, "0", 0, 1, "",
	  "share of neighbouring records that change places", NULL },
	{ "start", FIELD(start_pages), OPTION_UINT, "0", 0, 1e6, "pages",
	  "pages taken before the first record, at most", NULL },
	{ "timers", FIELD(timers_ns), OPTION_DURATION, "0ns", 0, 1e12, "ns",
	  "deferred work is late by a time up to this", NULL },
	{ "pace", FIELD(pace), OPTION_REAL, "1", 0.01, 100, "",
	  "how much longer than recorded the same work takes; RCU keeps its time", NULL },
	OPTION_END,
};

static int parse_one(struct perturbation *p, const char *text, size_t length, struct error *err)
{
	char word[64];
	if (length >= sizeof(word))
		return error_set(
			err, ERROR_INPUT,
			"--perturb: '%.20s...': must be NAME=VALUE, at most %zu characters", text,
			sizeof(word) - 1);
	snprintf(word, sizeof(word), "%.*s", (int)length, text);
	char *value = strchr(word, '=');
	if (!value)
		return error_set(err, ERROR_INPUT, "--perturb: '%s' is no NAME=VALUE", word);
	*value++ = '\0';
	const struct option_spec *option = option_find(perturbation_options, word);
	struct error why = { 0 };
	if (!option) {
		struct suggestion near = { .word = word };
		for (const struct option_spec *o = perturbation_options; o->name; o++)
			suggest_consider(&near, o->name);
		return error_set(err, ERROR_INPUT, "--perturb: unknown name '%s'%s%s%s", word,
				 near.best ? ", did you mean '" : "", near.best ? near.best : "",
				 near.best ? "'?" : "");
	}
	if (option_parse(option, value, p, &why) == 0)
		return 0;
	return error_set(err, ERROR_INPUT, "--perturb: %s %s", word, why.message);
}

int perturbation_parse(struct perturbation *p, const char *text, uint64_t seed, struct error *err)
{
	memset(p, 0, sizeof(*p));
	option_defaults(perturbation_options, p);
	if (!text || strcmp(text, "none") == 0)
		return 0;
	for (;;) {
		const size_t length = strcspn(text, ",");
		if (parse_one(p, text, length, err) != 0)
			return -1;
		if (!text[length])
			break;
		text += length + 1;
	}
	if (!p->start_pages && !p->timers_ns)
		return 0;
	p->rng = rng_create(seed, "machine.perturbation");
	return p->rng ? 0 : error_set(err, ERROR_RUN, "no memory for --perturb");
}

void perturbation_free(struct perturbation *p)
{
	if (p->rng)
		rng_destroy(p->rng);
}

struct trace_cursor *perturbation_of_trace(const struct perturbation *p, struct trace_cursor *trace,
					   uint64_t seed, struct error *err)
{
	const struct perturb_params params = {
		.delay_ns = p->delay_ns, .swap = p->swap, .pace = p->pace, .seed = seed
	};
	return p->delay_ns || p->swap > 0 || p->pace != 1 ? perturb_open(trace, &params, err)
							  : trace;
}

/* Nobody reclaims for them, or is killed: where things lie is perturbed, not what there is. */
static void take_pages(struct machine *m, uint64_t pages)
{
	const struct request request = { .gfp = (GFP_MASK_KERNEL & ~GFP_MASK_RECLAIM) |
						GFP_BIT_NOWARN,
					 .time_ns = m->time_ns,
					 .zone_hint = -1,
					 .node = -1 };

	while (pages-- > 0 && !pfn_is_none(m->page->alloc(m->page_state, &request)))
		;
}

void perturbation_shift_start(struct machine *m)
{
	struct perturbation *p = &m->perturbation;
	const struct work work = m->work;
	struct lock_table *locks = m->clock.locks;

	if (!p->start_pages)
		return;
	m->clock.locks = NULL; /* what was before the start is no work of the run */
	take_pages(m, rng_below(p->rng, p->start_pages + 1));
	m->clock.locks = locks;
	m->work = work;
}

uint64_t perturbation_of_timer(const struct perturbation *p)
{
	return p->timers_ns ? rng_below(p->rng, p->timers_ns + 1) : 0;
}

uint64_t perturbation_of_wait(const struct perturbation *p, uint64_t ns)
{
	return p->pace == 1 ? ns : (uint64_t)((double)ns / p->pace);
}
