/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The shipped price list states every primitive of work, at the price used without a list. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/config.h"
#include "core/work.h"
#include "cost/cost.h"

static const struct config_section sections[] = {
	{ "cost", "cost model", NULL, 0, &cost_policies },
	{ 0 },
};

static const struct config_schema schema = { sections };

static void count_stated(void *context, const char *path, const char *value, const char *from,
			 bool used)
{
	size_t *stated = context;
	(void)value;
	(void)used;
	if (strcmp(from, "default") == 0)
		fail_msg("%s is not in configs/costs/default.yaml", path);
	(*stated)++;
}

static void default_list_is_complete(void **state)
{
	(void)state;
	struct error err = { 0 };
	struct config *plain = config_create(&schema, &err), *list = config_create(&schema, &err);
	assert_non_null(plain);
	assert_non_null(list);
	if (config_read_file(list, SLABYARD_SOURCE_DIR "/configs/costs/default.yaml", &err))
		fail_msg("%s", err.message);
	size_t stated = 0;
	config_visit(list, count_stated, &stated);
	assert_int_equal(stated, WORK_COUNTERS + 1);
	char *expected = config_text(plain), *text = config_text(list);
	assert_string_equal(text, expected);
	free(expected);
	free(text);
	config_destroy(plain);
	config_destroy(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(default_list_is_complete) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
