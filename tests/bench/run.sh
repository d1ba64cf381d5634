#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Builds Release and runs every benchmark: sh tests/bench/run.sh [RECORDS]
# Traces (of 20 million records unless told) are made once and kept in build/bench/, 32 bytes a
# record. What the benchmarks print is shown, and every line of JSON in it goes to
# build/bench/results.json as one array.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
cd "$root"
records=${1:-20000000}
build=build/test-gcc
out=build/bench

sh sim/install_packages.sh build plot bench
sh sim/build.sh $build all -DCMAKE_C_COMPILER=gcc -DCMAKE_BUILD_TYPE=Release
mkdir -p $out
rm -f $out/*.log $out/*.json

# run PROGRAM ARGUMENT...: its JSON lines are taken from what it prints.
run() {
	name=$1
	shift
	echo
	echo "== $name"
	"$build/tests/bench/$name" "$@" >"$out/$name.log"
	grep -v '^{' "$out/$name.log" || cat "$out/$name.log"
	grep '^{' "$out/$name.log" >>"$out/lines" || true
}

# record_heap NAME COMMAND ARGUMENT...: tells where the recording of a program of this machine is.
record_heap() {
	recording=$out/malloc-$1.syt
	shift
	[ -f "$recording" ] || "$build/slabyard" record -o "$recording" -- "$@" >/dev/null 2>&1
	echo "$recording"
}

# Programs that allocate much; the large recordings beside the project, where they are.
heap_recordings() {
	gcc -E -Isim -Iworkloads sim/libc/ptmalloc_alloc.c -o $out/cc1.i
	record_heap cc1 "$(gcc -print-prog-name=cc1)" -fpreprocessed -quiet -O2 $out/cc1.i \
		-o /dev/null
	export PYTHONMALLOC=malloc
	record_heap python /usr/bin/python3 -c \
		'import json; json.loads(json.dumps([{str(i): [i] * 9} for i in range(20000)]))'
	record_heap perl /usr/bin/perl -e \
		'for (1 .. 200000) { $h{$_ % 5000} = [$_, "x" x ($_ % 97)]; delete $h{$_ % 313} }'
	for recording in ../shared/data/malloc/*.trc.zst; do
		[ ! -f "$recording" ] || echo "$recording"
	done
}

# Real allocators of Debian's packages, to be preloaded.
other_allocators() {
	for pair in jemalloc=libjemalloc.so.2 mimalloc=libmimalloc.so.2 \
		tcmalloc=libtcmalloc_minimal.so.4; do
		library=$(/sbin/ldconfig -p | sed -n "s|.*${pair#*=} .*=> ||p" | head -n 1)
		if [ -n "$library" ]; then
			echo "--other ${pair%%=*}=$library"
		else
			echo "run.sh: no ${pair#*=}, left out" >&2
		fi
	done
}

: >$out/lines
run reader_bench "$records" $out
run machine_bench $out "$records"
cat $out/machine_bench.json >>$out/lines
for program in "$build"/tests/bench/*_bench; do
	name=$(basename "$program")
	case $name in
	reader_bench | machine_bench) ;;
	slab_bench | slab_memory_bench) run "$name" --json ;;
	# shellcheck disable=SC2046 # words
	libc_bench) run "$name" $(other_allocators) $(heap_recordings) ;;
	*) run "$name" ;;
	esac
done

echo
echo "== sweep_bench.py"
SLABYARD=$build/slabyard python3 tests/bench/sweep_bench.py

# One array of all lines.
{
	echo '['
	sed '$!s/$/,/' $out/lines
	echo ']'
} >$out/results.json
rm $out/lines
echo
echo "All figures: $out/results.json"
