# SPDX-License-Identifier: GPL-3.0-or-later
#
# A trace in the text grammar of two processes: a server allocates 400 blocks of 100 kB and frees
# them all; then a job beside it needs as much.
#
#   awk -v keeps=1 -f neighbours.awk     the server has called mallopt(M_TRIM_THRESHOLD, -1)
#   awk -v keeps=1 -v protected=1 ...    and the OOM killer may not have it
BEGIN {
	if (protected)
		event("server", 100, "oom_score_adj_update: pid=100 oom_score_adj=-1000")
	if (keeps)
		event("server", 100, "mallopt: param=-1 value=0xffffffffffffffff")
	allocate("server", 100)
	event("server", 100, "mark: number=1")
	free_all("server", 100)
	event("server", 100, "mark: number=2")
	allocate("job", 200)
	event("job", 200, "mark: number=3")
	free_all("job", 200)
	event("job", 200, "mark: number=4")
}

# Ten records a millisecond.
function event(comm, tid, text) {
	ns += 100000
	printf "%s-%d (%d) [000] %d.%09d: %s\n", comm, tid, tid, ns / 1e9, ns % 1e9, text
}

# The addresses only tell blocks apart.
function allocate(comm, tid, i) {
	for (i = 1; i <= 400; i++)
		event(comm, tid, sprintf("malloc: ptr=0x%x bytes_req=100000", i * 1048576))
}

function free_all(comm, tid, i) {
	for (i = 1; i <= 400; i++)
		event(comm, tid, sprintf("free: ptr=0x%x", i * 1048576))
}
