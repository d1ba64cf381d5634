/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The view of `slabyard top`, without a terminal: playing, keys, sorting, sums. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/top_frame.c"
#include "cli/top_player.c"
#include "cli/top_view.c"

enum { SAMPLES = 5, CACHES = 3, SECOND = 1000000000 };

/* Two samples share a time, as bursts of records do. */
static int64_t times[SAMPLES] = { 0, SECOND, 2ll * SECOND, 2ll * SECOND, 4ll * SECOND };

static struct top_player player_at(size_t sample)
{
	struct top_player p;

	top_player_init(&p, times, SAMPLES, 1);
	p.sample = sample;
	p.now_ns = (double)times[sample];
	return p;
}

static void test_time_passes_at_the_speed(void **unused)
{
	struct top_player p = player_at(0);

	(void)unused;
	top_player_advance(&p, 0.9);
	assert_int_equal(p.sample, 0);
	top_player_advance(&p, 0.2);
	assert_int_equal(p.sample, 1);
	top_player_scale_speed(&p, 4);
	top_player_advance(&p, 0.25);
	assert_int_equal(p.sample, 3);
	assert_false(p.paused);
	top_player_advance(&p, 100);
	assert_int_equal(p.sample, 4);
	assert_true(p.paused);
	top_player_advance(&p, 1);
	assert_int_equal(p.sample, 4);
	top_player_toggle(&p);
	assert_int_equal(p.sample, 0);
	assert_false(p.paused);
}

static void test_the_whole_run_takes_half_a_minute(void **unused)
{
	struct top_player p;

	(void)unused;
	top_player_init(&p, times, SAMPLES, 0);
	top_player_advance(&p, 29.9);
	assert_false(p.paused);
	top_player_advance(&p, 0.2);
	assert_true(p.paused);
}

static void test_steps_visit_every_sample(void **unused)
{
	struct top_player p = player_at(0);

	(void)unused;
	for (size_t i = 1; i < SAMPLES; i++) {
		top_player_step(&p, 1);
		assert_int_equal(p.sample, i);
		top_player_advance(&p, 1);
		assert_int_equal(p.sample, i);
	}
	top_player_step(&p, 1);
	assert_int_equal(p.sample, SAMPLES - 1);
	top_player_step(&p, -100);
	assert_int_equal(p.sample, 0);
}

static void test_times_are_read(void **unused)
{
	const struct {
		const char *text;
		int64_t time_ns;
	} good[] = {
		{ "start", 0 },
		{ "end", 4ll * SECOND },
		{ "50%", 2ll * SECOND },
		{ "1.5s", 1500000000 },
		{ "20ms", 20000000 },
		{ "100%", 4ll * SECOND },
		{ "9000s", 9000000000000 },
	};
	const char *const bad[] = { "", "1", "x", "101%", "-1%", "-1s", "1.5", "%", "5 %x" };
	const struct top_player p = player_at(0);
	int64_t time_ns;

	(void)unused;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_true(top_player_parse_time(&p, good[i].text, &time_ns));
		assert_int_equal(time_ns, good[i].time_ns);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(top_player_parse_time(&p, bad[i], &time_ns));
}

static void press(struct top_view *v, const char *keys)
{
	for (; *keys; keys++)
		top_view_key(v, *keys);
}

static void test_keys(void **unused)
{
	struct top_view v = { .title = "slub", .player = player_at(0), .sort = 'o' };
	char text[TOP_LINE_MAX];

	(void)unused;
	press(&v, "g2s");
	top_view_foot(&v, text, sizeof(text));
	assert_string_equal(text, " go to time: 2s_");
	top_view_key(&v, TOP_KEY_ENTER);
	assert_int_equal(v.player.sample, 3);
	press(&v, "gq");
	assert_false(v.quit);
	top_view_key(&v, TOP_KEY_ENTER);
	assert_non_null(v.complaint);
	press(&v, "g5s");
	top_view_key(&v, TOP_KEY_ENTER);
	assert_string_equal(v.complaint, "past the end");
	assert_int_equal(v.player.sample, 4);
	press(&v, "g2s");
	top_view_key(&v, TOP_KEY_ENTER);
	press(&v, "C");
	assert_null(v.complaint);
	assert_int_equal(v.sort, 'c');
	press(&v, "z~\t");
	assert_int_equal(v.sort, 'c');
	press(&v, "g3");
	top_view_key(&v, TOP_KEY_ESCAPE);
	assert_false(v.asks);
	assert_int_equal(v.player.sample, 3);
	top_view_key(&v, TOP_KEY_LEFT);
	assert_int_equal(v.player.sample, 2);
	top_view_key(&v, TOP_KEY_END);
	top_view_title(&v, text, sizeof(text));
	assert_string_equal(text,
			    " slabyard top: slub, at the end, 1 x, sample 5 of 5, sorted by c");
	press(&v, "++-");
	assert_true(v.player.speed > 1.9 && v.player.speed < 2.1);
	press(&v, "Q");
	assert_true(v.quit);
}

static void test_an_answer_has_an_end(void **unused)
{
	struct top_view v = { .title = "", .player = player_at(0), .sort = 'o' };

	(void)unused;
	press(&v, "g");
	for (int i = 0; i < 1000; i++)
		top_view_key(&v, '1');
	assert_int_equal(strlen(v.answer), TOP_ANSWER_MAX);
	for (int i = 0; i < 1000; i++)
		top_view_key(&v, TOP_KEY_ERASE);
	assert_string_equal(v.answer, "");
}

static void test_scrolling_stays_within_the_caches(void **unused)
{
	struct top_view v = { .title = "", .player = player_at(0), .sort = 'o' };

	(void)unused;
	for (int i = 0; i < 9; i++)
		top_view_key(&v, TOP_KEY_DOWN);
	top_view_fit(&v, 20, 15);
	assert_int_equal(v.first_row, 5);
	top_view_key(&v, TOP_KEY_PAGE_UP);
	assert_int_equal(v.first_row, 0);
	top_view_key(&v, TOP_KEY_PAGE_DOWN);
	top_view_fit(&v, 3, 15);
	assert_int_equal(v.first_row, 0);
	top_view_fit(&v, 3, 0);
	assert_int_equal(v.first_row, 0);
}

/* By cache, the oldest first: a full one, a half used one, one that came with the second sample. */
static int64_t alive[] = { 1, 1, 0, 1, 1, 1 };
static int64_t active[] = { 10, 5, 0, 20, 5, 0 };
static int64_t objects[] = { 10, 10, 0, 20, 10, 0 };
static int64_t slabs[] = { 1, 2, 0, 2, 2, 0 };
static int64_t bytes[] = { 100, 200, 0, 300, 400, 0 };
static char *names[] = { (char *)"old", (char *)"big", (char *)"late" };
static uint64_t sizes[] = { 8, 1024, 8 }, per_slab[] = { 10, 5, 0 }, pages[] = { 1, 2, 1 };

static const struct top_data data = {
	.samples = 2,
	.caches = CACHES,
	.time_ns = times,
	.record = times,
	.values = { alive, active, objects, slabs, slabs, bytes, bytes },
	.names = names,
	.object_size = sizes,
	.objects_per_slab = per_slab,
	.pages_per_slab = pages,
	.horizon_ns = SECOND,
};

static void test_caches_are_there_from_when_they_were_made(void **unused)
{
	struct top_frame f;
	char text[TOP_LINE_MAX];

	(void)unused;
	assert_int_equal(top_frame_init(&f, &data, NULL), 0);
	top_frame_fill(&f, 0, 'o');
	assert_int_equal(f.count, 2);
	top_frame_header(&f, 0, text, sizeof(text));
	assert_null(strstr(text, "past the horizon"));
	top_frame_fill(&f, 1, 'o');
	assert_int_equal(f.count, 3);
	top_frame_header(&f, 0, text, sizeof(text));
	assert_non_null(strstr(text, "past the horizon"));
	top_frame_free(&f);
}

static void test_rows_are_sorted_and_summed(void **unused)
{
	const struct {
		char key;
		const char *first;
	} orders[] = { { 'o', "old" },
		       { 'a', "old" },
		       { 'c', "big" },
		       { 'n', "big" },
		       { 's', "big" },
		       { 'u', "old" },
		       { 'b', "old" },
		       { 'p', "big" },
		       /* equal: the newest first */
		       { 'l', "big" },
		       { 'v', "big" } };
	struct top_frame f;
	char text[TOP_LINE_MAX];

	(void)unused;
	assert_int_equal(top_frame_init(&f, &data, NULL), 0);
	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		top_frame_fill(&f, 1, orders[i].key);
		assert_string_equal(f.rows[0].name, orders[i].first);
	}
	assert_int_equal(sizeof(orders) / sizeof(orders[0]), strlen(top_sort_keys));
	top_frame_fill(&f, 1, 'o');
	assert_int_equal(f.objects, 30);
	assert_int_equal(f.object_bytes, 20 * 8 + 10 * 1024);
	assert_int_equal(f.active_caches, 2);
	top_frame_row(&f, 1, text, sizeof(text));
	assert_string_equal(text, "    10      5  50%    1.00K      2        5        16K big"
				  "                    ");
	top_frame_header(&f, 1, text, sizeof(text));
	assert_string_equal(text, " Requested / Held (% used)          : 0.68K / 0.68K (100.0%)");
	top_frame_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_time_passes_at_the_speed),
		cmocka_unit_test(test_the_whole_run_takes_half_a_minute),
		cmocka_unit_test(test_steps_visit_every_sample),
		cmocka_unit_test(test_times_are_read),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_an_answer_has_an_end),
		cmocka_unit_test(test_scrolling_stays_within_the_caches),
		cmocka_unit_test(test_caches_are_there_from_when_they_were_made),
		cmocka_unit_test(test_rows_are_sorted_and_summed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
