/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The columns before an event, as each tool and each kernel prints them. */
#include "../import_support.h"

#include "import/head.h"

struct expected {
	const char *line;
	const char *comm;
	uint32_t tid, tgid, cpu;
	bool irq;
	uint64_t time_ns;
	const char *event, *arguments;
};

static const struct expected events[] = {
	/* ftrace: five and four flag columns, none, with the TGID column known and not */
	{ "            bash-4526    [000] .....  1063.728945: kfree: ptr=1", "bash", 4526, 0, 0,
	  false, 1063728945000, "kfree", "ptr=1" },
	{ "   rcuc/1-17      [001] b.s..     2.194938: kfree: ptr=1", "rcuc/1", 17, 0, 1, true,
	  2194938000, "kfree", "ptr=1" },
	{ "          <idle>-0     [127] d.h3     2.5: kfree: ptr=1", "<idle>", 0, 0, 127, true,
	  2500000000, "kfree", "ptr=1" },
	{ "          <idle>-0     [002] dNZ1     2.5: kfree: ptr=1", "<idle>", 0, 0, 2, true,
	  2500000000, "kfree", "ptr=1" },
	{ "            bash-45    (  19200) [001] .....  2454.608733: kfree: ptr=1", "bash", 45,
	  19200, 1, false, 2454608733000, "kfree", "ptr=1" },
	{ "           <...>-45    (-------) [001] .....  2454.608733: kfree: ptr=1", "<...>", 45, 0,
	  1, false, 2454608733000, "kfree", "ptr=1" },
	/* a comm may hold anything */
	{ " Web Content 2-7-45 [001] d....  1.0: kfree: ptr=1", "Web Content 2-7", 45, 0, 1, false,
	  1000000000, "kfree", "ptr=1" },
	{ "      a [000] b-45 [001] d....  1.0: kfree: ptr=1", "a [000] b", 45, 0, 1, false,
	  1000000000, "kfree", "ptr=1" },
	{ "  kworker/u8:2-35 [001] ....1  1.0: kfree: ptr=1", "kworker/u8:2", 35, 0, 1, false,
	  1000000000, "kfree", "ptr=1" },
	{ "      (sd-pam)-35 [001] ....1  1.0: kfree: ptr=1", "(sd-pam)", 35, 0, 1, false,
	  1000000000, "kfree", "ptr=1" },
	/* trace-cmd: with and without the machine's name */
	{ "eco:             work-4540  [001]  1063.861176: kmem_cache_free:      (__fput+0x141) "
	  "a=1",
	  "work", 4540, 0, 1, false, 1063861176000, "kmem_cache_free", "(__fput+0x141) a=1" },
	{ "            work-4540  [001] d..2.  1063.861176123: kfree:   ptr=0x1", "work", 4540, 0,
	  1, false, 1063861176123, "kfree", "ptr=0x1" },
	/* perf script: one number or two, with and without a CPU, a period, a modifier */
	{ "            work  6968 [000]  1091.483431: kmem:kfree: ptr=(nil)", "work", 6968, 0, 0,
	  false, 1091483431000, "kfree", "ptr=(nil)" },
	{ "            work 10/22 [001]  1116.646849210:       kmem:kfree: ptr=1", "work", 22, 10,
	  1, false, 1116646849210, "kfree", "ptr=1" },
	{ "            work 16629  1151.236369997: exceptions:page_fault_user: address=0x7", "work",
	  16629, 0, 0, false, 1151236369997, "page_fault_user", "address=0x7" },
	{ "   Web Content  1234 [001]  1.5:     250 page-faults:u:  7f32 x", "Web Content", 1234, 0,
	  1, false, 1500000000, "page-faults", "7f32 x" },
	/* by hand */
	{ "prog-12 [000] 1.000000001: malloc: ptr=0x55d0", "prog", 12, 0, 0, false, 1000000001,
	  "malloc", "ptr=0x55d0" },
	{ "prog-12 77: free: ptr=0x55d0", "prog", 12, 0, 0, false, 77, "free", "ptr=0x55d0" },
	{ "prog-12 1.1234567899: exit:", "prog", 12, 0, 0, false, 1123456789, "exit", "" },
};

static void columns_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		const struct expected *x = &events[i];
		struct line_head head;
		if (!head_parse(x->line, &head))
			fail_msg("no event: %s", x->line);
		assert_int_equal(head.comm_length, strlen(x->comm));
		assert_memory_equal(head.comm, x->comm, head.comm_length);
		assert_int_equal(head.tid, x->tid);
		assert_int_equal(head.tgid, x->tgid);
		assert_int_equal(head.cpu, x->cpu);
		assert_int_equal(head.irq, x->irq);
		assert_int_equal(head.time_ns, x->time_ns);
		assert_int_equal(head.event_length, strlen(x->event));
		assert_memory_equal(head.event, x->event, head.event_length);
		assert_string_equal(head.arguments, x->arguments);
	}
}

static void what_is_no_event_is_told(void **state)
{
	static const char *const lines[] = {
		"",
		" ",
		"cpus=2",
		"CPU:1 [LOST 12 EVENTS]",
		("     0.000 ( 0.000 ms): work/10819 minfault [elf_load+0x28a] => 0x55b83c4d80d0 "
		 "(?k)"),
		"kmalloc            96     128    128   32    1 : tunables    0    0    0",
		"prog-12 [000] 1.000000001: malloc ptr=0x55d0",
		"prog-12 [000] 1.0000.1: malloc: ptr=0x55d0",
		"prog [000] 1.000000001: malloc: ptr=0x55d0",
		"-12 [000] .....: malloc: ptr=0x55d0",
		"99999999999-99999999999 1.0: malloc: ptr=1",
		"prog-12 99999999999999999999999: malloc: ptr=1",
		"prog-12 1.5:",
	};
	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct line_head head;
		if (head_parse(lines[i], &head))
			fail_msg("an event: %s", lines[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_are_read),
		cmocka_unit_test(what_is_no_event_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
