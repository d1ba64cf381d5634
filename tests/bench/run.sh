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

sh sim/install_packages.sh build
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

: >$out/lines
run reader_bench "$records" $out
run machine_bench $out "$records"
cat $out/machine_bench.json >>$out/lines
for program in "$build"/tests/bench/*_bench; do
	name=$(basename "$program")
	case $name in
	reader_bench | machine_bench) ;;
	slab_bench) run "$name" --json ;;
	libc_bench) run "$name" workloads/samples/malloc/*.trc.zst ;;
	*) run "$name" ;;
	esac
done

# One array of all lines.
{
	echo '['
	sed '$!s/$/,/' $out/lines
	echo ']'
} >$out/results.json
rm $out/lines
echo
echo "All figures: $out/results.json"
