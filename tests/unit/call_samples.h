/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A few lines of each tool that prints the calls of a program. */
#ifndef SLABYARD_TESTS_CALL_SAMPLES_H
#define SLABYARD_TESTS_CALL_SAMPLES_H

static const char sample_mtrace[] =
	"= Start\n"
	"@ ./work:[0x1309] + 0x55d0 0x10\n"
	"@ ./work:[0x13eb] < 0x55d0\n"
	"@ ./work:[0x13eb] > 0x66d0 0x1388\n"
	"@ ./work:[0x13eb] ! 0x66d0 0xfffffffff\n"
	"@ /lib64/ld-linux-x86-64.so.2:(_dl_deallocate_tls+4f)[0x1179f] - 0x66d0\n"
	"@ [0x1234] + (nil) 0xffffffffffff\n"
	"= End\n";

static const char sample_ltrace[] =
	"101 1795330218.370000 calloc@libc.so.6(17, 16)          = 0x55af913e12a0\n"
	"101 1795330218.371000 malloc@libc.so.6(53 <unfinished ...>\n"
	"102 1795330218.371500 work->malloc(16)                   = 0x7f5a0c000b70\n"
	"101 1795330218.372000 <... malloc resumed> )             = 0x7f5a14000b70\n"
	"102 1795330218.373000 work->free(0x7f5a0c000b70 <unfinished ...>\n"
	"101 1795330218.373100 work->malloc(10)                   = 0x7f5a0c000b70\n"
	"102 1795330218.373200 <... free resumed> )               = <void>\n"
	"102 1795330218.373300 <... malloc resumed> )             = 0x7f5a0c000c70\n"
	"101 1795330218.374000 realloc@libc.so.6(0, 100 <unfinished ...>\n"
	"101 1795330218.374100 malloc@libc.so.6(100)              = 0x55af913e1400\n"
	"101 1795330218.374200 <... realloc resumed> )            = 0x55af913e1400\n"
	"101 1795330218.375000 work->posix_memalign(0x7ffeec811b18, 4096, 100, 1) = 0\n"
	"101 1795330218.376000 work->strlen(\"a, (b\")           = 5\n"
	"101 1795330218.377000 work->free(0x55af913e3000)         = <void>\n"
	"101 1795330218.377500 work->posix_memalign(0x55af913e2000, 64, 200) = 0\n"
	"101 1795330218.378000 work->mallopt(-1, -1)              = 1\n"
	"102 1795330218.379000 +++ exited (status 0) +++\n"
	"101 1795330218.379500 --- SIGCHLD (Child exited) ---\n"
	"101 1795330218.380000 +++ exited (status 0) +++\n";

static const char sample_strace[] =
	"201 1795330218.793546 brk(NULL)       = 0x55ce2658d000 <0.000031>\n"
	"201 1795330218.793848 mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, "
	"-1, 0) = 0x7f1e4a5c4000 <0.000038>\n"
	"201 1795330218.793900 mmap(NULL, 8192, PROT_NONE, MAP_PRIVATE, 3, 0) = -1 ENOMEM (Cannot "
	"allocate memory) <0.000038>\n"
	"201 1795330218.795924 brk(NULL)       = 0x55ce2658d000 <0.000024>\n"
	"201 1795330218.795983 brk(0x55ce265ae000) = 0x55ce265ae000 <0.000026>\n"
	"203 1795330218.797122 mprotect(0x7f1e44021000, 4096, PROT_READ|PROT_WRITE <unfinished "
	"...>\n"
	"203 1795330218.797153 <... mprotect resumed>) = 0 <0.000024>\n"
	"203 1795330218.797160 madvise(0x7f1e4a5c4000, 4096, MADV_DONTNEED) = 0 <0.000043>\n"
	"201 1795330218.797170 mremap(0x7f1e4a5c4000, 8192, 16384, MREMAP_MAYMOVE) = "
	"0x7f1e4b000000 <0.000043>\n"
	"201 1795330218.797180 munmap(0x7f1e4b000000, 16384) = 0 <0.000043>\n"
	"202 1795330218.797190 brk(NULL)       = 0x564000000000 <0.000031>\n"
	"202 1795330218.797200 +++ exited with 0 +++\n"
	"201 1795330218.809581 --- SIGCHLD {si_signo=SIGCHLD, si_pid=202} ---\n";

static const char sample_heaptrack_raw[] = "v 10400 3\n"
					   "x 11 ./work\n"
					   "X ./work\n"
					   "I 1000 5e298d\n"
					   "m 1 x 558411719000 0 b48 1000 649\n"
					   "t 7fb4113d8b9f 0\n"
					   "+ 11c00 4 558428d50530\n"
					   "c 4\n"
					   "+ 10 12 7fb400000b70\n"
					   "R 434\n"
					   "c 18\n"
					   "- 558428d50530\n";

static const char sample_heaptrack[] = "v 10400 3\n"
				       "X ./work\n"
				       "I 1000 5e298d\n"
				       "s 11 ./work\n"
				       "i 7fbba8114b9f 8 0 b 0\n"
				       "t 1 0\n"
				       "a 11c00 4\n"
				       "+ 0\n"
				       "a 35 e\n"
				       "+ 1\n"
				       "+ 1\n"
				       "- 1\n"
				       "- 1\n";

static const char sample_valgrind[] =
	"==17061== Memcheck, a memory error detector\n"
	"==17061== \n"
	"--17061-- calloc(17,16) = 0x5246040\n"
	"--17061-- _Znam(40) = 0x5246190\n"
	"hello from the program\n"
	"--17061-- realloc(0x0,10)malloc(10) = 0x5246280\n"
	"--17061-- realloc(0x5246280,100) = 0x5246300\n"
	"--17061-- realloc(0x5246300,0)free(0x5246300)\n"
	"--17061--  = 0\n"
	"--17061-- memalign(al 4096, size 10000) = 0x5309000\n"
	"--17061-- _ZnwmSt11align_val_t(size 128, al 64) = 0x530A000\n"
	"--17061-- malloc(18446744073709551615)Argument 'size' of function malloc has a fishy "
	"value\n"
	"==17061==    at 0x48417B4: malloc (in vgpreload_memcheck-amd64-linux.so)\n"
	"--17061--  = 0x0\n"
	"--17061-- _ZdaPv(0x5246190)\n"
	"--17061-- free(0x0)\n";

static const char sample_lackey[] = "==16952== Lackey, an example Valgrind tool\n"
				    "I  0401ab70,3\n"
				    " S 1fff000708,8\n"
				    "I  0401ab73,5\n"
				    " L 1fff000700,8\n"
				    " M 04033ffc,8\n"
				    " S 1fff000800,8\n";

static const char sample_lttng[] =
	"[23:59:59.999990000] (+?.?) vm lttng_ust_libc:calloc: { cpu_id = 0 }, { vpid = "
	"28314, vtid = 28315, procname = \"work\" }, { nmemb = 100, size = 1, ptr = 0x557098C9D540 "
	"}\n"
	"[23:59:59.999995000] (+0.000005000) vm lttng_ust_libc:realloc: { cpu_id = 0 }, { vpid = "
	"28314, vtid = 28314, procname = \"work\" }, { in_ptr = 0x557098C9D540, size = 5000, ptr = "
	"0x557098C9D970 }\n"
	"[23:59:59.999999000] (+0.000004000) vm lttng_ust_libc:posix_memalign: { cpu_id = 0 }, { "
	"vpid = 28314, vtid = 28314, procname = \"work\" }, { out_ptr = 0x557098C9F000, alignment "
	"= "
	"4096, size = 10000, result = 0 }\n"
	"[00:00:00.000001000] (+0.000002000) vm lttng_ust_libc:free: { cpu_id = 1 }, { vpid = "
	"28314, "
	"vtid = 28314, procname = \"work\" }, { ptr = 0x557098C9F000 }\n"
	"[00:00:00.000002000] (+0.000001000) vm lttng_ust_libc:strange: { cpu_id = 1 }, { a = 1 "
	"}\n";

static const char sample_bpftrace_libc[] = "Attaching 12 probes...\n"
					   "9835239049560 8018 realloc 0x0 1382 0x555e7c8152a0\n"
					   "9835239120694 8018 memalign 128 547 0x555e7c815880\n"
					   "Lost 7 events\n"
					   "9835239184297 8018 calloc 2 2134 0x555e7c815af0\n"
					   "9835239184298 8018 realloc 0x555e7c815af0 99 "
					   "0x555e7c816000\n"
					   "9835239156908 8018 free 0x555e7c815880\n";

static const char sample_bpftrace_kmalloc[] =
	"Attaching 2 probes...\n"
	"1269711528568 1 4263 kmalloc 0xffff888102afe680 24 32 0x400dc0\n"
	"1269711528569 0 4263 kfree 0xffff888102afe680\n";

#endif
